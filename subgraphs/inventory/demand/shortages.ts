import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { Followed, Missing } from './follow-demand.ts'
import { nameOf, type OrderKey } from './order-reservations.ts'

/** Units an order wants and nothing is kept of. */
export type ShortageRow = Missing & { readonly orderId: string; readonly since: string }

/** Units that were told to be missing of an order, by variant. */
export async function readMissing(
  transaction: Transaction,
  { tenant, orderId }: OrderKey,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await transaction.query<{ variant_id: string; missing: number }>(
    'SELECT variant_id, missing FROM inventory.order_shortages WHERE tenant = $1 AND order_id = $2',
    [tenant, orderId],
  )
  return new Map(rows.map((row) => [row.variant_id, row.missing]))
}

/** The names of those that units were told to be missing of. */
export async function readShortOrders(
  transaction: Transaction,
  orders: readonly OrderKey[],
): Promise<ReadonlySet<string>> {
  if (orders.length === 0) return new Set()
  const { rows } = await transaction.query<{ tenant: string; order_id: string }>(
    `SELECT DISTINCT short.tenant, short.order_id FROM unnest($1::text[], $2::text[]) AS named (tenant, id)
     JOIN inventory.order_shortages AS short ON short.order_id = named.id AND short.tenant = named.tenant`,
    [orders.map(({ tenant }) => tenant), orders.map(({ orderId }) => orderId)],
  )
  return new Set(rows.map(({ tenant, order_id: orderId }) => nameOf({ tenant, orderId })))
}

/**
 * Notes what is missing of an order's variants, and what is not, or not wanted, any more.
 * @param known as `readMissing` gave it
 * @returns those of which another number is missing than was told
 */
export async function writeShortages(
  transaction: Transaction,
  { tenant, orderId }: OrderKey,
  { units, wants }: Pick<Followed, 'units' | 'wants'>,
  known: ReadonlyMap<string, number>,
  now: Date,
): Promise<readonly Missing[]> {
  if (wants === null) return []
  const unwanted = [...known.keys()].filter((id) => !wants.has(id) && units.every(({ variantId }) => variantId !== id))
  const all = [...units, ...unwanted.map((variantId) => ({ variantId, wanted: 0, missing: 0 }))]
  const noted = all.filter(({ variantId, missing }) => missing > 0 || known.has(variantId))
  if (noted.length > 0) await transaction.query(writeText, [tenant, orderId, JSON.stringify(noted), now])
  return noted.filter(({ variantId, missing }) => (known.get(variantId) ?? 0) !== missing)
}

const writeText = `
WITH told AS (
  SELECT * FROM jsonb_to_recordset($3::jsonb) AS r("variantId" text, wanted integer, missing integer)
), over AS (
  DELETE FROM inventory.order_shortages AS known USING told
  WHERE known.tenant = $1 AND known.order_id = $2 AND known.variant_id = told."variantId" AND told.missing = 0
)
INSERT INTO inventory.order_shortages AS known (tenant, order_id, variant_id, wanted, missing, since)
SELECT $1, $2, "variantId", wanted, missing, $4::timestamptz FROM told WHERE missing > 0
ON CONFLICT (tenant, order_id, variant_id) DO UPDATE SET wanted = excluded.wanted, missing = excluded.missing`

/** The oldest first. What people have reserved for the order since counts: they need tell nobody that it is seen to. */
export async function readShortages(
  queryable: Queryable,
  tenant: string,
  limit: number,
): Promise<readonly ShortageRow[]> {
  const { rows } = await queryable.query<OpenRecord>(
    `${openText} AND tenant = $1 ORDER BY since, order_id, variant_id LIMIT $2`,
    [tenant, limit],
  )
  return rows.map(({ order_id, variant_id, wanted, missing, since }) => ({
    ...{ orderId: order_id, variantId: variant_id, wanted, missing, since: since.toISOString() },
  }))
}

/** Of all tenants together. */
export async function countMissing(queryable: Queryable): Promise<number> {
  const { rows } = await queryable.query<{ units: number }>(
    `SELECT coalesce(sum(missing), 0)::float8 AS units FROM (${openText}) AS every`,
    [],
  )
  return rows[0]?.units ?? 0
}

type OpenRecord = {
  readonly order_id: string
  readonly variant_id: string
  readonly wanted: number
  readonly missing: number
  readonly since: Date
}

const openText = `
SELECT * FROM (
  SELECT short.tenant, short.order_id, short.variant_id, short.wanted, short.since, (short.wanted - coalesce((
    SELECT sum(own.confirmed + own.consumed) FROM inventory.reservations AS own
    WHERE own.order_id = short.order_id AND own.tenant = short.tenant
      AND short.variant_id IN (own.variant_id, own.substituted_for)), 0))::integer AS missing
  FROM inventory.order_shortages AS short) AS open_shortages WHERE missing > 0`
