import { acknowledgeWithinMs } from '../oms/rows.ts'
import { destination } from '../order-brief.ts'
import { statusOf } from '../order-plan.ts'
import type { Random } from '../random.ts'
import { amount } from '../rows.ts'
import { cities, streets } from '../sites.ts'
import { advance } from './advance-order.ts'
import { authorize } from './money.ts'
import { readOrder } from './order.ts'
import { firstRow, type Trade, textOf, wholeOf } from './sources.ts'

type Item = { readonly sku: string; readonly title: string; readonly priceMinor: number }

/** A new order on a channel drawn at random. A till's order starts at the counter: goods and money follow at once. */
export async function placeOrder(trade: Trade): Promise<string | null> {
  const { random, databases } = trade
  const draw = random.next()
  const channel = draw < 0.42 ? 'WEB' : draw < 0.62 ? 'APP' : draw < 0.85 ? 'POS' : 'AMZ'
  const mode = channel === 'POS' ? 'CARRY' : channel !== 'AMZ' && random.chance(0.15) ? 'PICKUP' : 'PARCEL'
  const storeCode = mode === 'PARCEL' ? null : await drawStore(trade)
  const items = await drawItems(trade, storeCode, channel)
  if (items.length === 0) return null
  const buyer = await drawBuyer(trade, channel)
  const goodsMinor = items.reduce((sum, { item, quantity }) => sum + item.priceMinor * quantity, 0)
  const shippingMinor = mode === 'PARCEL' && channel !== 'AMZ' && goodsMinor < 5_000 ? 495 : 0
  const shipTo =
    mode === 'PARCEL'
      ? destination(buyer.name, `${random.pick(streets)} ${random.int(1, 99)}`, random.pick(cities))
      : null
  const status = channel === 'POS' ? statusOf.confirmed : statusOf.received
  const at = trade.now()

  const orderId = await databases.oms.transaction(async (transaction) => {
    const ids = await firstRow(
      transaction,
      "select nextval('sales_order_id')::int as order_id, nextval('web_customer_id')::int as customer_id",
      [],
    )
    if (ids === null) throw new TypeError('Cannot place an order: the order system gave no number')
    const id = wholeOf(ids, 'order_id')
    const ownCustomerId = wholeOf(ids, 'customer_id')
    if (buyer.kind === 'guest' || buyer.kind === 'marketplace') {
      const email =
        buyer.kind === 'guest' ? `guest.${id}@example.org` : `b${id.toString(36)}@marketplace.amazon.example`
      await transaction.query(
        `insert into web_customer (customer_id, customer_type, login_email, email_confirmed, display_name, created_at) values ($1, $2, $3, false, $4, $5)`,
        [ownCustomerId, buyer.kind === 'guest' ? 'G' : 'M', email, buyer.name, at],
      )
    }
    await transaction.query(
      `insert into sales_order (order_id, order_no, channel_code, external_no, customer_id, loyalty_card, placed_at, currency, tax_included, status_code,
         status_at, delivery_mode, store_code, shipping_amount, ship_name, ship_street, ship_city, ship_zip, ship_country, ack_by)
       values ($1, $2, $3, $4, $5, $6, $7, 'EUR', true, $8, $7, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
      [
        id,
        `O-${id}`,
        channel,
        channel === 'POS' ? `${storeCode}-${id}` : `${channel}-${id}`,
        buyer.kind === 'account'
          ? buyer.customerId
          : buyer.kind === 'card' || buyer.kind === 'unknown'
            ? null
            : ownCustomerId,
        buyer.kind === 'card' ? buyer.loyaltyNumber : null,
        at,
        status,
        mode,
        storeCode,
        amount(shippingMinor),
        shipTo?.name ?? null,
        shipTo?.street ?? null,
        shipTo?.city ?? null,
        shipTo?.postalCode ?? null,
        shipTo?.country ?? null,
        channel === 'AMZ' ? new Date(at.getTime() + acknowledgeWithinMs) : null,
      ],
    )
    await transaction.query(
      `insert into sales_order_line (order_id, line_no, sku, description, quantity, unit_price, discount_amount, tax_amount, status_code, cancelled_qty, returned_qty)
       select $1, w.line_no, w.sku, w.title, w.quantity, w.price, 0, w.tax, $7, 0, 0
       from unnest($2::text[], $3::text[], $4::int[], $5::numeric[], $6::numeric[]) with ordinality as w (sku, title, quantity, price, tax, line_no)`,
      [
        id,
        items.map(({ item }) => item.sku),
        items.map(({ item }) => item.title),
        items.map(({ quantity }) => quantity),
        items.map(({ item }) => amount(item.priceMinor)),
        items.map(({ item, quantity }) => amount(Math.round((item.priceMinor * quantity * 19) / 119))),
        status,
      ],
    )
    await transaction.query(
      'insert into order_event (order_id, seq, status_code, occurred_at) values ($1, 1, $2, $3)',
      [id, status, at],
    )
    return id
  })

  await trade.pause()
  const order = await readOrder(databases.oms, orderId)
  if (order === null) return null
  if (channel === 'POS') return await advance(trade, order)
  await authorize(trade, order)
  return `placed ${order.number}`
}

async function drawStore({ databases, random }: Trade): Promise<string> {
  const row = await firstRow(
    databases.wms,
    `select node_cd from wms_node where node_typ = 20 and actv_flg = 'Y' order by node_cd
     offset floor($1::float8 * (select count(*) from wms_node where node_typ = 20 and actv_flg = 'Y')) limit 1`,
    [random.next()],
  )
  if (row === null) throw new TypeError('Cannot place an order: the warehouse system knows no active store')
  return textOf(row, 'node_cd')
}

/** A store sells what is on its shelf; the web sells the whole range and may have to backorder. */
async function drawItems(
  trade: Trade,
  storeCode: string | null,
  channel: string,
): Promise<readonly { item: Item; quantity: number }[]> {
  const { databases, random } = trade
  const drawn = new Map<string, { item: Item; quantity: number }>()
  for (let left = random.pick([1, 1, 1, 2, 2, 3]); left > 0; left -= 1) {
    const sku = storeCode === null ? null : await drawOnShelf(trade, storeCode)
    if (storeCode !== null && sku === null) continue
    const row = await firstRow(
      databases.erp,
      `select a.artnr, a.artbez, (p.vkprs * 100)::int as price_minor
       from artst a
       join lateral (
         select vkprs from preis where artnr = a.artnr and (kanal is null or kanal = $3)
         order by kanal nulls last, vkprs limit 1) p on true
       where a.artsta in ('A', 'L') and ($1::text is null or a.artnr = $1)
       order by a.artnr
       offset case when $1::text is null then floor(power($2::float8, 2.5) * (select count(*) from artst where artsta in ('A', 'L'))) else 0 end limit 1`,
      [sku, random.next(), channel],
    )
    if (row === null) continue
    const item = { sku: textOf(row, 'artnr'), title: textOf(row, 'artbez'), priceMinor: wholeOf(row, 'price_minor') }
    drawn.set(item.sku, { item, quantity: drawQuantity(random) })
  }
  return [...drawn.values()]
}

function drawQuantity(random: Random): number {
  return random.pick([1, 1, 1, 1, 2])
}

async function drawOnShelf({ databases, random }: Trade, storeCode: string): Promise<string | null> {
  const row = await firstRow(
    databases.wms,
    `select sku_cd from wms_stk where node_cd = $1 and qty_avl - qty_alc >= 2 order by sku_cd
     offset floor(power($2::float8, 2) * (select count(*) from wms_stk where node_cd = $1 and qty_avl - qty_alc >= 2)) limit 1`,
    [storeCode, random.next()],
  )
  return row === null ? null : textOf(row, 'sku_cd')
}

type DrawnBuyer =
  | { readonly kind: 'account'; readonly customerId: number; readonly name: string }
  | { readonly kind: 'card'; readonly loyaltyNumber: string; readonly name: string }
  | { readonly kind: 'guest' | 'marketplace' | 'unknown'; readonly name: string }

/** Never the customer of the README's examples, whose orders are counted there. */
async function drawBuyer({ databases, random }: Trade, channel: string): Promise<DrawnBuyer> {
  if (channel === 'AMZ') return { kind: 'marketplace', name: 'Amazon customer' }
  if (channel === 'POS') {
    const row = random.chance(0.6)
      ? await firstRow(
          databases.crm,
          "select mem_num from s_loy_member where mem_num >= $1 and mem_num > 'L-2000000' order by mem_num limit 1",
          [`L-${2_000_001 + random.int(0, 19_999)}`],
        )
      : null
    return row === null
      ? { kind: 'unknown', name: 'Customer' }
      : { kind: 'card', loyaltyNumber: textOf(row, 'mem_num'), name: 'Customer' }
  }
  const row = random.chance(0.8)
    ? await firstRow(
        databases.oms,
        `select customer_id::int, display_name from web_customer where customer_type = 'R' and customer_id > 100001 and customer_id <= 100001 + $1
         order by customer_id desc limit 1`,
        [1 + Math.floor(random.next() ** 1.6 * 12_000)],
      )
    : null
  if (row === null) return { kind: 'guest', name: 'Guest' }
  return { kind: 'account', customerId: wholeOf(row, 'customer_id'), name: textOf(row, 'display_name') }
}
