import { assetPath } from '../../platform/assets.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { MigrationSet } from '../../platform/sql/migrate.ts'
import type { UsageStore } from './usage-store.ts'

/** Apply before the store is used. */
export function usageMigrations(): MigrationSet {
  return { owner: 'gateway', folder: assetPath('gateway/usage/migrations') }
}

const addText = `
  insert into gateway.schema_usage as known (tenant, client_id, version, coordinate, uses, first_seen_at, last_seen_at)
  select tenant, client_id, version, coordinate, uses, seen_at, seen_at
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
    as added (tenant, client_id, version, coordinate, uses, seen_at)
  order by tenant, client_id, version, coordinate
  on conflict (tenant, client_id, version, coordinate) do update
  set uses = known.uses + excluded.uses, last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)`

const readText = `
  select tenant, client_id, version, coordinate, uses, last_seen_at
  from gateway.schema_usage
  where ($1::text is null or tenant = $1) and ($2::text is null or client_id = $2)
    and ($3::text[] is null or coordinate = any ($3))
  order by tenant, client_id, version, coordinate
  limit 10000`

type UsageRow = {
  readonly tenant: string
  readonly client_id: string
  readonly version: string
  readonly coordinate: string
  readonly uses: bigint
  readonly last_seen_at: Date
}

/** The ledger that all gateway processes write to. Rows are locked in one order, so two never wait for each other. */
export function createPostgresUsageStore(database: Database): UsageStore {
  return {
    async add(entries) {
      if (entries.length === 0) return
      await database.query(addText, [
        entries.map(({ tenant }) => tenant),
        entries.map(({ clientId }) => clientId),
        entries.map(({ version }) => version),
        entries.map(({ coordinate }) => coordinate),
        entries.map(({ uses }) => uses),
        entries.map(({ lastSeenAt }) => lastSeenAt.toISOString()),
      ])
    },
    async read({ tenant, clientId, coordinates }) {
      const { rows } = await database.query<UsageRow>(readText, [tenant ?? null, clientId ?? null, coordinates ?? null])
      return rows.map((row) => ({
        tenant: row.tenant,
        clientId: row.client_id,
        version: row.version,
        coordinate: row.coordinate,
        uses: Number(row.uses),
        lastSeenAt: row.last_seen_at,
      }))
    },
  }
}
