import { assetPath } from '../assets.ts'
import type { MigrationSet } from '../sql/migrate.ts'

/** The tables of `idempotency.ts`. */
export function idempotencyMigrations(): MigrationSet {
  return { owner: 'idempotency', folder: assetPath('platform/idempotency/migrations') }
}
