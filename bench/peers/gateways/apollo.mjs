// @apollo/server + @apollo/gateway as their documentation has them; Authorization is passed on.
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { ready, supergraph } from './serve.mjs'

const gateway = new ApolloGateway({
  supergraphSdl: supergraph(),
  buildService: ({ url }) =>
    new RemoteGraphQLDataSource({
      url,
      willSendRequest: ({ request, context }) => request.http.headers.set('authorization', context.authorization ?? ''),
    }),
})
const server = new ApolloServer({ gateway, includeStacktraceInErrorResponses: false })
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
})
ready(Number(new URL(url).port))
