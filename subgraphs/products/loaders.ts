import { createCacheLoader, type Loader } from '../../platform/batch/loader.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { whenReady } from '../../platform/maybe-promise.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import { isPublished, seesPriceOf, seesUnpublished } from '../../policies/product-scope.ts'
import type { Caches } from './caches.ts'
import { type PriceRow, rememberedPrice } from './price.ts'

export type Context = SubgraphCall & {
  readonly database: Database
  readonly cursors: CursorCodec
  readonly freshness: FreshnessBoard
  readonly load: Loaders
}

export type Loaders = ReturnType<typeof createLoaders>

/** Batches the keys of one request; what is asked twice is read once. What the viewer may not see is not there. */
export function createLoaders(caches: Caches, { viewer, rests }: SubgraphCall) {
  const prices = createCacheLoader(caches.pricesOfVariant, rests)
  const sees = ({ channelId }: PriceRow) => seesPriceOf(viewer, channelId)
  return {
    product: publishedOnly(createCacheLoader(caches.product, rests), viewer),
    variant: publishedOnly(createCacheLoader(caches.variant, rests), viewer),
    variantIdBySku: createCacheLoader(caches.variantIdBySku, rests),
    variantIdByGtin: createCacheLoader(caches.variantIdByGtin, rests),
    variantIdsOfProduct: createCacheLoader(caches.variantIdsOfProduct, rests),
    pricesOfVariant: {
      load: (variantId: string) => whenReady(prices.load(variantId), (known) => known?.filter(sees) ?? null),
      /** What the channel asks at a moment. */
      inForce: (variantId: string, channelId: string, at: Date) =>
        whenReady(prices.load(variantId), (known) => {
          if (known === null) return null
          const { price, untilMs } = rememberedPrice(known, channelId, seesPriceOf(viewer, channelId), at)
          rests?.until(untilMs)
          return price
        }),
    },
  }
}

function publishedOnly<V extends { readonly lifecycle: string }>(loader: Loader<string, V>, viewer: Viewer) {
  if (seesUnpublished(viewer)) return loader
  const shown = (row: V | null): V | null => (row !== null && isPublished(row.lifecycle) ? row : null)
  return {
    load: (id: string) => whenReady(loader.load(id), shown),
    loadMany: (ids: readonly string[]) => whenReady(loader.loadMany(ids), (rows) => rows.map(shown)),
  }
}
