// A bare server with a canned answer: what receiving and answering costs.
import { createServer } from 'node:http'
import { listen, readBody } from './serve.mjs'

const answers = new Map(Object.entries(JSON.parse(process.env.CANNED ?? '{}')))
await listen(
  createServer((request, response) => {
    readBody(request, (body) => {
      const text = answers.get(JSON.parse(body).query) ?? '{"data":null}'
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        .end(text)
    })
  }),
)
