import DataLoader from 'dataloader'
import { groupBy } from '../../../platform/group-by.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import type { Queryable } from '../../../platform/sql/database.ts'
import { orderScope } from '../../../policies/order-scope.ts'
import type { KeptReturn } from './return.ts'

/** More than anybody returns of an order. */
const mostReturns = 100

/** Returns as one viewer may see them: those of the orders it sees, and, of a store's staff, those that come back to their store. */
export function createReturnLoaders(
  database: Queryable,
  viewer: Viewer,
  order: { load(id: string): Promise<object | null> },
) {
  const scope = orderScope(viewer)
  async function isVisible({ orderId, returnToId, lines }: KeptReturn): Promise<boolean> {
    if (scope.kind === 'all') return true
    if (scope.kind === 'locations') {
      const places = [returnToId, ...lines.flatMap(({ receipts }) => receipts.map(({ locationId }) => locationId))]
      if (places.some((id) => scope.locationIds.includes(id))) return true
    }
    return scope.kind !== 'none' && (await order.load(orderId)) !== null
  }
  async function read(text: string, keys: readonly string[]): Promise<readonly KeptReturn[]> {
    const { rows } = await database.query<{ body: KeptReturn }>(text, [keys, viewer.tenant])
    const seen = await Promise.all(rows.map(({ body }) => isVisible(body)))
    return rows.filter((_, at) => seen[at]).map(({ body }) => body)
  }
  return {
    return: new DataLoader<string, KeptReturn | null>(
      async (ids) => {
        const found = new Map((await read(byId, ids)).map((one) => [one.id, one]))
        return ids.map((id) => found.get(id) ?? null)
      },
      { maxBatchSize: 1_000 },
    ),
    returnsOf: new DataLoader<string, readonly KeptReturn[]>(
      async (orderIds) => {
        const found = groupBy(await read(byOrder, orderIds), ({ orderId }) => orderId)
        return orderIds.map((id) => (found.get(id) ?? []).slice(0, mostReturns))
      },
      { maxBatchSize: 1_000 },
    ),
  }
}

const byId = 'SELECT body FROM orders.returns WHERE id = ANY($1::text[]) AND tenant = $2'
const byOrder = 'SELECT body FROM orders.returns WHERE order_id = ANY($1::text[]) AND tenant = $2 ORDER BY id'
