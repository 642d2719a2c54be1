import type { RecordedEvent } from '../../platform/event-log/event-log.ts'
import { newestBySource, parseEvent, peekEvent } from '../../platform/event-log/event-schema.ts'
import type { CacheKey, Projection } from '../../platform/event-log/projection.ts'
import { groupBy } from '../../platform/group-by.ts'
import type { Transaction } from '../../platform/sql/database.ts'
import { editRequestEvents } from './editing/edit-events.ts'
import { linkEvents, neighbourEvents, type OrdersEvent, ordersEvents, refundEvents } from './events.ts'
import { fulfillmentTimelineEvents } from './fulfillment/fulfillment-events.ts'
import { externalKeyOf } from './keys.ts'
import { addFact, noFacts, type OrderFacts, type RefundEvent } from './order-facts.ts'
import { locationsOf, toOrderView } from './order-view.ts'
import { type ReturnEvent, returnEvents } from './returns/return-events.ts'
import { type TimelineRow, toTimelineRow } from './timeline.ts'

/** Orders with their lines and shipments, and what every subgraph's facts say on their timelines. */
export const ordersProjection: Projection = {
  name: 'orders.orders',
  types: [ordersEvents, neighbourEvents, fulfillmentTimelineEvents, returnEvents, editRequestEvents].flatMap(
    Object.keys,
  ),
  tables: ['orders.orders', 'orders.parts', 'orders.timeline'],

  async apply(transaction, recorded) {
    const own = recorded.flatMap((event) => parseEvent(ordersEvents, event) ?? [])
    const neighbours = recorded.flatMap((event) => parseEvent(neighbourEvents, event) ?? [])
    const fulfillment = recorded.flatMap((event) => parseEvent(fulfillmentTimelineEvents, event) ?? [])
    const edits = recorded.flatMap((event) => parseEvent(editRequestEvents, event) ?? [])
    const refunds = recorded.flatMap((event) => parseEvent(refundEvents, event) ?? [])
    const returns = recorded.flatMap((event) => parseEvent(returnEvents, event) ?? [])
    await writeOrders(transaction, [...own, ...refunds, ...returns])
    await writeParts(transaction, own)
    await writeTimeline(
      transaction,
      [...own, ...neighbours, ...fulfillment, ...returns, ...edits].flatMap((event) => toTimelineRow(event) ?? []),
    )
  },

  keysOf(recorded) {
    const orderId = recorded.data.orderId
    if (typeof orderId !== 'string') return []
    return [
      { cache: 'orders.timeline', key: orderId },
      ...(recorded.type in ordersEvents || recorded.type in refundEvents || recorded.type in returnEvents
        ? [{ cache: 'orders.order', key: orderId }, ...lookupKeysOf(recorded)]
        : []),
    ]
  },
}

/** Which customer each profile's orders belong to. */
export const customersProjection: Projection = {
  name: 'orders.profile-customers',
  types: Object.keys(linkEvents),
  tables: ['orders.profile_customers'],

  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(linkEvents, event) ?? []))
    const rows = events.map((event) => ({ ...event.data, version: event.recorded.sequence }))
    if (rows.length > 0) await transaction.query(upsertProfileCustomers, [JSON.stringify(rows)])
  },

  keysOf({ data: { profileId } }) {
    return typeof profileId === 'string' ? [{ cache: 'orders.profile-customer', key: profileId }] : []
  },
}

function lookupKeysOf(recorded: RecordedEvent): readonly CacheKey[] {
  const event = peekEvent(ordersEvents, recorded)
  if (event === null) return []
  if (!('former' in event.data)) {
    return 'shipmentId' in event.data ? [{ cache: 'orders.part', key: event.data.shipmentId }] : []
  }
  const { former, lines, ...now } = event.data
  return [
    ...lines.map(({ lineId }) => ({ cache: 'orders.part', key: lineId })),
    ...[now, former ?? now].flatMap((keys) => [
      { cache: 'orders.by-number', key: keys.number },
      { cache: 'orders.by-external-number', key: externalKeyOf(keys) },
    ]),
  ]
}

async function writeOrders(
  transaction: Transaction,
  events: readonly (OrdersEvent | RefundEvent | ReturnEvent)[],
): Promise<void> {
  const byOrder = groupBy(
    events.filter(({ data }) => data.orderId != null),
    ({ data }) => data.orderId ?? '',
  )
  if (byOrder.size === 0) return
  const { rows } = await transaction.query<{ id: string; facts: OrderFacts }>(selectFacts, [[...byOrder.keys()].sort()])
  const known = new Map(rows.map(({ id, facts }) => [id, facts]))
  const written = [...byOrder].map(([id, told]) => toRow(id, told.reduce(addFact, known.get(id) ?? noFacts)))
  await transaction.query(upsertOrders, [JSON.stringify(written)])
}

function toRow(id: string, facts: OrderFacts) {
  const view = toOrderView(facts)
  return {
    id,
    number: view?.number,
    channelId: view?.channelId,
    externalNumber: view?.externalNumber,
    profileId: view?.profileId,
    locationId: view?.locationId,
    placedAt: view?.placedAt,
    publicStatus: view?.publicStatus,
    locationIds: view === null ? [] : locationsOf(view),
    ackDeadline: view?.ackDeadline,
    ackPending: view?.acknowledgement?.pending,
    ackedAt: view?.acknowledgement?.acknowledgedAt,
    facts,
  }
}

async function writeParts(transaction: Transaction, events: readonly OrdersEvent[]): Promise<void> {
  const parts = new Map<string, string>()
  for (const { data } of events) {
    if ('shipmentId' in data) parts.set(data.shipmentId, data.orderId)
    else if ('former' in data) for (const { lineId } of data.lines) parts.set(lineId, data.orderId)
  }
  if (parts.size === 0) return
  await transaction.query(insertParts, [[...parts.keys()], [...parts.values()]])
}

async function writeTimeline(transaction: Transaction, rows: readonly TimelineRow[]): Promise<void> {
  if (rows.length > 0) await transaction.query(insertTimeline, [JSON.stringify(rows)])
}

const selectFacts = `SELECT id, facts FROM orders.orders WHERE id = ANY($1::text[])`

const upsertOrders = `
INSERT INTO orders.orders (id, number, channel_id, external_number, profile_id, location_id, placed_at, public_status, location_ids, ack_deadline,
  ack_pending, acked_at, facts)
SELECT id, number, "channelId", "externalNumber", "profileId", "locationId", "placedAt", "publicStatus", array(SELECT jsonb_array_elements_text("locationIds")),
  "ackDeadline", "ackPending", "ackedAt", facts
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, number text, "channelId" text, "externalNumber" text, "profileId" text, "locationId" text, "placedAt" timestamptz,
  "publicStatus" text, "locationIds" jsonb, "ackDeadline" timestamptz, "ackPending" bigint, "ackedAt" timestamptz, facts jsonb)
ON CONFLICT (id) DO UPDATE SET
  number = excluded.number, channel_id = excluded.channel_id, external_number = excluded.external_number,
  profile_id = excluded.profile_id, location_id = excluded.location_id, placed_at = excluded.placed_at, public_status = excluded.public_status,
  location_ids = excluded.location_ids, ack_deadline = excluded.ack_deadline, ack_pending = excluded.ack_pending,
  acked_at = excluded.acked_at,
  facts = excluded.facts`

const insertParts = `
INSERT INTO orders.parts (id, order_id)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (id) DO NOTHING`

const insertTimeline = `
INSERT INTO orders.timeline (order_id, event_id, at, kind, system, inferred, detail)
SELECT "orderId", "eventId", at, kind, system, inferred, detail
FROM jsonb_to_recordset($1::jsonb) AS r(
  "orderId" text, "eventId" text, at timestamptz, kind text, system text, inferred boolean, detail jsonb)
ON CONFLICT (order_id, event_id) DO NOTHING`

const upsertProfileCustomers = `
INSERT INTO orders.profile_customers AS known (profile_id, customer_id, version)
SELECT "profileId", "customerId", version
FROM jsonb_to_recordset($1::jsonb) AS r("profileId" text, "customerId" text, version bigint)
ON CONFLICT (profile_id) DO UPDATE SET customer_id = excluded.customer_id, version = excluded.version
WHERE known.version < excluded.version`
