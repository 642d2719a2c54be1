import { assetPath } from '../../platform/assets.ts'
import type { MigrationSet } from '../../platform/sql/migrate.ts'

/** Apply before anything of webhooks is used. */
export function webhookMigrations(): MigrationSet {
  return { owner: 'webhooks', folder: assetPath('gateway/webhooks/migrations') }
}
