// All four subgraphs in one process. An answer is computed once per request body, so that they cost next to nothing.
import { createServer } from 'node:http'
import { graphql } from 'graphql'
import { schemaOf, subgraphs } from './graph.mjs'

let latencyMs = 0
const ports = {}
let calls = 0

for (const [name, subgraph] of Object.entries(subgraphs)) {
  const schema = schemaOf(subgraph)
  const answers = new Map()
  const answer = async (body) => {
    const { query, variables, operationName } = JSON.parse(body)
    const result = await graphql({ schema, source: query, variableValues: variables, operationName, contextValue: {} })
    const text = Buffer.from(JSON.stringify(result))
    if (answers.size < 10_000) answers.set(body, text)
    return text
  }
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      calls += 1
      const body = Buffer.concat(chunks).toString()
      const text = answers.get(body) ?? (await answer(body))
      const send = () =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
      if (latencyMs > 0) setTimeout(send, latencyMs)
      else send()
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  ports[name] = server.address().port
}

process.on('message', (message) => {
  if (message.kind === 'calls') process.send({ calls })
  if (message.kind === 'latency') latencyMs = message.latencyMs
})
process.send({ ports })
process.on('disconnect', () => process.exit())
