import { assetPath } from '../assets.ts'
import type { MigrationSet } from '../sql/migrate.ts'

/** The tables connectors share: stored documents, natural keys, checkpoints, freshness, inbox, dead letters. */
export function connectorMigrations(): MigrationSet {
  return { owner: 'connector', folder: assetPath('platform/connector/migrations') }
}
