import type { Queryable } from '../sql/database.ts'

/** How many documents of each system no rule could read; none of those without. */
export async function countLetters(queryable: Queryable): Promise<ReadonlyMap<string, number>> {
  const { rows } = await queryable.query<{ system: string; letters: number }>(
    'select system, count(*)::float8 as letters from connector.dead_letters where resolved_at is null group by system',
    [],
  )
  return new Map(rows.map(({ system, letters }) => [system, letters]))
}
