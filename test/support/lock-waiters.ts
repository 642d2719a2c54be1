import type { Queryable } from '../../platform/sql/database.ts'

/** Transactions of this database that wait for an advisory lock now. */
export async function lockWaiters(queryable: Queryable): Promise<number> {
  const { rows } = await queryable.query<{ waiting: number }>(
    `select count(*)::integer as waiting from pg_locks join pg_database on pg_database.oid = pg_locks.database
     where datname = current_database() and locktype = 'advisory' and not granted`,
    [],
  )
  return rows[0]?.waiting ?? 0
}
