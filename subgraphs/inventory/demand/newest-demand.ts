import type { Transaction } from '../../../platform/sql/database.ts'
import type { DemandLine } from './follow-demand.ts'
import type { OrderKey } from './order-reservations.ts'

/** What the source of an order said last that it wants; null: nothing since it is followed here. */
export async function readNewestDemand(
  transaction: Transaction,
  { tenant, orderId }: OrderKey,
): Promise<readonly DemandLine[] | null> {
  const { rows } = await transaction.query<{ lines: readonly DemandLine[] }>(
    'SELECT lines FROM inventory.order_demands WHERE tenant = $1 AND order_id = $2',
    [tenant, orderId],
  )
  return rows[0]?.lines ?? null
}

export async function writeNewestDemand(
  transaction: Transaction,
  { tenant, orderId }: OrderKey,
  lines: readonly DemandLine[],
): Promise<void> {
  await transaction.query(
    `INSERT INTO inventory.order_demands AS known (tenant, order_id, lines) VALUES ($1, $2, $3)
     ON CONFLICT (tenant, order_id) DO UPDATE SET lines = excluded.lines`,
    [tenant, orderId, JSON.stringify(lines)],
  )
}
