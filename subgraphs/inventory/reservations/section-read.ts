import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import { type PositionRow, readPositionsOfVariants } from '../reads.ts'
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

/** What a section decides on, as the holder of its locks sees it: one round trip, at one moment. */
export async function readSection(
  transaction: Transaction,
  { variantIds: locked, anyReservation }: Locked,
  targets: Targets,
): Promise<SectionRows> {
  const variantIds = [...locked]
  const [lists, sums, reservations] = await Promise.all([
    readPositionsOfVariants(transaction, variantIds),
    transaction.query<SectionHoldRecord>(readHoldsText, [variantIds]),
    anyReservation ? readReservations(transaction, targets) : [],
  ])
  const positions = new Map(variantIds.map((id, at) => [id, lists[at] ?? []]))
  const holds = new Map<string, Hold[]>(variantIds.map((id) => [id, []]))
  let now = new Date(0)
  for (const row of sums.rows) {
    if (row.now !== null) now = row.now
    const { variant_id: variantId, location_id: locationId, channel_id: channelId } = row
    if (variantId === null || locationId === null || channelId === null) continue
    if (row.left_at !== null && isCounted(positions.get(variantId), locationId, row.left_at)) continue
    const at = locationId === '' ? null : locationId
    holds.get(variantId)?.push({ locationId: at, channelId, units: Number(row.units) })
  }
  return { now, locked, positions, holds, reservations }
}

function isCounted(positions: readonly PositionRow[] | undefined, locationId: string, leftAt: Date): boolean {
  const position = positions?.find((row) => row.locationId === locationId)
  return position !== undefined && countedAtOf(position) >= leftAt.toISOString()
}

type SectionHoldRecord = {
  readonly variant_id: string | null
  readonly location_id: string | null
  readonly channel_id: string | null
  readonly units: bigint | null
  readonly left_at: Date | null
  readonly now: Date | null
}

/**
 * The holds that count now, by the database's clock: the sums, less what has run out and is not tidied yet. One moment decides, that
 * of the first row.
 */
const readHoldsText = `
  with clock as materialized (select date_trunc('milliseconds', clock_timestamp()) as now)
  select null::text as variant_id, null::text as location_id, null::text as channel_id, null::bigint as units,
    null::timestamptz as left_at, now from clock
  union all
  select variant_id, location_id, channel_id, held + confirmed, null, null
  from inventory.reservation_totals where variant_id = any($1::text[]) and held + confirmed > 0
  union all
  select variant_id, coalesce(location_id, ''), channel_id, -sum(held)::bigint, null, null
  from inventory.reservations where variant_id = any($1::text[]) and held > 0 and expires_at <= (select now from clock)
  group by variant_id, location_id, channel_id
  union all
  select variant_id, location_id, channel_id, sum(quantity)::bigint, occurred_at, null
  from inventory.reservation_issues where variant_id = any($1::text[])
  group by variant_id, location_id, channel_id, occurred_at`

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
}

function toReservation(row: ReservationRecord): ReservationRow {
  const { id, tenant, method, quantity, held, confirmed, consumed, released, expired, allocated, extensions } = row
  return {
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
}
