// Runs in the browser: GraphiQL over this gateway, one tab per worked example.
const { React, ReactDOM, GraphiQL } = window

function ask({ operationName, ...params }, options) {
  // Just after a change of tabs GraphiQL still names the operation of the tab before.
  const named = operationName && params.query.includes(operationName) ? { operationName } : {}
  const body = JSON.stringify({ ...params, ...named })
  return isSubscription(options?.documentAST, named.operationName)
    ? follow(body, options?.headers)
    : askOnce(body, options?.headers)
}

async function askOnce(body, headers) {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...headers,
    },
    body,
  })
  return answer.json()
}

function isSubscription(document, operationName) {
  const operations = document?.definitions.filter(({ kind }) => kind === 'OperationDefinition') ?? []
  const asked = operations.find(({ name }) => name?.value === operationName) ?? operations[0]
  return asked?.operation === 'subscription'
}

/** Server-sent events: one answer for each `data:` line, until GraphiQL stops asking. */
async function* follow(body, headers) {
  const aborter = new AbortController()
  try {
    const answer = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body,
      signal: aborter.signal,
    })
    if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      yield await answer.json()
      return
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += read.value
      const lines = text.split('\n')
      text = lines.pop()
      for (const line of lines) if (line.startsWith('data: {')) yield JSON.parse(line.slice('data: '.length))
    }
  } finally {
    aborter.abort()
  }
}

async function start() {
  const examples = await (await fetch('/graphiql/examples.json')).json()
  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, {
      fetcher: ask,
      shouldPersistHeaders: false,
      defaultEditorToolsVisibility: 'variables',
      defaultTabs: examples.map(({ query, variables }) => ({ query, variables: JSON.stringify(variables, null, 2) })),
    }),
  )
}

start().catch(() => {
  document.getElementById('graphiql').textContent = 'GraphiQL could not be started. GraphQL is answered at /graphql.'
})
