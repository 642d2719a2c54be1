import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import type { Queryable } from '../../../platform/sql/database.ts'
import { derivedEvents } from './derived-events.ts'

const types = [
  'retail.inventory.count-compared.v1',
  'retail.inventory.stock-understated.v1',
  'retail.inventory.shortfall-resolved.v1',
] as const

/** How true the numbers were: one row per comparison, and per shortfall that is over, for as long as figures look back. */
export const measuresProjection: Projection = {
  name: 'inventory.measures',
  types,
  tables: ['inventory.measures'],
  async apply(transaction, recorded) {
    const told = recorded.filter(({ type }) => types.some((wanted) => wanted === type))
    const rows = told.flatMap((one): readonly object[] => {
      const event = parseEvent(derivedEvents, one)
      const row = { id: one.id, toldAt: one.recordedTime, counted: null, expected: null, understated: 0, incidents: 0 }
      switch (event?.type) {
        case 'retail.inventory.count-compared.v1': {
          const { locationId, counted, expected } = event.data
          return [{ ...row, locationId, counted, expected }]
        }
        case 'retail.inventory.stock-understated.v1':
          return [{ ...row, locationId: event.data.locationId, understated: event.data.units }]
        case 'retail.inventory.shortfall-resolved.v1':
          return [{ ...row, locationId: event.data.locationId, incidents: 1 }]
        default:
          return []
      }
    })
    if (rows.length > 0) await transaction.query(insertMeasures, [JSON.stringify(rows)])
  },
  keysOf: () => [],
}

/** Longer than any figure looks back. */
const keptDays = 8

/** Removes up to `limit` measures that no figure counts any more. @returns how many */
export async function removeOldMeasures(queryable: Queryable, limit: number): Promise<number> {
  const { rowCount } = await queryable.query(
    `DELETE FROM inventory.measures WHERE id IN (
       SELECT id FROM inventory.measures WHERE told_at < clock_timestamp() - interval '${keptDays} days' ORDER BY told_at LIMIT $1)`,
    [limit],
  )
  return rowCount
}

const insertMeasures = `
INSERT INTO inventory.measures (id, location_id, told_at, counted, expected, understated, incidents)
SELECT id, "locationId", "toldAt", counted, expected, understated, incidents
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, "locationId" text, "toldAt" timestamptz, counted integer, expected integer, understated integer,
  incidents integer)
ON CONFLICT DO NOTHING`
