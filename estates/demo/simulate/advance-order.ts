import { firstOrderId } from '../order-brief.ts'
import { statusOf } from '../order-plan.ts'
import { acknowledge } from './marketplace.ts'
import { authorize, capture, creditInvoice, invoice, refund, voidPayment } from './money.ts'
import { readOrder, type SoldOrder, setStatus } from './order.ts'
import { firstRow, type Trade, wholeOf } from './sources.ts'
import { allocate, carrierScan, issueGoods, pick, printLabel, receiveReturn, release } from './warehouse.ts'

const backordered = 25

/**
 * Moves an open order by one stage: mostly one that waits long, at times one that just moved. The order system hears of
 * it last, so its status tells how far the others surely are: a step cut short is done again, and doing it twice does it
 * once.
 */
export async function advanceOrder(trade: Trade): Promise<string | null> {
  const text = trade.random.chance(0.25) ? newestFirst : oldestFirst
  const row = await firstRow(trade.databases.oms, text, [Math.floor(trade.random.next() ** 2 * 20), firstOrderId])
  const found = row === null ? null : await readOrder(trade.databases.oms, wholeOf(row, 'order_id'))
  return found === null ? null : await advance(trade, found)
}

const waiting = (direction: 'asc' | 'desc'): string =>
  `select order_id::int from sales_order where (status_code < 70 or status_code in (80, 82)) and order_id >= $2
   order by status_at ${direction}, order_id ${direction} offset least($1::int, (
     select greatest(0, count(*) - 1) from (
       select 1 from sales_order where (status_code < 70 or status_code in (80, 82)) and order_id >= $2 limit 20) o)) limit 1`
const oldestFirst = waiting('asc')
const newestFirst = waiting('desc')

/** @returns what happened; an order at its end stays as it is */
export async function advance(trade: Trade, order: SoldOrder): Promise<string | null> {
  switch (order.status) {
    case statusOf.received:
    case statusOf.held:
      await authorize(trade, order)
      // Of some orders all but the first line is told of when its units are found.
      await acknowledge(trade, order, { lines: trade.random.chance(0.2) ? 1 : null, reason: null })
      return await tell(trade, order, statusOf.confirmed, 'confirmed')
    case statusOf.confirmed:
    case backordered:
      await authorize(trade, order)
      if (order.mode === 'CARRY') return await sellAtTill(trade, order)
      if (!(await allocate(trade, order))) return await tell(trade, order, backordered, 'backordered')
      await acknowledge(trade, order, { lines: null, reason: null })
      return await tell(trade, order, statusOf.allocated, 'allocated')
    case statusOf.allocated:
      return await tell(trade, order, statusOf.released, 'released')
    case statusOf.released:
      return (await pick(trade, order))
        ? await tell(trade, order, statusOf.picked, 'picked')
        : await tell(trade, order, statusOf.confirmed, 'reopened')
    case statusOf.picked:
      return await leavePickArea(trade, order)
    case statusOf.packed:
      await printLabel(trade, order)
      await issueGoods(trade, order)
      await settle(trade, order)
      return await tell(trade, order, statusOf.shipped, 'shipped')
    case statusOf.shipped:
      if (!(await carrierScan(trade, order))) return `scanned ${order.number}`
      return await tell(trade, order, statusOf.delivered, 'delivered')
    case statusOf.ready:
      await issueGoods(trade, order)
      await settle(trade, order)
      return await tell(trade, order, statusOf.collected, 'collected')
    case statusOf.returnRequested:
      return await moveReturn(trade, order)
    case statusOf.returnMoving:
      return await finishReturn(trade, order)
    default:
      return null
  }
}

/** Goods and money change hands at once. */
async function sellAtTill(trade: Trade, order: SoldOrder): Promise<string> {
  if (!(await allocate(trade, order))) return await tell(trade, order, backordered, 'backordered')
  await issueGoods(trade, order)
  await settle(trade, order)
  return await tell(trade, order, statusOf.collected, 'sold')
}

async function leavePickArea(trade: Trade, order: SoldOrder): Promise<string> {
  if (order.mode === 'PARCEL') {
    await printLabel(trade, order)
    return await tell(trade, order, statusOf.packed, 'packed')
  }
  await settle(trade, order)
  return await tell(trade, order, statusOf.ready, 'staged')
}

async function settle(trade: Trade, order: SoldOrder): Promise<void> {
  await trade.pause()
  await capture(trade, order)
  if (order.mode === 'CARRY') return
  await trade.pause()
  await invoice(trade, order)
}

async function tell(trade: Trade, order: SoldOrder, status: number, word: string): Promise<string> {
  await trade.pause()
  await setStatus(trade, order, status)
  return `${word} ${order.number}`
}

/** A customer announces the return of a finished order's lines: all, or the first. */
export async function requestReturn(trade: Trade): Promise<string | null> {
  const order = await drawOrder(trade, 'status_code in (70, 75)', firstOrderId)
  const kept =
    order?.lines.filter((line) => line.status === statusOf.delivered || line.status === statusOf.collected) ?? []
  if (order === null || kept.length === 0 || kept.length < order.lines.length) return null
  const lines = trade.random.chance(0.5) ? kept : kept.slice(0, 1)
  await setStatus(trade, order, statusOf.returnRequested, {
    only: lines.map((line) => line.lineNo),
    headStatus: statusOf.returnRequested,
  })
  return `return requested ${order.number}`
}

async function moveReturn(trade: Trade, order: SoldOrder): Promise<string> {
  const only = returning(order).map((line) => line.lineNo)
  await setStatus(trade, order, statusOf.returnMoving, { only, headStatus: statusOf.returnMoving })
  return `return on its way ${order.number}`
}

async function finishReturn(trade: Trade, order: SoldOrder): Promise<string> {
  const lines = returning(order)
  const isWhole = lines.length === order.lines.length
  await receiveReturn(trade, order, lines)
  await trade.pause()
  await refund(
    trade,
    order,
    lines.reduce((sum, line) => sum + line.valueMinor, 0),
  )
  if (isWhole) await creditInvoice(trade, order)
  await trade.pause()
  const finished = order.mode === 'PARCEL' ? statusOf.delivered : statusOf.collected
  await setStatus(trade, order, statusOf.returned, {
    only: lines.map((line) => line.lineNo),
    headStatus: isWhole ? statusOf.returned : finished,
  })
  return `returned ${order.number}`
}

function returning(order: SoldOrder): SoldOrder['lines'] {
  return order.lines.filter((line) => line.status === statusOf.returnRequested || line.status === statusOf.returnMoving)
}

/** Before anything is picked. Cut short, the order still counts as open and is allocated and authorised anew. */
export async function cancelOrder(trade: Trade): Promise<string | null> {
  const order = await drawOrder(trade, "status_code in (10, 15, 20, 25, 40) and delivery_mode <> 'CARRY'", 5_000_001)
  if (order === null) return null
  await release(trade, order)
  await trade.pause()
  await voidPayment(trade, order)
  await acknowledge(trade, order, { lines: null, reason: 'CANCELLED' })
  return await tell(trade, order, statusOf.cancelled, 'cancelled')
}

/** @param where a constant of this file; the known orders, with lower numbers, are never drawn */
async function drawOrder(trade: Trade, where: string, from: number): Promise<SoldOrder | null> {
  const span = await firstRow(trade.databases.oms, 'select max(order_id)::int as newest from sales_order', [])
  const newest = span === null ? from : Math.max(from, wholeOf(span, 'newest'))
  const row = await firstRow(
    trade.databases.oms,
    `select order_id::int from (select order_id, status_code, delivery_mode from sales_order where order_id >= $1 order by order_id limit 50) o
     where ${where} order by order_id limit 1`,
    [from + Math.floor(trade.random.next() * (newest - from))],
  )
  return row === null ? null : await readOrder(trade.databases.oms, wholeOf(row, 'order_id'))
}
