import type { Transaction } from '../../../platform/sql/database.ts'
import type { Change } from './command.ts'
import type { ReservationRow } from './legs.ts'
import { issuedUnits } from './section-state.ts'

/** Writes what a section decided, a fixed number of statements however many changes: each is made up while the one before runs. */
export async function writeChanges(transaction: Transaction, changes: readonly Change[], now: Date): Promise<void> {
  if (changes.length === 0) return
  const last = new Map(changes.map(({ after }) => [after.id, after]))
  const writes: Promise<unknown>[] = [transaction.query(upsertReservationsText, reservationColumns([...last.values()]))]
  const totals = totalsOf(changes)
  if (totals.length > 0) writes.push(transaction.query(upsertTotalsText, [JSON.stringify(totals)]))
  const issues = changes.flatMap((change) => {
    const { after, occurredAt } = change
    const quantity = issuedUnits(change)
    const { variantId, locationId, channelId } = after
    if (quantity === 0 || locationId === null) return []
    return [{ variantId, locationId, channelId, quantity, occurredAt: occurredAt ?? now.toISOString() }]
  })
  if (issues.length > 0) writes.push(transaction.query(insertIssuesText, [JSON.stringify(issues)]))
  await Promise.all(writes)
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

function reservationColumns(rows: readonly ReservationRow[]): readonly unknown[] {
  const column = <T>(pick: (row: ReservationRow) => T): T[] => rows.map(pick)
  return [
    column((row) => row.id),
    column((row) => row.tenant),
    column((row) => row.clientId),
    column((row) => row.owner.kind),
    column((row) => row.owner.id),
    column((row) => row.lineId),
    column((row) => row.channelId),
    column((row) => row.method),
    column((row) => row.variantId),
    column((row) => row.locationId),
    column((row) => row.quantity),
    column((row) => row.held),
    column((row) => row.confirmed),
    column((row) => row.consumed),
    column((row) => row.released),
    column((row) => row.expired),
    column((row) => row.allocated),
    column((row) => row.extensions),
    column((row) => row.orderId),
    column((row) => row.expiresAt),
    column((row) => row.createdAt),
    column((row) => row.version),
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
  location_id = excluded.location_id, held = excluded.held, confirmed = excluded.confirmed, consumed = excluded.consumed,
  released = excluded.released, expired = excluded.expired, allocated = excluded.allocated, extensions = excluded.extensions,
  order_id = excluded.order_id, expires_at = excluded.expires_at, version = excluded.version`

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
