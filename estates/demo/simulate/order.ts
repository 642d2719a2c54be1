import type { Queryable } from '../../../platform/sql/database.ts'
import { firstRow, type Trade, textOf, textOrNull, wholeOf } from './sources.ts'

export type SoldLine = {
  readonly lineNo: number
  readonly sku: string
  readonly quantity: number
  readonly status: number
  readonly valueMinor: number
  readonly taxMinor: number
}

export type SoldOrder = {
  readonly orderId: number
  readonly number: string
  readonly channel: string
  readonly mode: string
  readonly storeCode: string | null
  readonly currency: string
  readonly status: number
  readonly totalMinor: number
  readonly taxMinor: number
  readonly lines: readonly SoldLine[]
}

export async function readOrder(oms: Queryable, orderId: number): Promise<SoldOrder | null> {
  const head = await firstRow(
    oms,
    `select order_no, channel_code, delivery_mode, store_code, currency::text, status_code::int, (shipping_amount * 100)::int as shipping_minor
     from sales_order where order_id = $1`,
    [orderId],
  )
  if (head === null) return null
  const { rows } = await oms.query(
    `select line_no, sku, quantity, status_code::int, ((quantity * unit_price - discount_amount) * 100)::int as value_minor, (tax_amount * 100)::int as tax_minor
     from sales_order_line where order_id = $1 order by line_no`,
    [orderId],
  )
  const lines = rows.map((row) => ({
    lineNo: wholeOf(row, 'line_no'),
    sku: textOf(row, 'sku'),
    quantity: wholeOf(row, 'quantity'),
    status: wholeOf(row, 'status_code'),
    valueMinor: wholeOf(row, 'value_minor'),
    taxMinor: wholeOf(row, 'tax_minor'),
  }))
  return {
    orderId,
    number: textOf(head, 'order_no'),
    channel: textOf(head, 'channel_code'),
    mode: textOf(head, 'delivery_mode'),
    storeCode: textOrNull(head, 'store_code'),
    currency: textOf(head, 'currency'),
    status: wholeOf(head, 'status_code'),
    totalMinor: lines.reduce((sum, line) => sum + line.valueMinor, wholeOf(head, 'shipping_minor')),
    taxMinor: lines.reduce((sum, line) => sum + line.taxMinor, 0),
    lines,
  }
}

export type LineChange = 'all' | { readonly only: readonly number[]; readonly headStatus: number }

/** The order, its lines and its event in one transaction, as the order system itself does it. */
export async function setStatus(
  trade: Trade,
  order: SoldOrder,
  status: number,
  change: LineChange = 'all',
): Promise<void> {
  const at = trade.now()
  const lineNos = change === 'all' ? order.lines.map((line) => line.lineNo) : change.only
  const headStatus = change === 'all' ? status : change.headStatus
  await trade.databases.oms.transaction(async (transaction) => {
    await transaction.query('update sales_order set status_code = $2, status_at = $3 where order_id = $1', [
      order.orderId,
      headStatus,
      at,
    ])
    await transaction.query(
      `update sales_order_line
       set status_code = $3::smallint,
         cancelled_qty = case when $3::smallint = 90 then quantity else cancelled_qty end,
         returned_qty = case when $3::smallint = 85 then quantity - cancelled_qty else returned_qty end
       where order_id = $1 and line_no = any($2::int[])`,
      [order.orderId, lineNos, status],
    )
    await transaction.query(
      `insert into order_event (order_id, seq, status_code, occurred_at)
       select $1, coalesce(max(seq), 0) + 1, $2, $3 from order_event where order_id = $1`,
      [order.orderId, status, at],
    )
  })
}
