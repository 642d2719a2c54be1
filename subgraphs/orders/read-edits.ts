import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { ChangeSet } from './order-change.ts'

/** A change set as the timeline keeps it. */
export type EditView = ChangeSet & {
  readonly id: string
  /** Of the order. */
  readonly version: number
  readonly at: string
  readonly system: string
  /** Since the edit. */
  readonly currency: string
}

/** More than anybody edits an order; what is older stays in the event log. */
export const mostEdits = 100

/** The newest edits of each order, newest first: one list per order, in order. */
export async function readEdits(
  database: Queryable,
  orderIds: readonly string[],
): Promise<readonly (readonly EditView[])[]> {
  const { rows } = await database.query<EditRecord>(
    `SELECT t.* FROM unnest($1::text[]) AS o(id)
     CROSS JOIN LATERAL (
       SELECT order_id, at, system, detail -> 'edit' AS edit FROM orders.timeline
       WHERE order_id = o.id AND kind = 'order.edited' AND detail ? 'edit'
       ORDER BY (detail -> 'edit' -> 'version')::bigint DESC LIMIT $2) t`,
    [orderIds, mostEdits],
  )
  const edits = groupBy(rows, ({ order_id }) => order_id)
  return orderIds.map((id) => (edits.get(id) ?? []).map(toView))
}

type EditRecord = {
  readonly order_id: string
  readonly at: Date
  readonly system: string
  readonly edit: Omit<EditView, 'id' | 'at' | 'system'>
}

function toView({ order_id, at, system, edit }: EditRecord): EditView {
  return { ...edit, id: `${order_id}@${edit.version}`, at: at.toISOString(), system }
}
