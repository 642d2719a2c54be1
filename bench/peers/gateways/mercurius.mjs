// Mercurius gateway: Federation 1.
import mercuriusGateway from '@mercuriusjs/gateway'
import Fastify from 'fastify'
import { ports, ready, urlOf } from './serve.mjs'

const app = Fastify({ logger: false, keepAliveTimeout: 60_000 })
await app.register(mercuriusGateway, {
  jit: 1,
  gateway: {
    services: Object.keys(ports).map((name) => ({
      name,
      url: urlOf(name),
      rewriteHeaders: (headers) => ({ authorization: headers.authorization ?? '' }),
    })),
  },
})
await app.listen({ port: 0, host: '127.0.0.1' })
ready(app.server.address().port)
