import { assetPath } from '../assets.ts'
import type { MigrationSet } from '../sql/migrate.ts'

/** The table of API keys. */
export function identityMigrations(): MigrationSet {
  return { owner: 'identity', folder: assetPath('platform/identity/migrations') }
}
