import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { Figures } from '../../platform/subgraph/subgraph.ts'
import type { Caches } from './caches.ts'
import { type Feed, type LocationMeasures, ofChannels } from './channel-figures.ts'
import { countMissing } from './demand/shortages.ts'
import { feedFigureHelp, readFeedFigures } from './feeds/feeds.ts'
import { indexNetwork } from './network.ts'
import { networkKey } from './read-model.ts'

const byChannel = ['channel'] as const

export type FiguresDeps = {
  readonly database: Queryable
  readonly caches: Pick<Caches, 'network'>
  readonly freshness: FreshnessBoard
  readonly now: () => Date
}

/** How much is promised, how much of it is not there, and how true the numbers are. */
export function inventoryFigures({ database, caches, freshness, now }: FiguresDeps): Figures {
  return {
    help: {
      inventory_shortfalls: 'Positions with fewer units than were promised',
      inventory_short_units: 'Units promised that are not there',
      inventory_shortfall_oldest_seconds: 'Time since the oldest open shortfall was last told; 0 when there is none',
      inventory_order_missing_units: 'Units of edited orders that could not be kept for them, and are not kept yet',
      inventory_owed_units: 'Units of orders promised of what was yet to come that no location has',
      inventory_owed_oldest_seconds: 'Time since the oldest of these was promised; 0 when there is none',
      inventory_reserved_units: 'Units held by reservations that are neither confirmed nor run out',
      inventory_reserved_overdue_units: 'Units of reservations that ran out and still wait to be given back',
      inventory_sequence_gaps: 'Streams of sources with numbers never heard of',
      inventory_age_seconds: 'Time since all was known of the oldest system that counts stock a channel sells',
      inventory_counts: 'Counts of shelves a channel sells from, within 7 days',
      inventory_accuracy_ratio: 'Of these counts, those that found what was believed; none where nothing was counted',
      inventory_miscounted_units: 'Units by which these counts differed from what was believed, either way',
      inventory_understated_units:
        'Units a channel could not sell, within 24 hours, since their source told more than 15 minutes late that they were there',
      inventory_oversell_incidents:
        'Times that units were missing which were promised, where a channel sells from: within 7 days, or still so',
      ...feedFigureHelp,
    },
    labels: {
      inventory_age_seconds: byChannel,
      inventory_counts: byChannel,
      inventory_accuracy_ratio: byChannel,
      inventory_miscounted_units: byChannel,
      inventory_understated_units: byChannel,
      inventory_oversell_incidents: byChannel,
      inventory_feed_latency_seconds: byChannel,
      inventory_feed_unconfirmed_seconds: byChannel,
      inventory_feed_rejected_items: byChannel,
    },
    async read() {
      const [totals, measures, feeds, network, sent, missing] = await Promise.all([
        database.query<Readonly<Record<string, number>>>(readText, []),
        database.query<LocationMeasures>(measuresText, []),
        database.query<Feed>('SELECT location_id AS "locationId", system FROM inventory.location_feeds', []),
        caches.network.get(networkKey),
        readFeedFigures(database),
        countMissing(database),
      ])
      const index = indexNetwork(network.value ?? { channels: [], locations: [] })
      const channels = network.value?.channels ?? []
      const ages = (system: string) => {
        const syncedAt = freshness.of(system)?.syncedAt ?? null
        return syncedAt === null ? null : Math.max(0, now().getTime() - syncedAt.getTime()) / 1_000
      }
      return {
        ...{ ...totals.rows[0], inventory_order_missing_units: missing },
        ...sent,
        ...ofChannels(channels, index, measures.rows, feeds.rows, ages),
      }
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
  SELECT coalesce(sum(confirmed), 0)::float8 AS inventory_owed_units,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE confirmed > 0)), 0)::float8 AS inventory_owed_oldest_seconds
  FROM inventory.reservations WHERE location_id IS NULL AND released + expired < quantity AND promise IS NOT NULL) AS owed
CROSS JOIN (
  SELECT count(*)::float8 AS inventory_sequence_gaps FROM inventory.sequence_gaps WHERE missing <> '[]'::jsonb) AS gaps`

const measuresText = `
SELECT location_id AS "locationId", count(counted)::float8 AS counts,
  (count(*) FILTER (WHERE counted = expected))::float8 AS matched,
  coalesce(sum(abs(counted - expected)), 0)::float8 AS miscounted,
  coalesce(sum(understated) FILTER (WHERE told_at > clock_timestamp() - interval '24 hours'), 0)::float8 AS understated,
  sum(incidents)::float8 AS incidents
FROM (
  SELECT location_id, told_at, counted, expected, understated, incidents FROM inventory.measures
  WHERE told_at > clock_timestamp() - interval '7 days'
  UNION ALL
  SELECT location_id, detected_at, NULL, NULL, 0, 1 FROM inventory.shortfalls WHERE resolved_at IS NULL
) AS told GROUP BY location_id`
