import { createCacheLoader } from '../../platform/batch/loader.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import type { Caches } from './caches.ts'

export type Context = SubgraphCall & { readonly freshness: FreshnessBoard; readonly load: Loaders }

export type Loaders = ReturnType<typeof createLoaders>

/** Batches the keys of one request; what is asked twice is read once. */
export function createLoaders(caches: Caches) {
  return {
    payment: createCacheLoader(caches.payment),
    paymentsOfOrder: createCacheLoader(caches.paymentsOfOrder),
    refund: createCacheLoader(caches.refund),
    refundsOfOrder: createCacheLoader(caches.refundsOfOrder),
    invoice: createCacheLoader(caches.invoice),
    invoicesOfOrder: createCacheLoader(caches.invoicesOfOrder),
    invoiceIdByNumber: createCacheLoader(caches.invoiceIdByNumber),
  }
}
