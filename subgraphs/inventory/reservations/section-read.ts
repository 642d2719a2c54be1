import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { Quota, Sold } from '../quota.ts'
import { listsOfPositions, type PositionRecord, type PositionRow } from '../reads.ts'
import { readSold } from './channel-issues.ts'
import type { Hold } from './holds.ts'
import type { OwnerKind, ReservationRow } from './legs.ts'
import { type Locked, ownerColumns, type Targets } from './section-locks.ts'
import { countedAtOf, type SectionRows } from './section-state.ts'

/** The reservations that commands name and those that owners still hold. */
export async function readReservations(queryable: Queryable, targets: Targets): Promise<readonly ReservationRow[]> {
  if (targets.reservationIds.length === 0 && targets.owners.length === 0) return []
  const { rows } = await queryable.query<ReservationRecord>(readReservationsText, [
    targets.reservationIds,
    ...ownerColumns(targets),
  ])
  return rows.map(toReservation)
}

const readReservationsText = `
  select * from inventory.reservations where id = any($1::text[])
  union
  select held.* from unnest($2::text[], $3::text[], $4::text[]) as owner (tenant, kind, id)
    join inventory.reservations as held on held.owner_id = owner.id and held.owner_kind = owner.kind
      and held.tenant = owner.tenant and held.held > 0`

/**
 * What a section decides on, as the holder of its locks sees it: positions and holds at one moment.
 * @param quotas what is sold of which it must know
 */
export async function readSection(
  transaction: Transaction,
  { variantIds: locked, anyReservation }: Locked,
  targets: Targets,
  quotas: readonly Quota[],
): Promise<SectionRows> {
  const [{ rows }, reservations, sold] = await Promise.all([
    transaction.query<ReadSection>('select * from inventory.read_section($1)', [[...locked]]),
    anyReservation ? readReservations(transaction, targets) : [],
    readSold(transaction, quotas),
  ])
  return toSectionRows(locked, rows[0], reservations, sold)
}

/** As `inventory.read_section` gives it; null where there is nothing. */
export type ReadSection = {
  readonly positions: readonly PositionRecord[] | null
  readonly holds: readonly HoldRecord[] | null
  readonly at: Date
}

type HoldRecord = {
  readonly variant_id: string
  readonly location_id: string
  readonly channel_id: string
  readonly units: number
  /** RFC 3339, of units that left and may not be counted yet. */
  readonly left_at: string | null
}

export function toSectionRows(
  locked: ReadonlySet<string>,
  read: ReadSection | undefined,
  reservations: readonly ReservationRow[],
  sold: readonly Sold[],
): SectionRows {
  if (read === undefined) throw new TypeError('Cannot read a section: the store gave no row')
  const variantIds = [...locked]
  const lists = listsOfPositions(variantIds, read.positions ?? [])
  const positions = new Map(variantIds.map((id, at) => [id, lists[at] ?? []]))
  const holds = new Map<string, Hold[]>(variantIds.map((id) => [id, []]))
  for (const { variant_id: variantId, location_id: locationId, channel_id: channelId, units, left_at } of read.holds ??
    []) {
    const hasLeft = left_at !== null
    if (hasLeft && isCounted(positions.get(variantId), locationId, new Date(left_at))) continue
    holds.get(variantId)?.push({ locationId: locationId === '' ? null : locationId, channelId, units, hasLeft })
  }
  return { now: read.at, locked, positions, holds, sold, reservations }
}

function isCounted(positions: readonly PositionRow[] | undefined, locationId: string, leftAt: Date): boolean {
  const position = positions?.find((row) => row.locationId === locationId)
  return position !== undefined && countedAtOf(position) >= leftAt.toISOString()
}

export async function readReservation(queryable: Queryable, id: string): Promise<ReservationRow | null> {
  const [found] = await readReservations(queryable, { reservationIds: [id], variantIds: [], owners: [] })
  return found ?? null
}

type ReservationRecord = Omit<
  ReservationRow,
  | 'clientId'
  | 'owner'
  | 'lineId'
  | 'channelId'
  | 'variantId'
  | 'substitutedFor'
  | 'locationId'
  | 'orderId'
  | 'expiresAt'
  | 'createdAt'
  | 'kit'
> & {
  readonly client_id: string
  readonly owner_kind: OwnerKind
  readonly owner_id: string
  readonly line_id: string
  readonly channel_id: string
  readonly variant_id: string
  readonly substituted_for: string | null
  readonly location_id: string | null
  readonly order_id: string | null
  readonly expires_at: Date
  readonly created_at: Date
  readonly kit_id: string | null
  readonly kit_units: number | null
}

function toReservation(row: ReservationRecord): ReservationRow {
  const { id, tenant, method, quantity, held, confirmed, consumed, released, expired, allocated, extensions } = row
  const reservation: ReservationRow = {
    id,
    tenant,
    clientId: row.client_id,
    owner: { kind: row.owner_kind, id: row.owner_id },
    lineId: row.line_id,
    channelId: row.channel_id,
    method,
    variantId: row.variant_id,
    substitutedFor: row.substituted_for,
    locationId: row.location_id,
    promise: row.promise,
    quantity,
    held,
    confirmed,
    consumed,
    released,
    expired,
    allocated,
    extensions,
    orderId: row.order_id,
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    version: row.version,
  }
  if (row.kit_id === null) return reservation
  return { ...reservation, kit: { kitId: row.kit_id, units: row.kit_units ?? 1 } }
}
