// What the floors need: the calls our plan makes, step by step, and the answers.
import { createExecutor } from '../../dist/gateway/executor/executor.js'
import { createSubgraphClient } from '../../dist/gateway/subgraph-client.js'
// The product's own copy of graphql: its schema belongs to it.
import { getOperationAST, getVariableValues, parse } from '../../node_modules/graphql/index.js'
import { compose, fresh, tuned } from './graph.mjs'

export const recordPlans = async (ports) => {
  const urlOf = (name) => `http://127.0.0.1:${ports[name]}/graphql`
  let steps = []
  let active = 0
  const transports = new Map(
    Object.keys(ports).map((name) => {
      const client = createSubgraphClient({ name, url: urlOf(name), timeoutMs: 10_000 })
      const call = async (request) => {
        if (active === 0) steps.push([])
        active += 1
        const variables = request.variablesJson ?? '{}'
        steps
          .at(-1)
          .push({ service: name, body: `{"query":${JSON.stringify(request.query)},"variables":${variables}}` })
        const response = await client.call(request)
        active -= 1
        return response
      }
      return [name, { ...client, call }]
    }),
  )
  const executor = createExecutor({ supergraphSdl: compose(urlOf), transports })
  const canned = {}
  const calls = {}
  for (const { query, variables = {} } of Object.values({ ...tuned, ...fresh })) {
    steps = []
    const document = parse(query)
    const definitions = getOperationAST(document).variableDefinitions ?? []
    const { coerced } = getVariableValues(executor.apiSchema, definitions, variables)
    const request = { variables: coerced, headers: {}, signal: AbortSignal.timeout(10_000) }
    const { text } = await executor.executeToText(executor.prepare(document), request)
    canned[query] = `{"data":${text}}`
    calls[query] = steps
  }
  for (const transport of transports.values()) await transport[Symbol.asyncDispose]()
  return { canned, calls }
}
