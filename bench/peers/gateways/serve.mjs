// What the gateways have in common: where the subgraphs are, and saying that they are ready.
import { compose } from '../graph.mjs'

export const ports = JSON.parse(process.env.SUBGRAPH_PORTS ?? '{}')
export const urlOf = (name) => `http://127.0.0.1:${ports[name]}/graphql`
export const supergraph = () => compose(urlOf)
export const ready = (port) => process.send({ port, path: '/graphql' })

export const listen = (server) =>
  new Promise((resolve) => {
    server.keepAliveTimeout = 60_000
    server.listen(0, '127.0.0.1', () => resolve(ready(server.address().port)))
  })

export const readBody = (request, done) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => done(Buffer.concat(chunks).toString()))
}

// Whoever started us is gone.
process.on('disconnect', () => process.exit())
