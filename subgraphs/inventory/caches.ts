import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { Network } from './network.ts'
import type { Quota } from './quota.ts'
import { readSuppliesOfVariants } from './read-supplies.ts'
import { type PositionRow, readNetwork, readPositionsOfVariants, readVariantIdsBySku } from './reads.ts'
import { readSold } from './reservations/channel-issues.ts'
import { readHoldsOfVariants, type StoredHold } from './reservations/holds.ts'
import {
  readCategoriesOfProducts,
  readSharedTerms,
  readTermsOfVariants,
  type SharedTerms,
  type VariantTerms,
} from './terms-reads.ts'

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
    /** One key, every rule that names no variant. */
    sharedTerms: factory.readThrough<string, SharedTerms>({
      name: 'inventory.shared-terms',
      keyOf,
      maxEntries: 1,
      load: async (keys) => {
        const terms = await readSharedTerms(database)
        return keys.map(() => terms)
      },
    }),
    /** All positions of a variant as one value. */
    positionsOfVariant: factory.readThrough<string, readonly PositionRow[]>({
      name: 'inventory.positions-of-variant',
      keyOf,
      maxEntries: maxVariants,
      load: (ids) => readPositionsOfVariants(database, ids),
    }),
    termsOfVariant: factory.readThrough<string, VariantTerms>({
      name: 'inventory.terms-of-variant',
      keyOf,
      maxEntries: maxVariants,
      load: (ids) => readTermsOfVariants(database, ids),
    }),
    categoriesOfProduct: factory.readThrough<string, readonly string[]>({
      name: 'inventory.categories-of-product',
      keyOf,
      maxEntries: maxVariants,
      load: (ids) => readCategoriesOfProducts(database, ids),
    }),
    holdsOfVariant: factory.readThrough<string, readonly StoredHold[]>({
      name: 'inventory.holds-of-variant',
      keyOf,
      maxEntries: maxVariants,
      load: (ids) => readHoldsOfVariants(database, ids),
    }),
    /** Kept by nobody: what it is asked for follows from rules, and what it says changes with holds. One entry per quota, in order. */
    readSold: (quotas: readonly Quota[]) => readSold(database, quotas),
    /** Kept by nobody either: few ask. One list per variant, in order. */
    readSupplies: (variantIds: readonly string[]) => readSuppliesOfVariants(database, variantIds),
    variantIdBySku: factory.readThrough<string, string>({
      name: 'inventory.variant-by-sku',
      keyOf,
      maxEntries: maxVariants,
      load: (skus) => readVariantIdsBySku(database, skus),
    }),
  }
}
