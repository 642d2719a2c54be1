import { assetPath } from '../assets.ts'
import type { MigrationSet } from '../sql/migrate.ts'

/** The tables of the event log, its consumers and dead letters; apply before any subgraph's own. */
export function eventLogMigrations(): MigrationSet {
  return { owner: 'event-log', folder: assetPath('platform/event-log/migrations') }
}
