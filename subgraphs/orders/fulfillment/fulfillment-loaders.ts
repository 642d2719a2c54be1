import DataLoader from 'dataloader'
import { groupBy } from '../../../platform/group-by.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import type { Queryable } from '../../../platform/sql/database.ts'
import { orderScope } from '../../../policies/order-scope.ts'
import type { KeptFulfillmentOrder } from './fulfillment-order.ts'
import type { KeptReroute } from './reroute.ts'

/**
 * Fulfilment orders as one viewer may see them: those of the orders it sees, and, of a store's staff, those that their store is to
 * fulfil, whether or not the order is known here.
 */
export function createFulfillmentLoaders(
  database: Queryable,
  viewer: Viewer,
  order: { load(id: string): Promise<object | null> },
) {
  const scope = orderScope(viewer)
  const { tenant } = viewer
  async function isVisible({ locationId, orderId }: KeptFulfillmentOrder): Promise<boolean> {
    if (scope.kind === 'all') return true
    if (scope.kind === 'locations' && scope.locationIds.includes(locationId)) return true
    return scope.kind !== 'none' && (await order.load(orderId)) !== null
  }
  const visible = async (found: readonly KeptFulfillmentOrder[]): Promise<readonly KeptFulfillmentOrder[]> => {
    const seen = await Promise.all(found.map(isVisible))
    return found.filter((_, at) => seen[at])
  }
  return {
    fulfillmentOrder: new DataLoader<string, KeptFulfillmentOrder | null>(async (ids) => {
      const found = await visible(await readBodies<KeptFulfillmentOrder>(database, byId, tenant, ids))
      const known = new Map(found.map((one) => [one.id, one]))
      return ids.map((id) => known.get(id) ?? null)
    }, options),
    fulfillmentOrdersOf: new DataLoader<string, readonly KeptFulfillmentOrder[]>(async (orderIds) => {
      const found = await visible(await readBodies<KeptFulfillmentOrder>(database, byOrder, tenant, orderIds))
      const known = groupBy(found, ({ orderId }) => orderId)
      return orderIds.map((id) => known.get(id) ?? [])
    }, options),
    reroute: new DataLoader<string, KeptReroute | null>(async (ids) => {
      const found = await readBodies<KeptReroute>(database, reroutesById, tenant, ids)
      const known = new Map(found.map((one) => [one.id, one]))
      return ids.map((id) => known.get(id) ?? null)
    }, options),
    /** The newest that began with it. */
    rerouteFrom: new DataLoader<string, KeptReroute | null>(async (ids) => {
      const found = await readBodies<KeptReroute>(database, reroutesFrom, tenant, ids)
      const known = new Map(found.map((one) => [one.fromId, one]))
      return ids.map((id) => known.get(id) ?? null)
    }, options),
  }
}

const options = { maxBatchSize: 1_000 }

const byId = 'SELECT body FROM orders.fulfillment_orders WHERE id = ANY($1::text[]) AND tenant = $2'
const byOrder =
  'SELECT body FROM orders.fulfillment_orders WHERE order_id = ANY($1::text[]) AND tenant = $2 ORDER BY id'
const reroutesById = 'SELECT body FROM orders.reroutes WHERE id = ANY($1::text[]) AND tenant = $2'
const reroutesFrom = `SELECT r.body FROM orders.fulfillment_orders f
  JOIN orders.reroutes r ON r.order_id = f.order_id AND r.tenant = f.tenant AND r.body ->> 'fromId' = f.id
  WHERE f.id = ANY($1::text[]) AND f.tenant = $2 ORDER BY r.id`

async function readBodies<T>(
  database: Queryable,
  text: string,
  tenant: string,
  ids: readonly string[],
): Promise<readonly T[]> {
  const { rows } = await database.query<{ body: T }>(text, [ids, tenant])
  return rows.map(({ body }) => body)
}
