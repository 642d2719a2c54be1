import type { Queryable } from '../../../platform/sql/database.ts'

/** Units of a variant that no stock may be promised from again. */
export type Hold = {
  /** null: owed by the network, not placed at a location yet. */
  readonly locationId: string | null
  readonly channelId: string
  readonly units: number
  /** They left, and no count of their position may know it yet. A quota counts them by `Sold`. */
  readonly hasLeft: boolean
}

/** A hold with what decides whether it still counts. JSON values only, so that it lives in any cache tier. */
export type StoredHold = Omit<Hold, 'hasLeft'> & {
  /** RFC 3339; held units count until then. */
  readonly until?: string
  /** RFC 3339; units that left then count until a count of their position is not older. */
  readonly leftAt?: string
}

/** When the numbers of a position were true; null where no source keeps it. */
export type CountedAt = (locationId: string) => string | null

/**
 * The holds that count at a moment. What has run out or has been counted is gone at once, whoever tidies up behind it.
 * @param countedAt RFC 3339 UTC with milliseconds
 */
export function liveHolds(stored: readonly StoredHold[], countedAt: CountedAt, now: Date): readonly Hold[] {
  const nowText = now.toISOString()
  const live = new Map<string, Hold>()
  for (const { locationId, channelId, units, until, leftAt } of stored) {
    if (until !== undefined && until <= nowText) continue
    if (leftAt !== undefined && locationId !== null && (countedAt(locationId) ?? '') >= leftAt) continue
    const hasLeft = leftAt !== undefined
    const key = `${locationId ?? ''} ${channelId} ${hasLeft}`
    live.set(key, { locationId, channelId, units: (live.get(key)?.units ?? 0) + units, hasLeft })
  }
  return [...live.values()]
}

/** Units at a location, of all channels. */
export function unitsAt(holds: readonly Hold[], locationId: string | null): number {
  return holds.reduce((sum, hold) => sum + (hold.locationId === locationId ? hold.units : 0), 0)
}

/** One list per variant, in order; empty where nothing is held. Held units are summed per second of their end. */
export async function readHoldsOfVariants(
  database: Queryable,
  variantIds: readonly string[],
): Promise<readonly (readonly StoredHold[])[]> {
  const { rows } = await database.query<HoldRecord>(readText, [variantIds])
  const holds = new Map<string, StoredHold[]>(variantIds.map((id) => [id, []]))
  for (const row of rows) holds.get(row.variant_id)?.push(toStored(row))
  return variantIds.map((id) => holds.get(id) ?? [])
}

type HoldRecord = {
  readonly variant_id: string
  readonly location_id: string
  readonly channel_id: string
  readonly units: bigint
  readonly until: Date | null
  readonly left_at: Date | null
}

/** A second is rounded up: a hold may be seen up to a second too long by a reader, never too short. */
const readText = `
  select variant_id, location_id, channel_id, confirmed as units, null::timestamptz as until, null::timestamptz as left_at
  from inventory.reservation_totals where variant_id = any($1::text[]) and confirmed > 0
  union all
  select variant_id, coalesce(location_id, ''), channel_id, sum(held), date_trunc('second', expires_at + interval '999 milliseconds'), null
  from inventory.reservations where variant_id = any($1::text[]) and held > 0 and expires_at > clock_timestamp()
  group by 1, 2, 3, 5
  union all
  select variant_id, location_id, channel_id, sum(quantity), null, occurred_at
  from inventory.reservation_issues where variant_id = any($1::text[]) group by 1, 2, 3, 6`

function toStored(row: HoldRecord): StoredHold {
  return {
    locationId: row.location_id === '' ? null : row.location_id,
    channelId: row.channel_id,
    units: Number(row.units),
    ...(row.until === null ? {} : { until: row.until.toISOString() }),
    ...(row.left_at === null ? {} : { leftAt: row.left_at.toISOString() }),
  }
}
