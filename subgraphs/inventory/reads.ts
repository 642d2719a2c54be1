import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { Anomaly, Buckets } from './buckets.ts'
import type { ChannelRow, LocationRow, Network, Origin } from './network.ts'

/** Units of one variant at one location, as its source last said. */
export type PositionRow = Origin &
  Buckets & {
    readonly variantId: string
    readonly locationId: string
    readonly committed: number
    readonly incoming: number
    readonly reorderPoint: number | null
    readonly anomaly: Anomaly | null
    readonly version: number
    /** Further systems whose movements it rests on. */
    readonly feeds: readonly string[]
  }

/** Of a `PositionRecord`. */
export const positionColumns = `variant_id, location_id, on_hand, sellable, damaged, quality_control, return_hold, manual_hold, committed,
  incoming, reorder_point, anomaly, system, feeds, occurred_at, received_at, version`

/** One list per variant, in order, each by location id; empty where no source keeps stock of it. */
export async function readPositionsOfVariants(
  database: Queryable,
  variantIds: readonly string[],
): Promise<readonly (readonly PositionRow[])[]> {
  const { rows } = await database.query<PositionRecord>(
    `SELECT ${positionColumns} FROM inventory.positions
     WHERE variant_id = ANY($1) AND NOT withdrawn ORDER BY variant_id, location_id`,
    [variantIds],
  )
  return listsOfPositions(variantIds, rows)
}

/** One list per variant, in order. */
export function listsOfPositions(
  variantIds: readonly string[],
  records: readonly PositionRecord[],
): readonly (readonly PositionRow[])[] {
  const positions = groupBy(records, (record) => record.variant_id)
  return variantIds.map((id) => positions.get(id)?.map(toPosition) ?? [])
}

export async function readNetwork(database: Queryable): Promise<Network> {
  const [channels, locations] = await Promise.all([
    database.query<ChannelRecord>(
      'SELECT id, location_kinds, location_codes, methods, in_transit FROM inventory.channels WHERE NOT closed ORDER BY id',
    ),
    database.query<LocationRecord>(
      `SELECT id, code, gln, name, kind, time_zone, address, capabilities, active, geo, refs, system, occurred_at, received_at
     FROM inventory.locations ORDER BY id`,
    ),
  ])
  return { channels: channels.rows.map(toChannel), locations: locations.rows.map(toLocation) }
}

/** One entry per SKU, in order; null where the catalogue has none. */
export async function readVariantIdsBySku(
  database: Queryable,
  skus: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ sku: string; id: string }>(
    'SELECT DISTINCT ON (sku) sku, id FROM inventory.variants WHERE sku = ANY($1) ORDER BY sku, id',
    [skus],
  )
  const ids = new Map(rows.map((row) => [row.sku, row.id]))
  return skus.map((sku) => ids.get(sku) ?? null)
}

/** Moments and large numbers are text and numbers in what comes as JSON. */
type OriginRecord = { system: string; occurred_at: Date | string | null; received_at: Date | string }

/** As the store gives it: a row, or a member of its JSON. */
export type PositionRecord = OriginRecord & {
  variant_id: string
  location_id: string
  on_hand: number
  sellable: number
  damaged: number
  quality_control: number
  return_hold: number
  manual_hold: number
  committed: number
  incoming: number
  reorder_point: number | null
  anomaly: Anomaly | null
  feeds: readonly string[]
  version: bigint | number
}

type LocationRecord = OriginRecord &
  Omit<LocationRow, keyof Origin | 'timeZone'> & {
    time_zone: string
  }

type ChannelRecord = {
  id: string
  location_kinds: ChannelRow['locationKinds']
  location_codes: ChannelRow['locationCodes']
  methods: ChannelRow['methods']
  in_transit: ChannelRow['inTransit']
}

function toOrigin(row: OriginRecord): Origin {
  return {
    system: row.system,
    occurredAt: row.occurred_at === null ? null : momentOf(row.occurred_at),
    receivedAt: momentOf(row.received_at),
  }
}

function momentOf(moment: Date | string): string {
  return (typeof moment === 'string' ? new Date(moment) : moment).toISOString()
}

export function toPosition(row: PositionRecord): PositionRow {
  return {
    variantId: row.variant_id,
    locationId: row.location_id,
    onHand: row.on_hand,
    sellable: row.sellable,
    damaged: row.damaged,
    qualityControl: row.quality_control,
    returnHold: row.return_hold,
    manualHold: row.manual_hold,
    committed: row.committed,
    incoming: row.incoming,
    reorderPoint: row.reorder_point,
    anomaly: row.anomaly,
    version: Number(row.version),
    feeds: row.feeds,
    ...toOrigin(row),
  }
}

function toLocation(row: LocationRecord): LocationRow {
  const { id, code, gln, name, kind, address, capabilities, active, geo, refs } = row
  const timeZone = row.time_zone
  return { id, code, gln, name, kind, timeZone, address, capabilities, active, geo, refs, ...toOrigin(row) }
}

function toChannel(row: ChannelRecord): ChannelRow {
  return {
    id: row.id,
    locationKinds: row.location_kinds,
    locationCodes: row.location_codes,
    methods: row.methods,
    inTransit: row.in_transit,
  }
}
