import { createCacheLoader } from '../../platform/batch/loader.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import type { Caches } from './caches.ts'

export type Context = SubgraphCall & {
  readonly database: Database
  readonly cursors: CursorCodec
  readonly freshness: FreshnessBoard
  readonly load: Loaders
}

export type Loaders = ReturnType<typeof createLoaders>

/** Batches the keys of one request; what is asked twice is read once. */
export function createLoaders(caches: Caches) {
  return {
    product: createCacheLoader(caches.product),
    variant: createCacheLoader(caches.variant),
    variantIdBySku: createCacheLoader(caches.variantIdBySku),
    variantIdByGtin: createCacheLoader(caches.variantIdByGtin),
    variantIdsOfProduct: createCacheLoader(caches.variantIdsOfProduct),
    pricesOfVariant: createCacheLoader(caches.pricesOfVariant),
  }
}
