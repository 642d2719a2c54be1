import { z } from 'zod'
import { parseEvent, peekEvent } from '../../platform/event-log/event-schema.ts'
import type { Projection } from '../../platform/event-log/projection.ts'
import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { SoldAt } from '../../policies/order-region.ts'
import type { OrderFacts } from '../../policies/order-scope.ts'

const orderFact = z.object({
  orderId: z.string(),
  channelId: z.string(),
  profileId: z.string().nullable(),
  locationId: z.string().nullish(),
})
const shipmentFact = z.object({ orderId: z.string(), shipmentId: z.string(), locationId: z.string().nullable() })

const orderEvents = { 'retail.order.captured.v1': orderFact, 'retail.order.edited.v1': orderFact } as const
const shipmentEvents = {
  'retail.shipment.created.v1': shipmentFact,
  'retail.shipment.dispatched.v1': shipmentFact,
  'retail.shipment.milestone-recorded.v1': shipmentFact,
  'retail.shipment.delivered.v1': shipmentFact,
  'retail.shipment.exception-raised.v1': shipmentFact,
  'retail.shipment.changed.v1': shipmentFact,
} as const
const linkEvents = {
  'retail.customer.linked.v1': z.object({ profileId: z.string(), customerId: z.string() }),
} as const

/** Whose each order is, as far as a rule on rows must know. */
export const orderScopesProjection: Projection = {
  name: 'finance.order-scopes',
  types: [...Object.keys(orderEvents), ...Object.keys(shipmentEvents), ...Object.keys(linkEvents)],
  tables: ['finance.orders', 'finance.order_locations', 'finance.profile_customers'],
  async apply(transaction, recorded) {
    const orders = recorded.flatMap((event) => parseEvent(orderEvents, event) ?? [])
    const shipments = recorded.flatMap((event) => parseEvent(shipmentEvents, event) ?? [])
    const links = recorded.flatMap((event) => parseEvent(linkEvents, event) ?? [])
    await upsert(transaction, upsertOrders, orders, ({ data }) => data.orderId)
    await upsert(transaction, upsertLocations, shipments, ({ data }) => `${data.orderId} ${data.shipmentId}`)
    await upsert(transaction, upsertLinks, links, ({ data }) => data.profileId)
  },
  keysOf(recorded) {
    const link = peekEvent(linkEvents, recorded)
    if (link !== null) return [{ cache: 'finance.customer-of-profile', key: link.data.profileId }]
    const { orderId } = recorded.data
    return typeof orderId === 'string' ? [{ cache: 'finance.order-scope', key: orderId }] : []
  },
}

type Told = { readonly data: object; readonly recorded: { readonly sequence: number } }

async function upsert<E extends Told>(
  transaction: Queryable,
  text: string,
  events: readonly E[],
  keyOf: (event: E) => string,
): Promise<void> {
  if (events.length === 0) return
  // One statement may not touch a row twice: of each key the newest.
  const newest = [...groupBy(events, keyOf).values()].flatMap((told) =>
    told.reduce((a, b) => (b.recorded.sequence > a.recorded.sequence ? b : a)),
  )
  const rows = newest.map(({ data, recorded }) => ({ ...data, version: recorded.sequence }))
  await transaction.query(text, [JSON.stringify(rows)])
}

const upsertOrders = `
INSERT INTO finance.orders AS known (id, channel_id, profile_id, location_id, content_version)
SELECT "orderId", "channelId", "profileId", "locationId", version
FROM jsonb_to_recordset($1::jsonb) AS r("orderId" text, "channelId" text, "profileId" text, "locationId" text, version bigint)
ON CONFLICT (id) DO UPDATE SET
  channel_id = excluded.channel_id, profile_id = excluded.profile_id, location_id = excluded.location_id,
  content_version = excluded.content_version
WHERE known.content_version < excluded.content_version`

const upsertLocations = `
INSERT INTO finance.order_locations AS known (order_id, shipment_id, location_id, version)
SELECT "orderId", "shipmentId", "locationId", version
FROM jsonb_to_recordset($1::jsonb) AS r("orderId" text, "shipmentId" text, "locationId" text, version bigint)
ON CONFLICT (order_id, shipment_id) DO UPDATE SET location_id = excluded.location_id, version = excluded.version
WHERE known.version < excluded.version`

const upsertLinks = `
INSERT INTO finance.profile_customers AS known (profile_id, customer_id, version)
SELECT "profileId", "customerId", version
FROM jsonb_to_recordset($1::jsonb) AS r("profileId" text, "customerId" text, version bigint)
ON CONFLICT (profile_id) DO UPDATE SET customer_id = excluded.customer_id, version = excluded.version
WHERE known.version < excluded.version`

export type OrderScopeRow = Pick<OrderFacts, 'locationIds'> & SoldAt & { readonly profileId: string | null }

/** One entry per order, in order; null where the order is not known itself. */
export async function readOrderScopes(
  database: Queryable,
  orderIds: readonly string[],
): Promise<readonly (OrderScopeRow | null)[]> {
  const { rows } = await database.query<ScopeRecord>(
    `SELECT o.id, o.channel_id, o.profile_id, o.location_id, array(
       SELECT location_id FROM finance.order_locations l WHERE l.order_id = o.id AND location_id IS NOT NULL
       UNION SELECT o.location_id WHERE o.location_id IS NOT NULL ORDER BY 1) AS location_ids
     FROM finance.orders o WHERE o.id = ANY($1) AND o.channel_id IS NOT NULL`,
    [orderIds],
  )
  const scopes = new Map(
    rows.map(({ id, channel_id, profile_id, location_id, location_ids }) => [
      id,
      { channelId: channel_id, profileId: profile_id, locationId: location_id, locationIds: location_ids },
    ]),
  )
  return orderIds.map((id) => scopes.get(id) ?? null)
}

type ScopeRecord = {
  readonly id: string
  readonly channel_id: string
  readonly profile_id: string | null
  readonly location_id: string | null
  readonly location_ids: readonly string[]
}

/** The customer each profile belongs to: one entry per profile, in order. */
export async function readCustomersOfProfiles(
  database: Queryable,
  profileIds: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ profile_id: string; customer_id: string }>(
    'SELECT profile_id, customer_id FROM finance.profile_customers WHERE profile_id = ANY($1)',
    [profileIds],
  )
  const ids = new Map(rows.map(({ profile_id, customer_id }) => [profile_id, customer_id]))
  return profileIds.map((id) => ids.get(id) ?? null)
}
