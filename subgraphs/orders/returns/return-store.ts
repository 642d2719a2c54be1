import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import { lineProgress } from '../line-states.ts'
import type { OrderFacts } from '../order-facts.ts'
import { type OrderView, toOrderView } from '../order-view.ts'
import type { Returnable } from './decide-return.ts'
import type { KeptReturn } from './return.ts'

/** Until the transaction's end nobody else decides on returns of the order. */
export async function lockReturnsOfOrder(
  transaction: Transaction,
  tenant: string,
  orderId: string,
): Promise<readonly KeptReturn[]> {
  await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended('orders.returns ' || $1, 0))", [orderId])
  const { rows } = await transaction.query<{ body: KeptReturn }>(
    'SELECT body FROM orders.returns WHERE order_id = $1 AND tenant = $2 ORDER BY id FOR UPDATE',
    [orderId, tenant],
  )
  return rows.map(({ body }) => body)
}

/** Returns locked to the end of the transaction, by their rows and in one order. */
export async function lockReturns(
  transaction: Transaction,
  tenant: string,
  ids: readonly string[],
): Promise<readonly KeptReturn[]> {
  const { rows } = await transaction.query<{ body: KeptReturn }>(
    'SELECT body FROM orders.returns WHERE id = ANY($1::text[]) AND tenant = $2 ORDER BY id FOR UPDATE',
    [ids, tenant],
  )
  return rows.map(({ body }) => body)
}

export async function readReturn(queryable: Queryable, tenant: string, id: string): Promise<KeptReturn | null> {
  const { rows } = await queryable.query<{ body: KeptReturn }>(
    'SELECT body FROM orders.returns WHERE id = $1 AND tenant = $2',
    [id, tenant],
  )
  return rows[0]?.body ?? null
}

export async function writeReturns(transaction: Transaction, all: readonly KeptReturn[]): Promise<void> {
  if (all.length === 0) return
  const rows = all.map((body) => ({ ...body, body }))
  await transaction.query(upsertReturns, [JSON.stringify(rows)])
}

const upsertReturns = `
INSERT INTO orders.returns AS known (id, tenant, order_id, version, body)
SELECT id, tenant, "orderId", version, body
FROM jsonb_to_recordset($1::jsonb) AS r(id text, tenant text, "orderId" text, version integer, body jsonb)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body`

/** An order as its own systems tell of it: what comes back by our returns is left out. */
export async function readOrderWithoutReturns(queryable: Queryable, orderId: string): Promise<OrderView | null> {
  const { rows } = await queryable.query<{ facts: OrderFacts }>('SELECT facts FROM orders.orders WHERE id = $1', [
    orderId,
  ])
  const [row] = rows
  return row === undefined ? null : toOrderView({ ...row.facts, returns: [] })
}

const cameBack: ReadonlySet<string> = new Set(['RETURN_REQUESTED', 'RETURN_IN_TRANSIT', 'RETURNED'])

export function returnableOf(order: OrderView, lineId: string): Returnable {
  const counts = order.lines.find(({ id }) => id === lineId)?.stateCounts ?? []
  const sum = (wanted: (state: (typeof counts)[number]['state']) => boolean) =>
    counts.filter(({ state }) => wanted(state)).reduce((total, { quantity }) => total + quantity, 0)
  return {
    shipped: sum((state) => state !== 'LOST' && lineProgress[state] >= lineProgress.SHIPPED),
    returning: sum((state) => cameBack.has(state)),
  }
}
