import { eventLogMigrations } from '../../platform/event-log/migrations.ts'
import type { Database } from '../../platform/sql/database.ts'
import { openMigratedDatabase, type TestDatabase } from './postgres.ts'
import { until } from './until.ts'

/** A fresh database with the event log's tables in it. */
export async function openEventLogDatabase(): Promise<TestDatabase> {
  return await openMigratedDatabase(eventLogMigrations())
}

/**
 * Waits until every committed event may be read. Other databases of the server can hold that up for a moment: the
 * oldest running transaction is counted for the server as a whole.
 */
export async function readable(database: Database): Promise<void> {
  await until('every committed event may be read', async () => {
    const { rows } = await database.query<{ behind: boolean }>(behindText)
    return rows[0]?.behind === false
  })
}

const behindText = `select exists (
  select 1 from event_log.events where transaction_id >= pg_snapshot_xmin(pg_current_snapshot())) as behind`
