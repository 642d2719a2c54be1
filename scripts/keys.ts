/**
 * API keys of the installation at DATABASE_URL.
 * `npm run keys -- create PARTNER CHANNEL[,CHANNEL…]`, `list`, `rotate ID [OVERLAP_HOURS]`, `revoke ID`
 */
import { systemClock } from '../platform/clock.ts'
import { readConfig } from '../platform/config.ts'
import { createApiKeys } from '../platform/identity/api-keys.ts'
import { identityMigrations } from '../platform/identity/migrations.ts'
import { migrate } from '../platform/sql/migrate.ts'
import { openPostgres } from '../platform/sql/postgres.ts'

const usage =
  'Usage: npm run keys -- create PARTNER CHANNEL[,CHANNEL…] | list | rotate ID [OVERLAP_HOURS] | revoke ID; needs DATABASE_URL'

const config = readConfig(process.env)
const { url, connectTimeoutMs, statementTimeoutMs } = config.database
const [command, first = '', second = ''] = process.argv.slice(2)

async function run(databaseUrl: string): Promise<string> {
  await using database = openPostgres({ url: databaseUrl, poolSize: 1, connectTimeoutMs, statementTimeoutMs })
  await migrate(database, [identityMigrations()])
  const keys = createApiKeys({ database, tenant: config.estate.tenant, clock: systemClock })
  switch (command) {
    case 'create': {
      if (first === '' || second === '') return usage
      const holder = {
        kind: 'partner',
        clientId: first,
        scopes: [],
        partnerId: first,
        channelIds: second.split(','),
      } as const
      return (await keys.create(holder)).key
    }
    case 'list':
      return (await keys.list())
        .map(({ id, clientId, createdAt, expiresAt, revokedAt }) =>
          [
            id,
            clientId,
            createdAt.toISOString(),
            expiresAt?.toISOString() ?? '-',
            revokedAt?.toISOString() ?? '-',
          ].join('\t'),
        )
        .join('\n')
    case 'rotate':
      return (await keys.rotate(first, Number(second || 24) * 3_600_000)).key
    case 'revoke':
      await keys.revoke(first)
      return `${first} is revoked`
    default:
      return usage
  }
}

process.stdout.write(`${url === undefined ? usage : await run(url)}\n`)
