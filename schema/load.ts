import { readFileSync } from 'node:fs'
import { assetPath } from '../platform/assets.ts'
import type { SubgraphDefinition } from './compose.ts'

/**
 * Where each subgraph listens when it runs as a process of its own and nobody says otherwise. In one process nothing
 * listens; the supergraph needs an address all the same.
 */
export const subgraphUrls: Readonly<Record<string, string>> = {
  customers: 'http://127.0.0.1:4101/graphql',
  finance: 'http://127.0.0.1:4102/graphql',
  /** Served by the gateway itself, in its own process. */
  gateway: 'http://127.0.0.1:4100/graphql',
  inventory: 'http://127.0.0.1:4103/graphql',
  orders: 'http://127.0.0.1:4104/graphql',
  products: 'http://127.0.0.1:4105/graphql',
  /** Likewise in the gateway's own process. */
  webhooks: 'http://127.0.0.1:4100/graphql',
}

/**
 * The contract of one subgraph as it is served: `schema/shared.graphql` and then its own file.
 * @param name a file of `schema/` without its ending, e.g. `inventory`
 */
export function readSubgraphSdl(name: string): string {
  return `${readFileSync(assetPath('schema/shared.graphql'), 'utf8')}\n${readFileSync(assetPath(`schema/${name}.graphql`), 'utf8')}`
}

/** Every subgraph, by name. */
export function readSubgraphSdls(): readonly SubgraphDefinition[] {
  return Object.entries(subgraphUrls).map(([name, url]) => ({ name, url, typeDefs: readSubgraphSdl(name) }))
}
