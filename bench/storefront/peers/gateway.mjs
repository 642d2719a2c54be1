// @apollo/server with @apollo/gateway as their documentation has them, the supergraph given as text.
// node gateway.mjs SUPERGRAPH.graphql
import { readFileSync } from 'node:fs'
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'

const [, , supergraphFile] = process.argv
const gateway = new ApolloGateway({ supergraphSdl: readFileSync(supergraphFile, 'utf8') })
const server = new ApolloServer({ gateway })
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } })
process.send({ url })
process.on('disconnect', () => process.exit())
