import type { World } from '../order-brief.ts'
import { type OrderPlan, statusOf } from '../order-plan.ts'
import { accountAt, accountCount } from '../people.ts'
import { amount, instant, rowOf, sourceTable, type TableRow } from '../rows.ts'

const channel = sourceTable('oms', 'sales_channel', 'channel_code channel_label')
const customer = sourceTable(
  'oms',
  'web_customer',
  'customer_id customer_type account_no login_email email_confirmed display_name mobile loyalty_card street city zip country_code created_at',
)
const order = sourceTable(
  'oms',
  'sales_order',
  'order_id order_no channel_code external_no customer_id loyalty_card placed_at currency tax_included status_code status_at delivery_mode store_code shipping_amount ship_name ship_street ship_city ship_zip ship_country ack_by',
)
const orderLine = sourceTable(
  'oms',
  'sales_order_line',
  'order_id line_no sku description quantity unit_price discount_amount tax_amount status_code cancelled_qty returned_qty',
)
const ack = sourceTable('oms', 'market_ack', 'ack_id order_id acked_at')
const ackLine = sourceTable('oms', 'market_ack_line', 'ack_id line_no acked_qty refused_qty reason')
const feed = sourceTable('oms', 'market_feed', 'feed_id channel_code sent_at confirmed_at listings refused')
const orderEvent = sourceTable('oms', 'order_event', 'order_id seq status_code occurred_at')

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A marketplace wants to hear of an order within that. */
export const acknowledgeWithinMs = 4 * hourMs

export function* channelRows(): Generator<TableRow> {
  yield rowOf(channel, 'WEB', 'Web shop')
  yield rowOf(channel, 'APP', 'App')
  yield rowOf(channel, 'POS', 'Tills')
  yield rowOf(channel, 'AMZ', 'Amazon')
}

export function* accountRows(world: World): Generator<TableRow> {
  const nowMs = world.referenceTime.getTime()
  for (let index = 0; index < accountCount(world.size.customers); index += 1) {
    const a = accountAt(world.seed, world.size.customers, index)
    yield rowOf(
      customer,
      accountId(index),
      'R',
      a.number,
      a.email,
      a.emailConfirmed,
      a.name,
      a.phone,
      a.loyaltyNumber,
      a.street,
      a.city.name,
      a.city.postalCode,
      a.city.country,
      instant(nowMs - a.createdDaysAgo * dayMs),
    )
  }
}

export function* orderRows(plan: OrderPlan): Generator<TableRow> {
  const { brief } = plan
  const { buyer, shipTo } = brief
  // Each guest checkout and each marketplace order leaves a customer row of its own.
  const ownCustomerId = 3_000_000 + brief.orderId
  if (buyer.kind === 'guest' || buyer.kind === 'marketplace') {
    yield rowOf(
      customer,
      ownCustomerId,
      buyer.kind === 'guest' ? 'G' : 'M',
      null,
      buyer.email,
      false,
      buyer.name,
      buyer.phone,
      null,
      shipTo?.street ?? null,
      shipTo?.city ?? null,
      shipTo?.postalCode ?? null,
      shipTo?.country ?? null,
      instant(brief.placedAtMs),
    )
  }
  const customerId =
    buyer.kind === 'account'
      ? accountId(buyer.index)
      : buyer.kind === 'guest' || buyer.kind === 'marketplace'
        ? ownCustomerId
        : null
  yield rowOf(
    order,
    brief.orderId,
    brief.number,
    brief.channel,
    brief.externalNumber,
    customerId,
    buyer.kind === 'card' ? buyer.loyaltyNumber : null,
    instant(brief.placedAtMs),
    brief.currency,
    true,
    plan.status,
    instant(plan.statusAtMs),
    brief.mode,
    brief.mode === 'PARCEL' ? null : brief.site.code,
    amount(plan.shippingMinor),
    shipTo?.name ?? null,
    shipTo?.street ?? null,
    shipTo?.city ?? null,
    shipTo?.postalCode ?? null,
    shipTo?.country ?? null,
    brief.channel === 'AMZ' ? instant(brief.placedAtMs + acknowledgeWithinMs) : null,
  )
  for (const line of plan.lines) {
    yield rowOf(
      orderLine,
      brief.orderId,
      line.lineNo,
      line.variant.sku,
      line.variant.title,
      line.quantity,
      amount(line.unitMinor),
      amount(line.discountMinor),
      amount(line.taxMinor),
      line.status,
      line.cancelledQty,
      line.returnedQty,
    )
  }
  for (const [at, step] of plan.steps.entries())
    yield rowOf(orderEvent, brief.orderId, at + 1, step.status, instant(step.atMs))
  const confirmedAtMs = plan.stageAt(statusOf.confirmed)
  if (brief.channel === 'AMZ' && confirmedAtMs !== null) yield* ackRows(plan, confirmedAtMs)
}

/** As many acknowledgements as orders: each tells of all lines. */
function* ackRows({ brief, lines }: OrderPlan, atMs: number): Generator<TableRow> {
  yield rowOf(ack, brief.orderId, brief.orderId, instant(atMs))
  for (const { lineNo, quantity } of lines) yield rowOf(ackLine, brief.orderId, lineNo, quantity, 0, null)
}

/** Every hour of the last day, the newest not confirmed yet. */
export function* feedRows({ referenceTime, size }: World): Generator<TableRow> {
  const nowMs = referenceTime.getTime()
  for (let hoursAgo = 24; hoursAgo >= 0; hoursAgo -= 1) {
    const sentAtMs = nowMs - hoursAgo * hourMs
    const confirmedAtMs = hoursAgo === 0 ? null : sentAtMs + (20 + 3 * hoursAgo) * 1_000
    yield rowOf(feed, 25 - hoursAgo, 'AMZ', instant(sentAtMs), instant(confirmedAtMs), size.variants, 0)
  }
}

function accountId(index: number): number {
  return 100_001 + index
}
