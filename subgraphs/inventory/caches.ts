import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { Network } from './network.ts'
import { type PositionRow, readNetwork, readPositionsOfVariants, readVariantIdsBySku } from './reads.ts'

const maxVariants = 20_000
const keyOf = (id: string) => id

export type Caches = ReturnType<typeof createCaches>

/** Names are those the projections' `keysOf` invalidate. */
export function createCaches(database: Queryable, factory: CacheFactory) {
  return {
    /** One key, the whole network. */
    network: factory.readThrough<string, Network>({
      name: 'inventory.network',
      keyOf,
      maxEntries: 1,
      load: async (keys) => {
        const network = await readNetwork(database)
        return keys.map(() => network)
      },
    }),
    /** All positions of a variant as one value. */
    positionsOfVariant: factory.readThrough<string, readonly PositionRow[]>({
      name: 'inventory.positions-of-variant',
      keyOf,
      maxEntries: maxVariants,
      load: (ids) => readPositionsOfVariants(database, ids),
    }),
    variantIdBySku: factory.readThrough<string, string>({
      name: 'inventory.variant-by-sku',
      keyOf,
      maxEntries: maxVariants,
      load: (skus) => readVariantIdsBySku(database, skus),
    }),
  }
}
