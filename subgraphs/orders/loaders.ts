import DataLoader from 'dataloader'
import { createCacheLoader } from '../../platform/batch/loader.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import { groupBy } from '../../platform/group-by.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Database, Queryable } from '../../platform/sql/database.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import { type OrderScope, orderScope } from '../../policies/order-scope.ts'
import type { Caches } from './caches.ts'
import { mostEditRequests, readEditRequests, readEditsOf } from './editing/edit-store.ts'
import { createFulfillmentLoaders } from './fulfillment/fulfillment-loaders.ts'
import type { RerouteDeps } from './fulfillment/reroute-command.ts'
import { type OrderListEntry, type OrderListPage, readOrderList, readOrdersOfCustomers } from './order-list.ts'
import { readEdits } from './read-edits.ts'
import { createReturnLoaders } from './returns/return-loaders.ts'
import { createVisibleOrders } from './visible-orders.ts'

export type Context = SubgraphCall & {
  readonly cursors: CursorCodec
  readonly freshness: FreshnessBoard
  readonly database: Database
  readonly commands: RerouteDeps
  /** Which orders the viewer sees; every read of an order keeps to it. */
  readonly scope: OrderScope
  readonly load: Loaders
}

export type Loaders = ReturnType<typeof createLoaders>

type CustomerPage = { readonly customerId: string; readonly page: OrderListPage }

/** Batches the keys of one request; what is asked twice is read once. Orders are those the viewer sees. */
export function createLoaders(database: Queryable, caches: Caches, viewer: Viewer) {
  const customerOfProfile = createCacheLoader(caches.customerOfProfile)
  const order = createVisibleOrders(
    { order: createCacheLoader(caches.order), customerOfProfile, region: createCacheLoader(caches.region) },
    orderScope(viewer),
  )
  return {
    order,
    ...createFulfillmentLoaders(database, viewer, order),
    ...createReturnLoaders(database, viewer, order),
    timeline: createCacheLoader(caches.timeline),
    edits: new DataLoader((ids: readonly string[]) => readEdits(database, ids), { maxBatchSize: 100 }),
    editRequest: new DataLoader((ids: readonly string[]) => readEditRequests(database, viewer.tenant, ids), {
      maxBatchSize: 100,
    }),
    editRequestsOf: new DataLoader(
      (orderIds: readonly string[]) => readEditsOf(database, viewer.tenant, orderIds, mostEditRequests),
      { maxBatchSize: 100 },
    ),
    orderIdByNumber: createCacheLoader(caches.orderIdByNumber),
    orderIdByExternalNumber: createCacheLoader(caches.orderIdByExternalNumber),
    orderIdByPart: createCacheLoader(caches.orderIdByPart),
    customerOfProfile,
    orderList: (page: OrderListPage) => readOrderList(database, page),
    /** Customers asked for the same page share one statement. */
    ordersOfCustomer: new DataLoader<CustomerPage, readonly OrderListEntry[], string>(
      async (keys) => {
        const lists = new Map<string, readonly OrderListEntry[]>()
        for (const [, group] of groupBy(keys, ({ page }) => JSON.stringify(page))) {
          const ids = group.map(({ customerId }) => customerId)
          const page = group[0]?.page
          if (page === undefined) continue
          const read = await readOrdersOfCustomers(database, ids, page)
          group.forEach((key, index) => {
            lists.set(keyOf(key), read[index] ?? [])
          })
        }
        return keys.map((key) => lists.get(keyOf(key)) ?? [])
      },
      { cacheKeyFn: keyOf, maxBatchSize: 1_000 },
    ),
  }
}

function keyOf({ customerId, page }: CustomerPage): string {
  return JSON.stringify([customerId, page])
}
