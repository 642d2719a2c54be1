// One Apollo subgraph as its documentation has it, over the real SDL, answering the storefront journey from memory.
// node subgraph.mjs NAME FACTS.json: prints its address to the parent.
import { subscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'

const [, , name, factsFile] = process.argv
const schemaFolder = new URL('../../../schema/', import.meta.url)
const typeDefs = ['shared', name]
  .map((part) => readFileSync(new URL(`${part}.graphql`, schemaFolder), 'utf8'))
  .join('\n')

const facts = JSON.parse(readFileSync(factsFile, 'utf8'))
const byId = new Map(facts.map((variant) => [variant.id, variant]))
const bySku = new Map(facts.map((variant) => [variant.sku, variant]))

/** What a subgraph needs for the journey; the others have their SDL and are never asked. */
const resolvers = {
  products: {
    Query: { variantsBySku: (_, { skus }) => skus.map((sku) => bySku.get(sku) ?? null) },
    Variant: {
      __resolveReference: ({ id, sku }) => byId.get(id) ?? bySku.get(sku) ?? null,
      price: ({ price }) => price,
    },
  },
  inventory: {
    Variant: {
      __resolveReference: ({ id }) => byId.get(id) ?? null,
      availability: ({ availability }) => availability,
    },
  },
}

// Node closes what is idle for 5 s, and the gateway's client then meets connections that are just closing (`socket hang up`).
// The standalone server lends no handle to its HTTP server before a request does.
subscribe('http.server.request.start', ({ server: http }) => {
  http.keepAliveTimeout = 600_000
})

const server = new ApolloServer({
  schema: buildSubgraphSchema({ typeDefs: parse(typeDefs), resolvers: resolvers[name] ?? {} }),
})
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } })
process.send({ url })
process.on('disconnect', () => process.exit())
