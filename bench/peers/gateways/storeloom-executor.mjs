// Storeloom's executor and subgraph client behind a bare server: known operations by text, nothing else.
import { createServer } from 'node:http'
import { createExecutor } from '../../../dist/gateway/executor/executor.js'
import { createSubgraphClient } from '../../../dist/gateway/subgraph-client.js'
// The product's own copy of graphql: its schema belongs to it.
import { getOperationAST, getVariableValues, parse, validate } from '../../../node_modules/graphql/index.js'
import { listen, ports, readBody, supergraph, urlOf } from './serve.mjs'

const executor = createExecutor({
  supergraphSdl: supergraph(),
  planner: process.env.PLANNER ?? 'auto',
  transports: new Map(
    Object.keys(ports).map((name) => [name, createSubgraphClient({ name, url: urlOf(name), timeoutMs: 10_000 })]),
  ),
})
const known = new Map()
const prepare = (text) => {
  const document = parse(text)
  const errors = validate(executor.apiSchema, document)
  if (errors.length > 0) throw errors[0]
  const definitions = getOperationAST(document).variableDefinitions ?? []
  const made = { prepared: executor.prepare(document), definitions }
  known.set(text, made)
  return made
}
await listen(
  createServer((request, response) => {
    readBody(request, async (body) => {
      const { query, variables } = JSON.parse(body)
      const { prepared, definitions } = known.get(query) ?? prepare(query)
      const { text: data } = await executor.executeToText(prepared, {
        variables: getVariableValues(executor.apiSchema, definitions, variables ?? {}).coerced,
        headers: { authorization: request.headers.authorization ?? '' },
        signal: new AbortController().signal,
      })
      const text = `{"data":${data}}`
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        .end(text)
    })
  }),
)
