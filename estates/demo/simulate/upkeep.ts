import { amount } from '../rows.ts'
import { cities, streets } from '../sites.ts'
import { firstRow, type Trade, textOf, wholeOf } from './sources.ts'
import { recordMovements } from './warehouse.ts'

/** Orders more of what runs low, at centres and stores alike. */
export async function announceReceipt(trade: Trade): Promise<string | null> {
  const { databases, random } = trade
  const at = trade.now()
  return await databases.wms.transaction(async (transaction) => {
    const row = await firstRow(
      transaction,
      `select stk_id::int, node_cd, sku_cd, min_lvl from wms_stk where qty_avl - qty_alc < min_lvl and qty_inb = 0 order by stk_id limit 1`,
      [],
    )
    if (row === null) return null
    const quantity = wholeOf(row, 'min_lvl') * random.int(2, 6)
    await transaction.query('update wms_stk set qty_inb = qty_inb + $2, upd_ts = $3 where stk_id = $1', [
      wholeOf(row, 'stk_id'),
      quantity,
      at,
    ])
    await transaction.query(
      "insert into wms_rcpt (rcpt_no, node_cd, sku_cd, exp_qty, rcv_qty, sts, eta_ts) values (nextval('wms_rcpt_no'), $1, $2, $3, 0, 10, $4)",
      [textOf(row, 'node_cd'), textOf(row, 'sku_cd'), quantity, new Date(at.getTime() + random.int(1, 72) * 3_600_000)],
    )
    return `announced ${quantity} ${textOf(row, 'sku_cd')}`
  })
}

export async function receiveGoods(trade: Trade): Promise<string | null> {
  const at = trade.now()
  return await trade.databases.wms.transaction(async (transaction) => {
    const row = await firstRow(
      transaction,
      `update wms_rcpt set sts = 90, rcv_qty = exp_qty, rcv_ts = $1
       where rcpt_no = (select rcpt_no from wms_rcpt where sts = 10 order by rcpt_no limit 1)
       returning rcpt_no::text, node_cd, sku_cd, rcv_qty`,
      [at],
    )
    if (row === null) return null
    const node = textOf(row, 'node_cd')
    const sku = textOf(row, 'sku_cd')
    const quantity = wholeOf(row, 'rcv_qty')
    await transaction.query(
      'update wms_stk set qty_avl = qty_avl + $3, qty_inb = greatest(0, qty_inb - $3), upd_ts = $4 where node_cd = $1 and sku_cd = $2',
      [node, sku, quantity, at],
    )
    await recordMovements(transaction, '101', [node], [sku], [quantity], textOf(row, 'rcpt_no'), at)
    return `received ${quantity} ${sku}`
  })
}

/** Returned goods are sold again, or are found damaged. */
export async function inspectReturns(trade: Trade): Promise<string | null> {
  const isSound = trade.random.chance(0.9)
  const row = await firstRow(
    trade.databases.wms,
    `update wms_stk set qty_rtn = 0, qty_avl = qty_avl + case when $1 then qty_rtn else 0 end, qty_dmg = qty_dmg + case when $1 then 0 else qty_rtn end, upd_ts = $2
     where stk_id = (select stk_id from wms_stk where qty_rtn > 0 order by stk_id limit 1) returning sku_cd`,
    [isSound, trade.now()],
  )
  return row === null ? null : `inspected ${textOf(row, 'sku_cd')}`
}

export async function settleRefund(trade: Trade): Promise<string | null> {
  const row = await firstRow(
    trade.databases.psp,
    `update refund set state = 'succeeded'
     where id = (select id from refund where state = 'pending' order by created_at, id limit 1) returning id`,
    [],
  )
  return row === null ? null : `refunded ${textOf(row, 'id')}`
}

/** The first 20 items keep their price: examples name them. */
export async function changePrice(trade: Trade): Promise<string | null> {
  const { databases, random } = trade
  const row = await firstRow(
    databases.erp,
    `select prsnr::int, artnr, (vkprs * 100)::int as price_minor from preis
     where prsnr >= 1000200 + floor($1::float8 * ((select max(prsnr) from preis) - 1000200))::bigint and prslst = 'VK01' order by prsnr limit 1`,
    [random.next()],
  )
  if (row === null) return null
  const changed = Math.max(190, Math.floor((wholeOf(row, 'price_minor') * random.int(92, 108)) / 10_000) * 100 + 90)
  await databases.erp.query(
    'update preis set vkprs = $2::numeric, uvp = case when uvp > $2::numeric then uvp end where prsnr = $1',
    [wholeOf(row, 'prsnr'), amount(changed)],
  )
  return `priced ${textOf(row, 'artnr')}`
}

export async function moveCustomer(trade: Trade): Promise<string | null> {
  const { databases, random } = trade
  const row = await firstRow(
    databases.crm,
    "select row_id from s_contact where row_id >= $1 and row_id <> '1-ADA1' order by row_id limit 1",
    [`1-${random.int(46_656, 186_656).toString(36).toUpperCase()}`],
  )
  if (row === null) return null
  const city = random.pick(cities)
  const alpha3 = { DE: 'DEU', AT: 'AUT', NL: 'NLD', FR: 'FRA' }[city.country] ?? city.country
  await databases.crm.query(
    'update s_contact set addr = $2, city = $3, zipcode = $4, country = $5, last_upd = $6 where row_id = $1',
    [
      textOf(row, 'row_id'),
      `${random.pick(streets)} ${random.int(1, 99)}`,
      city.name,
      city.postalCode,
      alpha3,
      trade.now(),
    ],
  )
  return `moved ${textOf(row, 'row_id')}`
}
