// Runs in the browser: GraphiQL over this gateway, one tab per worked example.
const { React, ReactDOM, GraphiQL } = window

async function ask({ operationName, ...params }, options) {
  // Just after a change of tabs GraphiQL still names the operation of the tab before.
  const named = operationName && params.query.includes(operationName) ? { operationName } : {}
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...options?.headers,
    },
    body: JSON.stringify({ ...params, ...named }),
  })
  return answer.json()
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
