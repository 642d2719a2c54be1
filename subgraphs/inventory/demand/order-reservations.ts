import type { Queryable } from '../../../platform/sql/database.ts'

export type OrderKey = { readonly tenant: string; readonly orderId: string }

/** Every reservation that was ever confirmed for an order. An order without any has no entry. */
export async function readReservationsOf(
  queryable: Queryable,
  orders: readonly OrderKey[],
): Promise<Map<string, string[]>> {
  const { rows } = await queryable.query<{ id: string; tenant: string; order_id: string }>(
    `SELECT DISTINCT own.id, own.tenant, own.order_id FROM unnest($1::text[], $2::text[]) AS named (tenant, id)
     JOIN inventory.reservations AS own ON own.order_id = named.id AND own.tenant = named.tenant ORDER BY own.id`,
    [orders.map(({ tenant }) => tenant), orders.map(({ orderId }) => orderId)],
  )
  const found = new Map<string, string[]>()
  for (const { id, tenant, order_id: orderId } of rows) {
    const name = nameOf({ tenant, orderId })
    const ids = found.get(name)
    if (ids === undefined) found.set(name, [id])
    else ids.push(id)
  }
  return found
}

/** How `readReservationsOf` names an order. */
export function nameOf({ tenant, orderId }: OrderKey): string {
  return `${tenant.length} ${tenant} ${orderId}`
}
