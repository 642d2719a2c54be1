import type { NewEvent } from '../../platform/event-log/event-log.ts'
import { parseEvent } from '../../platform/event-log/event-schema.ts'
import type { Process } from '../../platform/event-log/projection.ts'
import { groupBy } from '../../platform/group-by.ts'
import type { Transaction } from '../../platform/sql/database.ts'
import { type OrdersEvent, ordersEvents, refundEvents } from './events.ts'
import { addFact, noFacts, type OrderFacts, type RefundEvent } from './order-facts.ts'
import { type OrderView, toOrderView } from './order-view.ts'
import type { PublicStatus } from './public-status.ts'
import { type ReturnEvent, returnEvents } from './returns/return-events.ts'

type Cause = OrdersEvent | RefundEvent | ReturnEvent
type Told = { readonly facts: OrderFacts; readonly status: PublicStatus | null }

/**
 * Tells each change of an order's public status, in order for each order. What made an order known and what came with
 * it is told as one change, from null: a first import tells where an order stands, not how it came there.
 */
export const publicStatusProcess: Process = {
  name: 'orders.public-status',
  types: [ordersEvents, refundEvents, returnEvents].flatMap(Object.keys),
  async decide(transaction, recorded) {
    const causes = recorded.flatMap((event): Cause[] => {
      const cause =
        parseEvent(ordersEvents, event) ?? parseEvent(refundEvents, event) ?? parseEvent(returnEvents, event)
      return cause === null || cause.data.orderId == null ? [] : [cause]
    })
    const byOrder = groupBy(causes, ({ data }) => data.orderId ?? '')
    if (byOrder.size === 0) return []
    const known = await readTold(transaction, [...byOrder.keys()].sort())
    const decided: NewEvent[] = []
    const written: { orderId: string; facts: OrderFacts; publicStatus: PublicStatus | null }[] = []
    for (const [orderId, told] of byOrder) {
      const before = known.get(orderId) ?? { facts: noFacts, status: null }
      const after = before.status === null ? tellFirst(before, told, decided) : tellEach(before, told, decided)
      written.push({ orderId, facts: after.facts, publicStatus: after.status })
    }
    await transaction.query(upsertTold, [JSON.stringify(written)])
    return decided
  },
}

function tellFirst({ facts }: Told, causes: readonly Cause[], decided: NewEvent[]): Told {
  const all = causes.reduce(addFact, facts)
  const view = toOrderView(all)
  const cause = causes.at(-1)
  if (view === null || cause === undefined) return { facts: all, status: null }
  decided.push(toEvent(view, null, cause))
  return { facts: all, status: view.publicStatus }
}

function tellEach(before: Told, causes: readonly Cause[], decided: NewEvent[]): Told {
  let { facts, status } = before
  for (const cause of causes) {
    facts = addFact(facts, cause)
    const view = toOrderView(facts)
    if (view === null || view.publicStatus === status) continue
    decided.push(toEvent(view, status, cause))
    status = view.publicStatus
  }
  return { facts, status }
}

function toEvent(view: OrderView, from: PublicStatus | null, { recorded }: Cause): NewEvent {
  const { id: orderId, number, channelId, externalNumber, publicStatus: to } = view
  const tenant = recorded.source.split('/')[2] ?? ''
  return {
    type: 'retail.order.public-status-changed.v1',
    source: `/tenants/${tenant}/orders/order-status/${encodeURIComponent(orderId)}`,
    subject: orderId,
    time: recorded.time,
    data: { orderId, number, channelId, externalNumber, from, to },
    partitionKey: orderId,
    authority: 'storeloom',
    causationId: recorded.id,
    ...(recorded.correlationId === undefined ? {} : { correlationId: recorded.correlationId }),
  }
}

async function readTold(transaction: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, Told>> {
  const { rows } = await transaction.query<{
    order_id: string
    facts: OrderFacts
    public_status: PublicStatus | null
  }>('SELECT order_id, facts, public_status FROM orders.told_statuses WHERE order_id = ANY($1::text[])', [ids])
  return new Map(rows.map(({ order_id, facts, public_status }) => [order_id, { facts, status: public_status }]))
}

const upsertTold = `
INSERT INTO orders.told_statuses (order_id, facts, public_status)
SELECT "orderId", facts, "publicStatus"
FROM jsonb_to_recordset($1::jsonb) AS r("orderId" text, facts jsonb, "publicStatus" text)
ON CONFLICT (order_id) DO UPDATE SET facts = excluded.facts, public_status = excluded.public_status`
