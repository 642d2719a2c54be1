/**
 * Tells who uses what of the public schema, from the usage ledger in DATABASE_URL.
 *
 *   npm run schema:usage                       one line for each client, version and coordinate
 *   npm run schema:usage -- --deprecated       of what the newest version deprecates only
 *   npm run schema:usage -- --json             for `npm run schema:check -- --usage FILE`
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readSupergraphRules } from '../gateway/supergraph-rules.ts'
import { createPostgresUsageStore } from '../gateway/usage/postgres.ts'
import { parseCalendar } from '../gateway/versions/calendar.ts'
import { isDeprecatedIn } from '../gateway/versions/lifecycle.ts'
import { assetPath } from '../platform/assets.ts'
import { openPostgres } from '../platform/sql/postgres.ts'

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, deprecated: { type: 'boolean' } } })
const url = process.env.DATABASE_URL

if (url === undefined || url === '') {
  process.stderr.write('Cannot read the usage ledger: DATABASE_URL is missing\n')
  process.exitCode = 1
} else {
  await using database = openPostgres({ url, poolSize: 1 })
  const uses = await createPostgresUsageStore(database).read(
    options.deprecated === true ? { coordinates: deprecatedCoordinates() } : {},
  )
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(uses, null, 2)}\n`
      : uses
          .map(
            (use) => `${use.lastSeenAt.toISOString()} ${use.clientId} ${use.version} ${use.coordinate} ${use.uses}\n`,
          )
          .join(''),
  )
}

function deprecatedCoordinates(): readonly string[] {
  const { lifecycles } = readSupergraphRules(readFileSync(assetPath('schema/supergraph.graphql'), 'utf8'))
  const newest = parseCalendar(readFileSync(assetPath('schema/versions.json'), 'utf8')).newest(new Date()).name
  return [...lifecycles].filter(([, lifecycle]) => isDeprecatedIn(lifecycle, newest)).map(([coordinate]) => coordinate)
}
