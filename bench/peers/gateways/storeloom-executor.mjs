// Storeloom's executor and subgraph client behind a bare server: known operations by text, nothing else.
import { createServer } from 'node:http'
import { createExecutor } from '../../../dist/gateway/executor/executor.js'
import { createSubgraphClient } from '../../../dist/gateway/subgraph-client.js'
// The product's own copy of graphql: its schema belongs to it.
import { parse, validate } from '../../../node_modules/graphql/index.js'
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
  const prepared = executor.prepare(document)
  known.set(text, prepared)
  return prepared
}
await listen(
  createServer((request, response) => {
    readBody(request, async (body) => {
      const { query } = JSON.parse(body)
      const { text: data } = await executor.executeToText(known.get(query) ?? prepare(query), {
        variables: {},
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
