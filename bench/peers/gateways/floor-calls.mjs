// A bare server that makes the calls our plan makes, with undici, step by step, and answers with what is canned:
// what the sockets cost.
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { listen, ports, readBody } from './serve.mjs'

const answers = new Map(Object.entries(JSON.parse(process.env.CANNED ?? '{}')))
const steps = new Map(Object.entries(JSON.parse(process.env.CALLS ?? '{}')))
const pools = new Map(
  Object.entries(ports).map(([name, port]) => [name, new Pool(`http://127.0.0.1:${port}`, { connections: 128 })]),
)

const call = ({ service, body }, authorization) =>
  new Promise((resolve, reject) => {
    const chunks = []
    pools.get(service).dispatch(
      {
        path: '/graphql',
        method: 'POST',
        body,
        headers: ['content-type', 'application/json', 'authorization', authorization],
      },
      {
        onConnect: () => {},
        onHeaders: () => true,
        onData: (chunk) => chunks.push(chunk) > 0,
        onComplete: () => resolve(Buffer.concat(chunks)),
        onError: reject,
      },
    )
  })

await listen(
  createServer((request, response) => {
    readBody(request, async (body) => {
      const { query } = JSON.parse(body)
      for (const step of steps.get(query) ?? []) {
        await Promise.all(step.map((one) => call(one, request.headers.authorization ?? '')))
      }
      const text = answers.get(query) ?? '{"data":null}'
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        .end(text)
    })
  }),
)
