import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { PublicStatus } from './public-status.ts'

export type OrderListFilter = {
  readonly channelId: string | null
  readonly publicStatus: readonly PublicStatus[] | null
  readonly placedFrom: string | null
  readonly placedTo: string | null
}

/** Which orders of a list to read, by time placed and id. */
export type OrderListPage = OrderListFilter & {
  /** What the viewer sees is in one of these channels, leaves from one of these locations, or is of one of these regions; null: no such bound. */
  readonly channelIds: readonly string[] | null
  readonly locationIds: readonly string[] | null
  readonly regions: readonly string[] | null
  readonly direction: 'newest-first' | 'oldest-first'
  /** Rows strictly behind this one in the direction read; null from the start. */
  readonly from: OrderListEntry | null
  readonly limit: number
}

export type OrderListEntry = { readonly id: string; readonly placedAt: string }

/** Reads one page of all orders, in the direction asked. */
export async function readOrderList(database: Queryable, page: OrderListPage): Promise<readonly OrderListEntry[]> {
  const text = page.publicStatus === null ? listText(page) : listByStatusText(page)
  const { rows } = await database.query<ListRecord>(text, [...valuesOf(page), ...scopeValuesOf(page)])
  return rows.map(toEntry)
}

/** Reads the same page of several customers' orders over all of their profiles: one list per customer, in order. */
export async function readOrdersOfCustomers(
  database: Queryable,
  customerIds: readonly string[],
  page: OrderListPage,
): Promise<readonly (readonly OrderListEntry[])[]> {
  const { rows } = await database.query<ListRecord & { customer_id: string }>(listByCustomerText(page), [
    ...valuesOf(page),
    ...scopeValuesOf(page),
    customerIds,
  ])
  const lists = groupBy(rows, ({ customer_id }) => customer_id)
  return customerIds.map((id) => lists.get(id)?.map(toEntry) ?? [])
}

type ListRecord = { readonly id: string; readonly placed_at: Date }

const toEntry = ({ id, placed_at }: ListRecord): OrderListEntry => ({ id, placedAt: placed_at.toISOString() })

function valuesOf({ from, direction, limit, channelId, publicStatus, placedFrom, placedTo }: OrderListPage) {
  const start = direction === 'newest-first' ? 'infinity' : '-infinity'
  return [
    from?.placedAt ?? start,
    from?.id ?? '',
    limit,
    placedFrom ?? '-infinity',
    placedTo ?? 'infinity',
    channelId,
    publicStatus,
  ]
}

function scopeValuesOf({ channelIds, locationIds, regions }: OrderListPage) {
  return [channelIds, locationIds, regions]
}

// Each text reads an index in order and stops after `limit` rows; lists over several profiles or statuses merge
// one such read per member.

const directions = {
  'newest-first': { beyond: '<', order: 'DESC' },
  'oldest-first': { beyond: '>', order: 'ASC' },
} as const

function rangeText({ direction }: OrderListPage): string {
  return `(placed_at, id) ${directions[direction].beyond} ($1::timestamptz, $2::text)
    AND placed_at >= $4::timestamptz AND placed_at <= $5::timestamptz`
}

function scopeText({ channelIds, locationIds, regions }: OrderListPage): string {
  const ofChannels = channelIds === null ? '$8::text[] IS NULL' : 'channel_id = ANY($8::text[])'
  const ofLocations = locationIds === null ? '$9::text[] IS NULL' : 'location_ids && $9::text[]'
  const ofRegions = regions === null ? '$10::text[] IS NULL' : regionText
  return `${ofChannels} AND ${ofLocations} AND ${ofRegions}`
}

/** `orderRegion` in SQL. The subqueries name nothing of the order, so that each is read once, not once an order. */
const regionText = `CASE
  WHEN 'location ' || location_id IN (SELECT place FROM orders.regions WHERE region IS NOT NULL)
  THEN 'location ' || location_id IN (SELECT place FROM orders.regions WHERE region = ANY($10::text[]))
  ELSE 'channel ' || channel_id IN (SELECT place FROM orders.regions WHERE region = ANY($10::text[])) END`

function orderText({ direction }: OrderListPage): string {
  const { order } = directions[direction]
  return `ORDER BY placed_at ${order}, id ${order} LIMIT $3::int`
}

function listText(page: OrderListPage): string {
  const ofChannel = page.channelId === null ? '$6::text IS NULL' : 'channel_id = $6::text'
  return `SELECT id, placed_at FROM orders.orders
    WHERE ${rangeText(page)} AND ${ofChannel} AND $7::text[] IS NULL AND ${scopeText(page)} ${orderText(page)}`
}

function listByStatusText(page: OrderListPage): string {
  return `SELECT o.id, o.placed_at FROM unnest($7::text[]) AS s(status)
    CROSS JOIN LATERAL (
      SELECT id, placed_at FROM orders.orders
      WHERE public_status = s.status AND ($6::text IS NULL OR channel_id = $6::text) AND ${rangeText(page)}
        AND ${scopeText(page)} ${orderText(page)}) o
    ${orderText(page)}`
}

function listByCustomerText(page: OrderListPage): string {
  return `SELECT c.id AS customer_id, o.id, o.placed_at FROM unnest($11::text[]) AS c(id)
    CROSS JOIN LATERAL (
      SELECT p.id, p.placed_at FROM orders.profile_customers m
      CROSS JOIN LATERAL (
        SELECT id, placed_at FROM orders.orders
        WHERE profile_id = m.profile_id AND ($6::text IS NULL OR channel_id = $6::text)
          AND ($7::text[] IS NULL OR public_status = ANY($7::text[])) AND ${rangeText(page)}
          AND ${scopeText(page)} ${orderText(page)}) p
      WHERE m.customer_id = c.id ${orderText(page)}) o`
}
