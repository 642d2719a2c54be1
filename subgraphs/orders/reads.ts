import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { OrderFacts } from './order-facts.ts'
import { type OrderView, toOrderView } from './order-view.ts'
import type { TimelineRow } from './timeline.ts'

/** @returns one entry per id, in order; null where no order is known. */
export async function readOrders(database: Queryable, ids: readonly string[]): Promise<readonly (OrderView | null)[]> {
  const { rows } = await database.query<{ id: string; facts: OrderFacts }>(
    'SELECT id, facts FROM orders.orders WHERE id = ANY($1::text[]) AND placed_at IS NOT NULL',
    [ids],
  )
  const orders = new Map(rows.map(({ id, facts }) => [id, toOrderView(facts)]))
  return ids.map((id) => orders.get(id) ?? null)
}

/** The newest order of each number: one entry per number, in order. */
export async function readOrderIdsByNumber(
  database: Queryable,
  numbers: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ number: string; id: string }>(
    `SELECT DISTINCT ON (number) number, id FROM orders.orders WHERE number = ANY($1::text[])
     ORDER BY number, placed_at DESC, id DESC`,
    [numbers],
  )
  const ids = new Map(rows.map(({ number, id }) => [number, id]))
  return numbers.map((number) => ids.get(number) ?? null)
}

export type ExternalKey = { readonly channelId: string; readonly externalNumber: string }

/** As `readOrderIdsByNumber`, by a channel and its own number. */
export async function readOrderIdsByExternalNumber(
  database: Queryable,
  keys: readonly ExternalKey[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ place: bigint; id: string }>(
    `SELECT k.place, o.id
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(channel_id, external_number, place)
     CROSS JOIN LATERAL (
       SELECT id FROM orders.orders WHERE channel_id = k.channel_id AND external_number = k.external_number
       ORDER BY placed_at DESC, id DESC LIMIT 1) o`,
    [keys.map(({ channelId }) => channelId), keys.map(({ externalNumber }) => externalNumber)],
  )
  const ids = new Map(rows.map(({ place, id }) => [Number(place) - 1, id]))
  return keys.map((_, index) => ids.get(index) ?? null)
}

/** The order a line or shipment is part of: one entry per part, in order. */
export async function readOrderIdsByPart(
  database: Queryable,
  partIds: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ id: string; order_id: string }>(
    'SELECT id, order_id FROM orders.parts WHERE id = ANY($1::text[])',
    [partIds],
  )
  const ids = new Map(rows.map(({ id, order_id }) => [id, order_id]))
  return partIds.map((id) => ids.get(id) ?? null)
}

/** The customer each profile belongs to: one entry per profile, in order. */
export async function readCustomersOfProfiles(
  database: Queryable,
  profileIds: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ profile_id: string; customer_id: string }>(
    'SELECT profile_id, customer_id FROM orders.profile_customers WHERE profile_id = ANY($1::text[])',
    [profileIds],
  )
  const ids = new Map(rows.map(({ profile_id, customer_id }) => [profile_id, customer_id]))
  return profileIds.map((id) => ids.get(id) ?? null)
}

/** More than a timeline is read for; what is older stays in the event log. */
const maxTimelineRows = 500

/** The newest rows of each order, newest first: one list per order, in order. */
export async function readTimelines(
  database: Queryable,
  orderIds: readonly string[],
): Promise<readonly (readonly TimelineRow[])[]> {
  const { rows } = await database.query<TimelineRecord>(
    `SELECT t.* FROM unnest($1::text[]) AS o(id)
     CROSS JOIN LATERAL (
       SELECT order_id, event_id, at, kind, system, inferred, detail FROM orders.timeline WHERE order_id = o.id
       ORDER BY at DESC, event_id DESC LIMIT $2) t
     ORDER BY t.order_id, t.at DESC, t.event_id DESC`,
    [orderIds, maxTimelineRows],
  )
  const timelines = groupBy(rows.map(toTimelineRow), ({ orderId }) => orderId)
  return orderIds.map((id) => timelines.get(id) ?? [])
}

type TimelineRecord = Pick<TimelineRow, 'kind' | 'system' | 'inferred' | 'detail'> & {
  readonly order_id: string
  readonly event_id: string
  readonly at: Date
}

function toTimelineRow({ order_id, event_id, at, ...row }: TimelineRecord): TimelineRow {
  return { orderId: order_id, eventId: event_id, at: at.toISOString(), ...row }
}
