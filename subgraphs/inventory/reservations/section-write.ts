import { plainArray, textArray, uuidArray } from '../../../platform/sql/array-literal.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { writeChannelIssues } from './channel-issues.ts'
import type { Change } from './command.ts'
import type { ReservationRow } from './legs.ts'
import { issuedUnits } from './section-state.ts'

/** Writes the rows of changes in their order, a fixed number of statements however many: each is made up while the one before runs. */
export async function writeRows(transaction: Transaction, changes: readonly Change[], now: Date): Promise<void> {
  const born = changes.filter(({ before }) => before === null)
  const last = new Map(changes.flatMap(({ before, after }) => (before === null ? [] : [[after.id, after]])))
  const writes: Promise<unknown>[] = []
  if (born.length > 0) writes.push(transaction.query(insertReservationsText, bornColumns(born, now)))
  if (last.size > 0) writes.push(transaction.query(upsertReservationsText, reservationColumns([...last.values()])))
  const marked = changes.flatMap(({ before, after: { id, substitutedFor, promise, kit } }) =>
    before === null && (substitutedFor !== null || promise !== null || kit !== undefined)
      ? [{ id, substitutedFor, promise, kitId: kit?.kitId ?? null, kitUnits: kit?.units ?? null }]
      : [],
  )
  if (marked.length > 0) writes.push(transaction.query(writeMarksText, [JSON.stringify(marked)]))
  const issues = changes.flatMap((change) => {
    const { after, occurredAt } = change
    const quantity = issuedUnits(change)
    const { variantId, locationId, channelId } = after
    if (quantity === 0 || locationId === null) return []
    return [{ variantId, locationId, channelId, quantity, occurredAt: occurredAt ?? now.toISOString() }]
  })
  if (issues.length > 0) writes.push(transaction.query(insertIssuesText, [JSON.stringify(issues)]))
  writes.push(writeChannelIssues(transaction, changes, now))
  await Promise.all(writes)
}

/** Adds to the sums what all changes of a section come to. */
export async function writeTotals(transaction: Transaction, changes: readonly Change[]): Promise<void> {
  const totals = totalsOf(changes)
  if (totals.length > 0) await transaction.query(upsertTotalsText, [JSON.stringify(totals)])
}

type Total = {
  readonly variantId: string
  readonly locationId: string
  readonly channelId: string
  held: number
  confirmed: number
  consumed: number
}

/** In one order everywhere, so that two sections never wait for each other's rows in a circle. */
function totalsOf(changes: readonly Change[]): readonly Total[] {
  const totals = new Map<string, Total>()
  const add = (
    { variantId, locationId, channelId, held, confirmed, allocated, consumed }: ReservationRow,
    sign: 1 | -1,
  ) => {
    const at = locationId ?? ''
    const key = `${variantId} ${at} ${channelId}`
    const total = totals.get(key) ?? { variantId, locationId: at, channelId, held: 0, confirmed: 0, consumed: 0 }
    total.held += sign * held
    total.confirmed += sign * (confirmed - allocated)
    total.consumed += sign * consumed
    totals.set(key, total)
  }
  for (const { before, after } of changes) {
    if (before !== null) add(before, -1)
    add(after, 1)
  }
  return [...totals]
    .filter(([, { held, confirmed, consumed }]) => held !== 0 || confirmed !== 0 || consumed !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, total]) => total)
}

/**
 * Of reservations that are made now: all of it is held. What a row has in common with the one before is said once for the whole run
 * of them, which for the buyers of one hot variant is nearly all.
 */
function bornColumns(changes: readonly Change[], now: Date): readonly unknown[] {
  const rows = changes.map(({ after }) => after)
  const runs: ReservationRow[] = []
  const runOf = rows.map((row) => {
    const last = runs.at(-1)
    return last !== undefined && isLike(last, row) ? runs.length : runs.push(row)
  })
  const text = (pick: (row: ReservationRow) => string | null) => textArray(runs.map(pick))
  return [
    textArray(rows.map((row) => row.id)),
    textArray(rows.map((row) => row.owner.id)),
    textArray(rows.map((row) => row.lineId)),
    uuidArray(changes.map(({ madeBy }) => madeBy?.id ?? null)),
    textArray(changes.map(({ madeBy }) => madeBy?.fingerprint ?? null)),
    plainArray(runOf),
    text((row) => row.tenant),
    text((row) => row.clientId),
    text((row) => row.owner.kind),
    text((row) => row.channelId),
    text((row) => row.method),
    text((row) => row.variantId),
    text((row) => row.locationId),
    plainArray(runs.map((row) => row.quantity)),
    text((row) => row.expiresAt),
    now,
  ]
}

/** Alike but for the ids of reservation, owner and line, and the command. */
function isLike(one: ReservationRow, other: ReservationRow): boolean {
  return (
    one.tenant === other.tenant &&
    one.clientId === other.clientId &&
    one.owner.kind === other.owner.kind &&
    one.channelId === other.channelId &&
    one.method === other.method &&
    one.variantId === other.variantId &&
    one.locationId === other.locationId &&
    one.quantity === other.quantity &&
    one.expiresAt === other.expiresAt
  )
}

const insertReservationsText = `
INSERT INTO inventory.reservations (id, tenant, client_id, owner_kind, owner_id, line_id, channel_id, method, variant_id, location_id,
  quantity, held, confirmed, consumed, released, expired, allocated, extensions, expires_at, created_at, version, command_id,
  fingerprint)
SELECT born.id, tenant, client_id, owner_kind, born.owner_id, born.line_id, channel_id, method, variant_id, location_id,
  quantity, quantity, 0, 0, 0, 0, 0, 0, expires_at, $16::timestamptz, 1, born.command_id, born.fingerprint
FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::bigint[])
  AS born (id, owner_id, line_id, command_id, fingerprint, run)
JOIN unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::integer[],
  $15::timestamptz[]) WITH ORDINALITY AS runs (tenant, client_id, owner_kind, channel_id, method, variant_id, location_id,
  quantity, expires_at, run) ON runs.run = born.run`

/** By a statement of its own: nearly no row needs it. */
const writeMarksText = `
UPDATE inventory.reservations AS born SET substituted_for = r."substitutedFor", promise = r.promise, kit_id = r."kitId", kit_units = r."kitUnits"
FROM jsonb_to_recordset($1::jsonb) AS r(id text, "substitutedFor" text, promise jsonb, "kitId" text, "kitUnits" integer) WHERE born.id = r.id`

function reservationColumns(rows: readonly ReservationRow[]): readonly unknown[] {
  const text = (pick: (row: ReservationRow) => string | null) => textArray(rows.map(pick))
  const number = (pick: (row: ReservationRow) => number) => plainArray(rows.map(pick))
  return [
    text((row) => row.id),
    text((row) => row.tenant),
    text((row) => row.clientId),
    text((row) => row.owner.kind),
    text((row) => row.owner.id),
    text((row) => row.lineId),
    text((row) => row.channelId),
    text((row) => row.method),
    text((row) => row.variantId),
    text((row) => row.locationId),
    number((row) => row.quantity),
    number((row) => row.held),
    number((row) => row.confirmed),
    number((row) => row.consumed),
    number((row) => row.released),
    number((row) => row.expired),
    number((row) => row.allocated),
    number((row) => row.extensions),
    text((row) => row.orderId),
    text((row) => row.expiresAt),
    text((row) => row.createdAt),
    number((row) => row.version),
  ]
}

const upsertReservationsText = `
INSERT INTO inventory.reservations AS known
  (id, tenant, client_id, owner_kind, owner_id, line_id, channel_id, method, variant_id, location_id, quantity, held, confirmed,
   consumed, released, expired, allocated, extensions, order_id, expires_at, created_at, version)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::integer[], $12::integer[], $13::integer[], $14::integer[], $15::integer[], $16::integer[], $17::integer[],
  $18::integer[], $19::text[], $20::timestamptz[], $21::timestamptz[], $22::integer[])
ON CONFLICT (id) DO UPDATE SET
  placed_first = coalesce(known.placed_first,
    CASE WHEN known.location_id IS DISTINCT FROM excluded.location_id THEN coalesce(known.location_id, '') END),
  location_id = excluded.location_id, held = excluded.held, confirmed = excluded.confirmed, consumed = excluded.consumed,
  released = excluded.released, expired = excluded.expired, allocated = excluded.allocated, extensions = excluded.extensions,
  order_id = excluded.order_id, kit_id = CASE WHEN excluded.held > 0 OR excluded.confirmed > 0 THEN known.kit_id END, expires_at = excluded.expires_at, version = excluded.version`

const upsertTotalsText = `
WITH changed AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
    "variantId" text, "locationId" text, "channelId" text, held bigint, confirmed bigint, consumed bigint)
), known AS (
  UPDATE inventory.reservation_totals AS total SET
    held = total.held + changed.held, confirmed = total.confirmed + changed.confirmed, consumed = total.consumed + changed.consumed
  FROM changed
  WHERE variant_id = "variantId" AND location_id = "locationId" AND channel_id = "channelId"
  RETURNING variant_id, location_id, channel_id
)
INSERT INTO inventory.reservation_totals (variant_id, location_id, channel_id, held, confirmed, consumed)
SELECT "variantId", "locationId", "channelId", held, confirmed, consumed FROM changed
WHERE NOT EXISTS (
  SELECT 1 FROM known WHERE variant_id = "variantId" AND location_id = "locationId" AND channel_id = "channelId")`

const insertIssuesText = `
INSERT INTO inventory.reservation_issues (variant_id, location_id, channel_id, quantity, occurred_at)
SELECT "variantId", "locationId", "channelId", quantity, "occurredAt" FROM jsonb_to_recordset($1::jsonb) AS r(
  "variantId" text, "locationId" text, "channelId" text, quantity integer, "occurredAt" timestamptz)`
