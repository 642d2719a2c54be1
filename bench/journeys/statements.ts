import type pg from 'pg'

/**
 * Statements run so far in this database, by whomever, as pg_stat_statements counts executions; begin, commit and
 * what the count itself asks are left out.
 */
export async function countStatements(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ calls: string | null }>(`
    select sum(calls) as calls from pg_stat_statements
    where toplevel and dbid = (select oid from pg_database where datname = current_database())
      and query !~* '^(begin|commit|rollback|start transaction)' and query not like '%pg_stat_statements%'`)
  return Number(rows[0]?.calls ?? 0)
}
