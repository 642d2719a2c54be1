import type { Transaction } from '../../../platform/sql/database.ts'
import type { SoldLine, SoldOrder } from './order.ts'
import { firstRow, type Trade, textOf, wholeOf } from './sources.ts'

/** Finds one node that has everything and promises it to the order, once. @returns false when no node has */
export async function allocate(trade: Trade, order: SoldOrder): Promise<boolean> {
  const at = trade.now()
  return await trade.databases.wms.transaction(async (transaction) => {
    if (await isServed(transaction, order.number)) return true
    const skus = order.lines.map((line) => line.sku)
    const quantities = order.lines.map((line) => line.quantity)
    const node = await firstRow(
      transaction,
      `select s.node_cd
       from unnest($1::text[], $2::int[]) as w (sku, quantity)
       join wms_stk s on s.sku_cd = w.sku and s.qty_avl - s.qty_alc >= w.quantity
       join wms_node n on n.node_cd = s.node_cd
       where n.actv_flg = 'Y' and case when $4::text is not null then n.node_cd = $4 else n.svc_ship = 'Y' and ($5 or n.node_typ = 10) end
       group by s.node_cd, n.node_typ
       having count(*) = $3
       order by n.node_typ, sum(s.qty_avl - s.qty_alc) desc, s.node_cd
       limit 1`,
      [skus, quantities, skus.length, order.storeCode, order.channel !== 'AMZ'],
    )
    if (node === null) return false
    const nodeCode = textOf(node, 'node_cd')
    await transaction.query(
      `update wms_stk s set qty_alc = s.qty_alc + w.quantity, upd_ts = $4
       from unnest($1::text[], $2::int[]) as w (sku, quantity) where s.node_cd = $3 and s.sku_cd = w.sku`,
      [skus, quantities, nodeCode, at],
    )
    await transaction.query(
      `insert into wms_pick (pick_no, ord_ref, ord_ln, node_cd, sku_cd, qty, sts, upd_ts)
       select $1::bigint * 10 + w.line_no, $2, w.line_no, $3, w.sku, w.quantity, 10, $7
       from unnest($4::int[], $5::text[], $6::int[]) as w (line_no, sku, quantity)
       on conflict (pick_no) do update set node_cd = excluded.node_cd, qty = excluded.qty, sts = 10, upd_ts = excluded.upd_ts`,
      [order.orderId, order.number, nodeCode, order.lines.map((line) => line.lineNo), skus, quantities, at],
    )
    return true
  })
}

/** Goods that have left already count: the step that sent them may have been cut short. */
async function isServed(transaction: Transaction, orderNumber: string): Promise<boolean> {
  return (
    (await firstRow(transaction, 'select 1 as seen from wms_pick where ord_ref = $1 and sts in (10, 20, 30) limit 1', [
      orderNumber,
    ])) !== null
  )
}

/** @returns false when the order holds no stock */
export async function pick(trade: Trade, order: SoldOrder): Promise<boolean> {
  const { rowCount } = await trade.databases.wms.query(
    'update wms_pick set sts = 20, upd_ts = $2 where ord_ref = $1 and sts in (10, 20)',
    [order.number, trade.now()],
  )
  return rowCount > 0
}

export async function release(trade: Trade, order: SoldOrder): Promise<void> {
  await trade.databases.wms.transaction(async (transaction) => {
    await endPicks(transaction, order, 90, trade.now())
  })
}

const carriers = ['DHL', 'DPD', 'GLS', 'UPS'] as const

export async function printLabel(trade: Trade, order: SoldOrder): Promise<void> {
  const carrier = trade.random.pick(carriers)
  const freight = (trade.random.int(350, 650) / 100).toFixed(2)
  await trade.databases.wms.transaction(async (transaction) => {
    const { rowCount } = await transaction.query(
      `insert into wms_ship (ship_no, ord_ref, node_cd, carr_cd, trk_no, sts, crt_ts, frt_amt, frt_cur)
       select $1::bigint, p.ord_ref, p.node_cd, $3, $4, 10, $5, $6, 'EUR' from wms_pick p where p.ord_ref = $2 and p.sts = 20 order by p.pick_no limit 1
       on conflict (ship_no) do nothing`,
      [shipmentNumber(order), order.number, carrier, `${carrier}00${order.orderId * 97}`, trade.now(), freight],
    )
    if (rowCount === 0) return
    await transaction.query(
      `insert into wms_ship_ln (ship_no, ln_no, ord_ln, sku_cd, qty)
       select $1::bigint, p.ord_ln, p.ord_ln, p.sku_cd, p.qty from wms_pick p where p.ord_ref = $2 and p.sts = 20`,
      [shipmentNumber(order), order.number],
    )
  })
}

/** The goods leave: stock, movements, picks and, for a parcel, its shipment change together. Doing it twice does it once. */
export async function issueGoods(trade: Trade, order: SoldOrder): Promise<void> {
  const at = trade.now()
  await trade.databases.wms.transaction(async (transaction) => {
    await endPicks(transaction, order, 30, at)
    await transaction.query('update wms_ship set sts = 30, shp_ts = $2 where ship_no = $1 and sts = 10', [
      shipmentNumber(order),
      at,
    ])
  })
}

async function endPicks(transaction: Transaction, order: SoldOrder, status: 30 | 90, at: Date): Promise<void> {
  const { rows } = await transaction.query(
    'update wms_pick set sts = $2, upd_ts = $3 where ord_ref = $1 and sts in (10, 20) returning node_cd, sku_cd, qty',
    [order.number, status, at],
  )
  if (rows.length === 0) return
  const skus = rows.map((row) => textOf(row, 'sku_cd'))
  const quantities = rows.map((row) => wholeOf(row, 'qty'))
  const nodes = rows.map((row) => textOf(row, 'node_cd'))
  await transaction.query(
    `update wms_stk s set qty_alc = s.qty_alc - w.quantity, qty_avl = s.qty_avl - case when $5 then w.quantity else 0 end, upd_ts = $4
     from unnest($1::text[], $2::int[], $3::text[]) as w (sku, quantity, node) where s.node_cd = w.node and s.sku_cd = w.sku`,
    [skus, quantities, nodes, at, status === 30],
  )
  if (status === 30)
    await recordMovements(
      transaction,
      '601',
      nodes,
      skus,
      quantities.map((quantity) => -quantity),
      order.number,
      at,
    )
}

export async function recordMovements(
  transaction: Transaction,
  kind: string,
  nodes: readonly string[],
  skus: readonly string[],
  quantities: readonly number[],
  reference: string,
  at: Date,
): Promise<void> {
  await transaction.query(
    `insert into wms_mvmt (mvmt_id, node_cd, sku_cd, mv_typ, qty, ref_no, mv_ts)
     select nextval('wms_mvmt_id'), w.node, w.sku, $4, w.quantity, $5, $6 from unnest($1::text[], $2::text[], $3::int[]) as w (node, sku, quantity)`,
    [nodes, skus, quantities, kind, reference, at],
  )
}

/** One scan by the carrier. @returns true when the parcel has arrived */
export async function carrierScan(trade: Trade, order: SoldOrder): Promise<boolean> {
  const row = await firstRow(
    trade.databases.wms,
    `update wms_ship set sts = case when sts < 35 then 35 else 40 end, dlv_ts = case when sts = 35 then $2::timestamptz else dlv_ts end
     where ship_no = $1 and sts in (30, 35) returning sts::int`,
    [shipmentNumber(order), trade.now()],
  )
  return row === null || wholeOf(row, 'sts') === 40
}

/** Returned goods wait for inspection at the store, or at the centre the order came from. */
export async function receiveReturn(trade: Trade, order: SoldOrder, lines: readonly SoldLine[]): Promise<void> {
  const at = trade.now()
  await trade.databases.wms.transaction(async (transaction) => {
    if (
      (await firstRow(transaction, "select 1 as seen from wms_mvmt where ref_no = $1 and mv_typ = '657' limit 1", [
        order.number,
      ])) !== null
    )
      return
    const { rows } = await transaction.query(
      `update wms_stk s set qty_rtn = s.qty_rtn + w.quantity, upd_ts = $4
       from unnest($1::text[], $2::int[]) as w (sku, quantity)
       where s.sku_cd = w.sku and s.node_cd = coalesce($3, (select h.node_cd from wms_ship h where h.ship_no = $5), 'DC01')
       returning s.node_cd, s.sku_cd, w.quantity`,
      [lines.map((line) => line.sku), lines.map((line) => line.quantity), order.storeCode, at, shipmentNumber(order)],
    )
    const nodes = rows.map((row) => textOf(row, 'node_cd'))
    const skus = rows.map((row) => textOf(row, 'sku_cd'))
    await recordMovements(
      transaction,
      '657',
      nodes,
      skus,
      rows.map((row) => wholeOf(row, 'quantity')),
      order.number,
      at,
    )
  })
}

function shipmentNumber(order: SoldOrder): number {
  return 30_000_000 + order.orderId
}
