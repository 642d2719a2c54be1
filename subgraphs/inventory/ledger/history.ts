import type { Queryable } from '../../../platform/sql/database.ts'
import type { Bucket, MovementKind } from './movement-events.ts'

/** What was true at a moment, as far as it was known at another. */
export type Balance = {
  readonly variantId: string
  readonly locationId: string
  readonly onHand: number
  readonly sellable: number
  readonly damaged: number
  readonly qualityControl: number
  readonly returnHold: number
  readonly manualHold: number
  readonly committed: number
  readonly at: string
  readonly knownAt: string
}

/** @returns null when nothing was known of the position, or its source had given it up */
export async function readBalance(
  database: Queryable,
  { variantId, locationId, at, knownAt }: Pick<Balance, 'variantId' | 'locationId' | 'at' | 'knownAt'>,
): Promise<Balance | null> {
  const { rows } = await database.query<BalanceRecord>(
    `SELECT withdrawn, sellable, damaged, quality_control, return_hold, manual_hold, committed
     FROM inventory.balance_at($1, $2, $3, $4)`,
    [variantId, locationId, at, knownAt],
  )
  const [row] = rows
  if (row === undefined || row.withdrawn) return null
  const [sellable, damaged, qualityControl, returnHold, manualHold, committed] = [
    Number(row.sellable),
    Number(row.damaged),
    Number(row.quality_control),
    Number(row.return_hold),
    Number(row.manual_hold),
    Number(row.committed),
  ]
  const onHand = sellable + damaged + qualityControl + returnHold + manualHold
  return {
    variantId,
    locationId,
    at,
    knownAt,
    onHand,
    sellable,
    damaged,
    qualityControl,
    returnHold,
    manualHold,
    committed,
  }
}

export type MovementRow = {
  readonly id: string
  readonly variantId: string
  readonly locationId: string
  readonly sequence: number
  readonly kind: MovementKind
  readonly bucketFrom: Bucket | null
  readonly bucketTo: Bucket | null
  readonly quantity: number
  readonly reason: string | null
  readonly documentRef: string | null
  readonly transferId: string | null
  readonly reversal: boolean
  readonly occurredAt: string
  readonly recordedAt: string
  readonly system: string
}

/** From one position's ledger, the newest first; `below` null: from the newest on. */
export async function readMovements(
  database: Queryable,
  place: { readonly variantId: string; readonly locationId: string },
  below: { readonly occurredAt: string; readonly sequence: number } | null,
  limit: number,
): Promise<readonly MovementRow[]> {
  const { rows } = await database.query<MovementRecord>(
    `SELECT variant_id, location_id, sequence, kind, happened_at, recorded_at, movement, transfer_id, system
     FROM inventory.stock_entries
     WHERE variant_id = $1 AND location_id = $2 AND kind NOT IN ('SNAPSHOT', 'WITHDRAWN')
       AND ($3::timestamptz IS NULL OR (happened_at, sequence) < ($3::timestamptz, $4::bigint))
     ORDER BY happened_at DESC, sequence DESC LIMIT $5`,
    [place.variantId, place.locationId, below?.occurredAt ?? null, below?.sequence ?? null, limit],
  )
  return rows.map((row) => ({
    ...row.movement,
    id: row.movement.eventId,
    variantId: row.variant_id,
    locationId: row.location_id,
    sequence: Number(row.sequence),
    kind: row.kind,
    transferId: row.transfer_id,
    occurredAt: row.happened_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
    system: row.system,
  }))
}

export type ShortfallRow = {
  readonly variantId: string
  readonly locationId: string
  readonly units: number
  readonly orderIds: readonly string[]
  readonly detectedAt: string
}

/** Open ones, the oldest first. */
export async function readShortfalls(
  database: Queryable,
  above: readonly string[] | null,
  limit: number,
  locationIds: readonly string[] | null,
): Promise<readonly ShortfallRow[]> {
  const [detectedAt, variantId, locationId] = above ?? []
  const { rows } = await database.query<ShortfallRecord>(
    `SELECT variant_id, location_id, units, orders, detected_at FROM inventory.shortfalls
     WHERE resolved_at IS NULL AND ($1::timestamptz IS NULL OR (detected_at, variant_id, location_id) > ($1::timestamptz, $2, $3))
       AND ($5::text[] IS NULL OR location_id = ANY ($5))
     ORDER BY detected_at, variant_id, location_id LIMIT $4`,
    [detectedAt ?? null, variantId ?? '', locationId ?? '', limit, locationIds],
  )
  return rows.map((row) => ({
    variantId: row.variant_id,
    locationId: row.location_id,
    units: row.units,
    orderIds: row.orders,
    detectedAt: row.detected_at.toISOString(),
  }))
}

export type TransferRow = {
  readonly id: string
  readonly variantId: string
  readonly fromLocationId: string
  readonly dispatched: number
  readonly received: number
  readonly dispatchedAt: string
}

/** Transfers sent before a moment of which units never arrived and nobody said that they are lost, the oldest first. A variant of a transfer is one row. */
export async function readUnreceivedTransfers(
  database: Queryable,
  sentBefore: string,
  limit: number,
  locationIds: readonly string[] | null,
): Promise<readonly TransferRow[]> {
  const { rows } = await database.query<TransferRecord>(
    `SELECT transfer_id, variant_id, min(location_id) FILTER (WHERE kind = 'TRANSFER_OUT') AS from_location,
       coalesce(sum(signed) FILTER (WHERE kind = 'TRANSFER_OUT'), 0)::bigint AS dispatched,
       coalesce(sum(signed) FILTER (WHERE kind = 'TRANSFER_IN'), 0)::bigint AS received,
       min(happened_at) FILTER (WHERE kind = 'TRANSFER_OUT') AS dispatched_at
     FROM (SELECT *, (movement->>'quantity')::bigint * CASE WHEN (movement->>'reversal')::boolean THEN -1 ELSE 1 END AS signed
       FROM inventory.stock_entries WHERE transfer_id IS NOT NULL) legs
     GROUP BY transfer_id, variant_id
     HAVING coalesce(sum(signed) FILTER (WHERE kind = 'TRANSFER_OUT'), 0) > coalesce(sum(signed) FILTER (WHERE kind <> 'TRANSFER_OUT'), 0)
       AND min(happened_at) FILTER (WHERE kind = 'TRANSFER_OUT') < $1
       AND ($3::text[] IS NULL OR bool_or(location_id = ANY ($3)))
     ORDER BY dispatched_at, transfer_id, variant_id LIMIT $2`,
    [sentBefore, limit, locationIds],
  )
  return rows.map((row) => ({
    id: row.transfer_id,
    variantId: row.variant_id,
    fromLocationId: row.from_location,
    dispatched: Number(row.dispatched),
    received: Number(row.received),
    dispatchedAt: row.dispatched_at.toISOString(),
  }))
}

export type GapRow = {
  readonly system: string
  readonly stream: string
  readonly missing: readonly { readonly from: number; readonly to: number }[]
  readonly detectedAt: string
  readonly asks: number
  readonly lastAskedAt: string | null
  readonly lastOutcome: 'READ_AGAIN' | 'UNAVAILABLE' | null
}

/** Streams of which numbers are missing now, the oldest first. */
export async function readSequenceGaps(database: Queryable, limit: number): Promise<readonly GapRow[]> {
  const { rows } = await database.query<{
    system: string
    stream: string
    missing: GapRow['missing']
    detected_at: Date
    asks: number
    asked_at: Date | null
    ask_outcome: GapRow['lastOutcome']
  }>(
    `SELECT system, stream, missing, detected_at, asks, asked_at, ask_outcome FROM inventory.sequence_gaps
     WHERE missing <> '[]' ORDER BY detected_at, system, stream LIMIT $1`,
    [limit],
  )
  return rows.map(({ system, stream, missing, asks, ...row }) => ({
    system,
    stream,
    missing,
    asks,
    detectedAt: row.detected_at.toISOString(),
    lastAskedAt: row.asked_at?.toISOString() ?? null,
    lastOutcome: row.ask_outcome,
  }))
}

type BalanceRecord = {
  withdrawn: boolean
  sellable: bigint
  damaged: bigint
  quality_control: bigint
  return_hold: bigint
  manual_hold: bigint
  committed: bigint
}

type MovementRecord = {
  variant_id: string
  location_id: string
  sequence: bigint
  kind: MovementKind
  happened_at: Date
  recorded_at: Date
  movement: Pick<MovementRow, 'bucketFrom' | 'bucketTo' | 'quantity' | 'reason' | 'documentRef' | 'reversal'> & {
    eventId: string
  }
  transfer_id: string | null
  system: string
}

type ShortfallRecord = {
  variant_id: string
  location_id: string
  units: number
  orders: readonly string[]
  detected_at: Date
}

type TransferRecord = {
  transfer_id: string
  variant_id: string
  from_location: string
  dispatched: bigint
  received: bigint
  dispatched_at: Date
}
