import { newestBySource, parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import type { Queryable } from '../../../platform/sql/database.ts'
import type { Figure } from '../../../platform/subgraph/subgraph.ts'
import { feedEvents } from './feed-source.ts'

/** Our stock as it was sent to a channel. */
export type ChannelFeedRow = {
  readonly id: string
  readonly channelId: string
  readonly sentAt: string
  readonly confirmedAt: string | null
  readonly items: number
  readonly rejected: number
}

export const feedsProjection: Projection = {
  name: 'inventory.channel-feeds',
  types: Object.keys(feedEvents),
  tables: ['inventory.channel_feeds'],
  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(feedEvents, event) ?? []))
    const rows = events.map(({ data: { origin: _, ...feed }, recorded: { sequence } }) => ({
      ...feed,
      version: sequence,
    }))
    if (rows.length > 0) await transaction.query(upsertFeeds, [JSON.stringify(rows)])
  },
  keysOf: () => [],
}

/** The newest first, of one channel or of all. */
export async function readFeeds(
  database: Queryable,
  channelId: string | null,
  limit: number,
): Promise<readonly ChannelFeedRow[]> {
  const { rows } = await database.query<
    Omit<ChannelFeedRow, 'sentAt' | 'confirmedAt'> & { readonly sentAt: Date; readonly confirmedAt: Date | null }
  >(
    `SELECT id, channel_id AS "channelId", sent_at AS "sentAt", confirmed_at AS "confirmedAt", items, rejected
     FROM inventory.channel_feeds WHERE $1::text IS NULL OR channel_id = $1 ORDER BY sent_at DESC, id LIMIT $2`,
    [channelId, limit],
  )
  return rows.map((row) => ({
    ...row,
    sentAt: row.sentAt.toISOString(),
    confirmedAt: row.confirmedAt?.toISOString() ?? null,
  }))
}

/** Longer than any figure looks back. */
const keptDays = 8

/** Removes up to `limit` feeds that nobody asks for any more. @returns how many */
export async function removeOldFeeds(queryable: Queryable, limit: number): Promise<number> {
  const { rowCount } = await queryable.query(
    `DELETE FROM inventory.channel_feeds WHERE id IN (
       SELECT id FROM inventory.channel_feeds WHERE sent_at < clock_timestamp() - interval '${keptDays} days' ORDER BY sent_at LIMIT $1)`,
    [limit],
  )
  return rowCount
}

export const feedFigureHelp = {
  inventory_feed_latency_seconds:
    'Time from sending our stock to a channel until it confirmed it, the median of what was sent within 24 hours',
  inventory_feed_unconfirmed_seconds:
    'Time since the oldest stock was sent, within 24 hours, that the channel has not confirmed; 0 when there is none',
  inventory_feed_rejected_items: 'Items of what was sent within 24 hours that the channel rejected',
} as const

/** By channel, of those that stock was sent to within 24 hours. */
export async function readFeedFigures(database: Queryable): Promise<Readonly<Record<string, Figure>>> {
  const { rows } = await database.query<{
    readonly channel: string
    readonly latency: number | null
    readonly unconfirmed: number
    readonly rejected: number
  }>(figuresText, [])
  const figureOf = (name: 'latency' | 'unconfirmed' | 'rejected'): Figure =>
    rows.flatMap(({ channel, [name]: value }) => (value === null ? [] : [{ labels: { channel }, value }]))
  return {
    inventory_feed_latency_seconds: figureOf('latency'),
    inventory_feed_unconfirmed_seconds: figureOf('unconfirmed'),
    inventory_feed_rejected_items: figureOf('rejected'),
  }
}

const figuresText = `
SELECT channel_id AS channel,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM confirmed_at - sent_at)::float8) AS latency,
  coalesce(extract(epoch FROM clock_timestamp() - min(sent_at) FILTER (WHERE confirmed_at IS NULL)), 0)::float8 AS unconfirmed,
  sum(rejected)::float8 AS rejected
FROM inventory.channel_feeds WHERE sent_at > clock_timestamp() - interval '24 hours' GROUP BY channel_id`

const upsertFeeds = `
INSERT INTO inventory.channel_feeds AS known (id, channel_id, sent_at, confirmed_at, items, rejected, version)
SELECT "feedId", "channelId", "sentAt", "confirmedAt", items, rejected, version
FROM jsonb_to_recordset($1::jsonb) AS r("feedId" text, "channelId" text, "sentAt" timestamptz, "confirmedAt" timestamptz,
  items integer, rejected integer, version bigint)
ON CONFLICT (id) DO UPDATE SET
  channel_id = excluded.channel_id, sent_at = excluded.sent_at, confirmed_at = excluded.confirmed_at, items = excluded.items,
  rejected = excluded.rejected, version = excluded.version
WHERE known.version < excluded.version`
