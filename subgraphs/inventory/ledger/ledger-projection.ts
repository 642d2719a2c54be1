import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import { markOwed } from '../reservations/owed.ts'
import { stockEvents, toEntry } from './entries.ts'

const types = Object.keys(stockEvents)

/**
 * The ledger, and the balance of each position it speaks of. A balance follows from the set of entries alone, so neither
 * order nor number of deliveries matters, and what comes late takes its place by when it happened.
 */
export const ledgerProjection: Projection = {
  name: 'inventory.ledger',
  types,
  tables: ['inventory.stock_entries', 'inventory.positions', 'inventory.location_feeds'],
  async apply(transaction, recorded) {
    const entries = recorded.flatMap((event) => parseEvent(stockEvents, event) ?? []).map(toEntry)
    if (entries.length === 0) return
    await transaction.query(insertEntries, [JSON.stringify(entries)])
    const feeds = new Map(entries.map(({ locationId, system }) => [`${locationId} ${system}`, { locationId, system }]))
    await transaction.query(insertFeeds, [
      [...feeds.values()].map(({ locationId }) => locationId),
      [...feeds.values()].map(({ system }) => system),
    ])
    const keys = new Map(
      entries.map(({ variantId, locationId }) => [`${variantId} ${locationId}`, { variantId, locationId }]),
    )
    const touched = [...keys.values()]
    const places = [touched.map(({ variantId }) => variantId), touched.map(({ locationId }) => locationId)]
    // A command writes its own entries at once (`appendAtOnce`): who computes a balance must see what was committed before.
    await transaction.query(lockPositions, places)
    await transaction.query(writeBalances, places)
    await markOwed(
      transaction,
      touched.map(({ variantId }) => variantId),
    )
  },
  keysOf({ type, data }) {
    return typeof data.variantId === 'string' && Object.hasOwn(stockEvents, type)
      ? [{ cache: 'inventory.positions-of-variant', key: data.variantId }]
      : []
  },
}

const insertEntries = `
INSERT INTO inventory.stock_entries
  (variant_id, location_id, sequence, kind, happened_at, as_of, recorded_at, sellable, damaged, quality_control, return_hold, manual_hold,
   committed, incoming, reorder_point, movement, transfer_id, system, occurred_at, received_at)
SELECT "variantId", "locationId", sequence, kind, "happenedAt", "asOf", "recordedAt", sellable, damaged, "qualityControl", "returnHold",
  "manualHold", committed, incoming, "reorderPoint", movement, "transferId", system, "occurredAt", "receivedAt"
FROM jsonb_to_recordset($1::jsonb) AS r(
  "variantId" text, "locationId" text, sequence bigint, kind text, "happenedAt" timestamptz, "asOf" timestamptz, "recordedAt" timestamptz,
  sellable integer, damaged integer, "qualityControl" integer, "returnHold" integer, "manualHold" integer, committed integer,
  incoming integer, "reorderPoint" integer, movement jsonb, "transferId" text, system text, "occurredAt" timestamptz, "receivedAt" timestamptz)
ON CONFLICT DO NOTHING`

// Nearly always there already, and then no lock is taken; in one order, or two writers could wait for each other.
const insertFeeds = `
INSERT INTO inventory.location_feeds (location_id, system)
SELECT location_id, system FROM unnest($1::text[], $2::text[]) AS fed (location_id, system) ORDER BY location_id, system
ON CONFLICT DO NOTHING`

const lockPositions = `
SELECT FROM inventory.positions JOIN unnest($1::text[], $2::text[]) AS touched (variant_id, location_id) USING (variant_id, location_id)
ORDER BY variant_id, location_id FOR UPDATE OF positions`

// Negative stock is kept as received and flagged; the table's check refuses buckets that do not add up.
const writeBalances = `
INSERT INTO inventory.positions
  (variant_id, location_id, withdrawn, on_hand, sellable, damaged, quality_control, return_hold, manual_hold, committed, incoming,
   reorder_point, anomaly, system, feeds, occurred_at, received_at, version)
SELECT touched.variant_id, touched.location_id, withdrawn, sellable + damaged + quality_control + return_hold + manual_hold, sellable,
  damaged, quality_control, return_hold, manual_hold, committed, incoming, reorder_point,
  CASE WHEN sellable + damaged + quality_control + return_hold + manual_hold < 0 THEN 'NEGATIVE_ON_HAND'
    WHEN sellable < 0 THEN 'NEGATIVE_SELLABLE' END,
  system, feeds, occurred_at, received_at, version
FROM unnest($1::text[], $2::text[]) AS touched (variant_id, location_id)
CROSS JOIN LATERAL inventory.balance_at(touched.variant_id, touched.location_id, 'infinity', 'infinity')
ON CONFLICT (variant_id, location_id) DO UPDATE SET
  withdrawn = excluded.withdrawn, on_hand = excluded.on_hand, sellable = excluded.sellable, damaged = excluded.damaged,
  quality_control = excluded.quality_control, return_hold = excluded.return_hold, manual_hold = excluded.manual_hold,
  committed = excluded.committed, incoming = excluded.incoming, reorder_point = excluded.reorder_point, anomaly = excluded.anomaly,
  system = excluded.system, feeds = excluded.feeds, occurred_at = excluded.occurred_at, received_at = excluded.received_at,
  version = excluded.version`
