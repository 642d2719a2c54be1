import type { Queryable } from '../../../platform/sql/database.ts'

/** Ids of up to `limit` reservations with units that have run out, the oldest first. */
export async function readExpired(queryable: Queryable, limit: number): Promise<readonly string[]> {
  const { rows } = await queryable.query<{ id: string }>(
    `SELECT id FROM inventory.reservations WHERE held > 0 AND expires_at <= clock_timestamp() - interval '1 second'
     ORDER BY expires_at LIMIT $1`,
    [limit],
  )
  return rows.map(({ id }) => id)
}

/** Removes issues that a later count of their position is without, for who watches it too. @returns how many */
export async function removeCountedIssues(queryable: Queryable, limit: number): Promise<number> {
  const { rowCount } = await queryable.query(
    `DELETE FROM inventory.reservation_issues WHERE id IN (
       SELECT issue.id FROM inventory.reservation_issues AS issue JOIN inventory.positions AS position USING (variant_id, location_id)
       JOIN inventory.watched_positions AS watched USING (variant_id, location_id)
       WHERE coalesce(position.occurred_at, position.received_at) >= issue.occurred_at
         AND nullif(watched.state->>'countedAt', '')::timestamptz >= issue.occurred_at ORDER BY issue.id LIMIT $1)`,
    [limit],
  )
  return rowCount
}

export type Drift = {
  readonly variantId: string
  readonly locationId: string
  readonly channelId: string
  readonly held: number
  readonly confirmed: number
  readonly consumed: number
}

/**
 * Where the sums are not those of the rows, with what the sums have too much; empty while the books are right. One
 * statement, so one moment.
 */
export async function readDrift(queryable: Queryable): Promise<readonly Drift[]> {
  const { rows } = await queryable.query<
    Omit<Drift, 'held' | 'confirmed' | 'consumed'> & Record<'held' | 'confirmed' | 'consumed', string>
  >(
    `SELECT variant_id AS "variantId", location_id AS "locationId", channel_id AS "channelId",
       sum(held)::text AS held, sum(confirmed)::text AS confirmed, sum(consumed)::text AS consumed
     FROM (
       SELECT variant_id, location_id, channel_id, held, confirmed, consumed FROM inventory.reservation_totals
       UNION ALL
       SELECT variant_id, coalesce(location_id, ''), channel_id, -held, -(confirmed - allocated), -consumed FROM inventory.reservations
     ) AS sides
     GROUP BY 1, 2, 3 HAVING sum(held) <> 0 OR sum(confirmed) <> 0 OR sum(consumed) <> 0 ORDER BY 1, 2, 3`,
    [],
  )
  return rows.map((row) => ({
    ...row,
    held: Number(row.held),
    confirmed: Number(row.confirmed),
    consumed: Number(row.consumed),
  }))
}
