import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import {
  readPricesOfVariants,
  readProducts,
  readVariantIdsByGtin,
  readVariantIdsBySku,
  readVariantIdsOfProducts,
  readVariants,
} from './reads.ts'

const maxEntries = 50_000
const keyOf = (id: string) => id

export type Caches = ReturnType<typeof createCaches>

/** Names are those the projection's `keysOf` invalidates. */
export function createCaches(database: Queryable, factory: CacheFactory) {
  return {
    product: factory.readThrough({
      name: 'products.product',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readProducts(database, ids),
    }),
    variant: factory.readThrough({
      name: 'products.variant',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readVariants(database, ids),
    }),
    variantIdBySku: factory.readThrough({
      name: 'products.variant-by-sku',
      keyOf,
      maxEntries,
      load: (skus: readonly string[]) => readVariantIdsBySku(database, skus),
    }),
    variantIdByGtin: factory.readThrough({
      name: 'products.variant-by-gtin',
      keyOf,
      maxEntries,
      load: (gtins: readonly string[]) => readVariantIdsByGtin(database, gtins),
    }),
    variantIdsOfProduct: factory.readThrough({
      name: 'products.variants-of-product',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readVariantIdsOfProducts(database, ids),
    }),
    pricesOfVariant: factory.readThrough({
      name: 'products.prices-of-variant',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readPricesOfVariants(database, ids),
    }),
  }
}
