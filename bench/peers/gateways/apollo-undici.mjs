// The same with undici in place of its fetch client.
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { Agent, request } from 'undici'
import { ready, supergraph } from './serve.mjs'

const agent = new Agent({ connections: 128 })
const fetcher = async (url, { method, headers, body }) => {
  const plain = typeof headers?.entries === 'function' ? Object.fromEntries(headers.entries()) : headers
  const answer = await request(url, { method, headers: plain, body, dispatcher: agent })
  return {
    ok: answer.statusCode < 400,
    status: answer.statusCode,
    statusText: '',
    headers: toHeaders(answer.headers),
    url,
    json: () => answer.body.json(),
    text: () => answer.body.text(),
    clone: () => answer,
  }
}
const toHeaders = (headers) => ({
  get: (name) => headers[name.toLowerCase()] ?? null,
  [Symbol.iterator]: () => Object.entries(headers)[Symbol.iterator](),
})
const gateway = new ApolloGateway({
  supergraphSdl: supergraph(),
  buildService: ({ url }) =>
    new RemoteGraphQLDataSource({
      url,
      fetcher,
      willSendRequest: ({ request: call, context }) =>
        call.http.headers.set('authorization', context.authorization ?? ''),
    }),
})
const server = new ApolloServer({ gateway, includeStacktraceInErrorResponses: false })
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
})
ready(Number(new URL(url).port))
