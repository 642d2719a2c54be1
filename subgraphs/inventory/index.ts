import { readFileSync } from 'node:fs'
import { assetPath } from '../../platform/assets.ts'
import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import { createCaches } from './caches.ts'
import { type Context, createLoaders } from './loaders.ts'
import { networkProjection, skuProjection, stockProjection } from './read-model.ts'
import { inventoryResolvers } from './resolvers.ts'
import { channelSource, locationSource, stockSource } from './sources.ts'

export type InventoryDeps = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
  readonly cursors: CursorCodec
}

/** Where stock is, how much of it, and what may be promised from it in a channel. */
export function createInventory({ database, cacheFactory, freshness, cursors }: InventoryDeps): Subgraph {
  const caches = createCaches(database, cacheFactory)
  return {
    name: 'inventory',
    typeDefs: ['shared', 'inventory']
      .map((name) => readFileSync(assetPath(`schema/${name}.graphql`), 'utf8'))
      .join('\n'),
    resolvers: inventoryResolvers,
    createContext: (call): Context => ({ ...call, freshness, cursors, load: createLoaders(caches) }),
    projections: [networkProjection, stockProjection, skuProjection],
    sources: [channelSource, locationSource, stockSource],
    migrations: assetPath('subgraphs/inventory/migrations'),
  }
}
