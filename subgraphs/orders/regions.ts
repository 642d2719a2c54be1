import { z } from 'zod'
import { newestBySource, parseEvent, peekEvent } from '../../platform/event-log/event-schema.ts'
import type { Projection } from '../../platform/event-log/projection.ts'
import type { Queryable } from '../../platform/sql/database.ts'

/** A country told in other words than its code is no region. */
const country = z
  .string()
  .regex(/^[A-Z]{2}$/)
  .nullable()
  .catch(null)

const placeEvents = {
  'retail.inventory.channel-changed.v1': z.object({ channelId: z.string(), region: country }),
  'retail.inventory.location-changed.v1': z.object({ locationId: z.string(), address: z.object({ country }) }),
} as const

/** The region of each channel and location, followed from inventory's events. A closed channel keeps its own: so do its orders. */
export const regionsProjection: Projection = {
  name: 'orders.regions',
  types: Object.keys(placeEvents),
  tables: ['orders.regions'],

  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(placeEvents, event) ?? []))
    const rows = events.map((event) => ({ ...toPlace(event.data), version: event.recorded.sequence }))
    if (rows.length > 0) await transaction.query(upsertRegions, [JSON.stringify(rows)])
  },

  keysOf(recorded) {
    const event = peekEvent(placeEvents, recorded)
    return event === null ? [] : [{ cache: 'orders.region', key: toPlace(event.data).place }]
  },
}

type Place = z.output<(typeof placeEvents)[keyof typeof placeEvents]>

function toPlace(data: Place): { readonly place: string; readonly region: string | null } {
  return 'channelId' in data
    ? { place: `channel ${data.channelId}`, region: data.region }
    : { place: `location ${data.locationId}`, region: data.address.country }
}

const upsertRegions = `
INSERT INTO orders.regions AS known (place, region, version)
SELECT place, region, version FROM jsonb_to_recordset($1::jsonb) AS r(place text, region text, version bigint)
ON CONFLICT (place) DO UPDATE SET region = excluded.region, version = excluded.version
WHERE known.version < excluded.version`

/** One entry per place as `policies/order-region.ts` names it, in order. */
export async function readRegions(database: Queryable, places: readonly string[]): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ place: string; region: string | null }>(
    'SELECT place, region FROM orders.regions WHERE place = ANY($1::text[])',
    [places],
  )
  const regions = new Map(rows.map(({ place, region }) => [place, region]))
  return places.map((place) => regions.get(place) ?? null)
}
