import type { Queryable } from '../../platform/sql/database.ts'
import type { Figures } from '../../platform/subgraph/subgraph.ts'

/** How much is promised, and how much of it is not there. */
export function inventoryFigures(database: Queryable): Figures {
  return {
    help: {
      inventory_shortfalls: 'Positions with fewer units than were promised',
      inventory_short_units: 'Units promised that are not there',
      inventory_shortfall_oldest_seconds: 'Time since the oldest open shortfall was last told; 0 when there is none',
      inventory_reserved_units: 'Units held by reservations that are neither confirmed nor run out',
      inventory_reserved_overdue_units: 'Units of reservations that ran out and still wait to be given back',
      inventory_sequence_gaps: 'Streams of sources with numbers never heard of',
    },
    async read() {
      const { rows } = await database.query<Readonly<Record<string, number>>>(readText, [])
      return rows[0] ?? {}
    },
  }
}

// Each part reads a partial index or a table that holds nothing but what is wrong.
const readText = `
SELECT * FROM (
  SELECT count(*)::float8 AS inventory_shortfalls, coalesce(sum(units), 0)::float8 AS inventory_short_units,
    coalesce(extract(epoch FROM clock_timestamp() - min(detected_at)), 0)::float8 AS inventory_shortfall_oldest_seconds
  FROM inventory.shortfalls WHERE resolved_at IS NULL) AS short
CROSS JOIN (
  SELECT coalesce(sum(held) FILTER (WHERE expires_at > clock_timestamp()), 0)::float8 AS inventory_reserved_units,
    coalesce(sum(held) FILTER (WHERE expires_at <= clock_timestamp()), 0)::float8 AS inventory_reserved_overdue_units
  FROM inventory.reservations WHERE held > 0) AS reserved
CROSS JOIN (
  SELECT count(*)::float8 AS inventory_sequence_gaps FROM inventory.sequence_gaps WHERE missing <> '[]'::jsonb) AS gaps`
