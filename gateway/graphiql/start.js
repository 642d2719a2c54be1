// Runs in the browser: GraphiQL over this gateway, one tab per worked example.
const { React, ReactDOM, GraphiQL } = window

/** Of a gateway in development: as whom the page may ask, and as whom it does; `example` is whom the example is for. */
let viewers = []
let examples = []
let chosen = 'example'
const tokens = new Map()

/** As whom the chooser says, unless the headers written in the page say who. */
async function signedIn(query, written) {
  if (viewers.length === 0 || Object.keys(written ?? {}).some((name) => name.toLowerCase() === 'authorization'))
    return written
  const nameOf = (text) => /(?:query|mutation|subscription)\s+(\w+)/.exec(text)?.[1]
  const own = examples.find((example) => nameOf(example.query) === nameOf(query))?.viewer
  const viewer = chosen === 'example' ? own : chosen
  if (viewer === undefined || viewer === 'anonymous') return written
  if (!tokens.has(viewer)) {
    const answer = await fetch(`/dev/token?as=${viewer}`)
    if (!answer.ok) throw new Error(await answer.text())
    tokens.set(viewer, await answer.text())
  }
  return { ...written, authorization: `Bearer ${tokens.get(viewer)}` }
}

function addChooser() {
  const select = document.createElement('select')
  select.id = 'viewer'
  select.setAttribute('aria-label', 'Ask as')
  for (const [value, text] of [
    ['example', 'as the example’s viewer'],
    ...['anonymous', ...viewers].map((name) => [name, `as ${name}`]),
  ]) {
    select.append(new Option(text, value))
  }
  select.addEventListener('change', () => {
    chosen = select.value
  })
  document.body.append(select)
}

async function ask({ operationName, ...params }, options) {
  // Just after a change of tabs GraphiQL still names the operation of the tab before.
  const named = operationName && params.query.includes(operationName) ? { operationName } : {}
  const body = JSON.stringify({ ...params, ...named })
  const headers = await signedIn(params.query, options?.headers)
  if (isSubscription(options?.documentAST, named.operationName)) return follow(body, headers)
  if (params.query.includes('@defer')) return askInParts({ ...params, ...named }, { headers })
  return askOnce(body, headers)
}

/** GraphiQL's own fetcher reads answers in parts. */
const askInParts = GraphiQL.createFetcher({ url: '/graphql' })

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
  examples = await (await fetch('/graphiql/examples.json')).json()
  viewers = await (await fetch('/graphiql/viewers.json')).json()
  if (viewers.length > 0) addChooser()
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
