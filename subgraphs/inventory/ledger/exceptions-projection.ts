import { newestBySource, parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import { derivedEvents } from './derived-events.ts'

const types = [
  'retail.inventory.shortfall-detected.v1',
  'retail.inventory.shortfall-resolved.v1',
  'retail.ops.sequence-gap-asked.v1',
  'retail.ops.sequence-gap-detected.v1',
  'retail.ops.sequence-gap-closed.v1',
] as const

/** What somebody has to look at: units promised and missing, numbers of a source never heard of. */
export const exceptionsProjection: Projection = {
  name: 'inventory.exceptions',
  types,
  tables: ['inventory.shortfalls', 'inventory.sequence_gaps'],
  async apply(transaction, recorded) {
    const told = recorded.filter(({ type }) => types.some((wanted) => wanted === type))
    const shortfalls: object[] = []
    const gaps: object[] = []
    const asks: object[] = []
    for (const event of newestBySource(told.flatMap((one) => parseEvent(derivedEvents, one) ?? []))) {
      const { sequence: version, time, source } = event.recorded
      const [, , tenant = ''] = source.split('/')
      switch (event.type) {
        case 'retail.inventory.shortfall-detected.v1':
          shortfalls.push({ ...event.data, time, resolved: null, version })
          break
        case 'retail.inventory.shortfall-resolved.v1':
          shortfalls.push({ ...event.data, units: 0, orders: [], time, resolved: time, version })
          break
        case 'retail.ops.sequence-gap-detected.v1':
          gaps.push({ ...event.data, tenant, time, version })
          break
        case 'retail.ops.sequence-gap-asked.v1':
          asks.push({ ...event.data, time })
          break
        case 'retail.ops.sequence-gap-closed.v1':
          gaps.push({ ...event.data, tenant, missing: [], time, version })
          break
        default:
      }
    }
    if (shortfalls.length > 0) await transaction.query(upsertShortfalls, [JSON.stringify(shortfalls)])
    if (gaps.length > 0) await transaction.query(upsertGaps, [JSON.stringify(gaps)])
    if (asks.length > 0) await transaction.query(writeAsks, [JSON.stringify(asks)])
  },
  keysOf: () => [],
}

const upsertShortfalls = `
INSERT INTO inventory.shortfalls AS known (variant_id, location_id, units, orders, detected_at, resolved_at, version)
SELECT "variantId", "locationId", units, orders, time, resolved, version
FROM jsonb_to_recordset($1::jsonb) AS r("variantId" text, "locationId" text, units integer, orders jsonb, time timestamptz, resolved timestamptz, version bigint)
ON CONFLICT (variant_id, location_id) DO UPDATE SET
  units = excluded.units, orders = excluded.orders, detected_at = excluded.detected_at, resolved_at = excluded.resolved_at, version = excluded.version
WHERE known.version < excluded.version`

const upsertGaps = `
INSERT INTO inventory.sequence_gaps AS known (tenant, system, stream, missing, detected_at, version)
SELECT tenant, system, stream, missing, time, version
FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, system text, stream text, missing jsonb, time timestamptz, version bigint)
ON CONFLICT (system, stream) DO UPDATE SET tenant = excluded.tenant, missing = excluded.missing, detected_at = excluded.detected_at, version = excluded.version,
  asks = 0, asked_at = NULL, ask_outcome = NULL
WHERE known.version < excluded.version`

/** Of a gap that is another by now nothing was asked. */
const writeAsks = `
UPDATE inventory.sequence_gaps AS known SET asks = ask, asked_at = time, ask_outcome = outcome
FROM jsonb_to_recordset($1::jsonb) AS r(system text, stream text, gap bigint, ask integer, outcome text, time timestamptz)
WHERE known.system = r.system AND known.stream = r.stream AND known.version = gap AND known.asks < ask`
