/**
 * Compares the working SDL with every released version and fails on a breaking change that nobody reviewed.
 *
 *   npm run schema:check                               names the clients a change would break when DATABASE_URL is set
 *   npm run schema:check -- --usage FILE               the same from what `npm run schema:usage -- --json` wrote
 *   npm run schema:check -- --release 2027-01          writes schema/released/2027-01.graphql, once
 *
 * Reviewed changes stand in schema/reviewed-changes.json: [{ "version", "change", "reason" }].
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { z } from 'zod'
import { readSupergraph } from '../gateway/executor/supergraph.ts'
import { readSupergraphRules } from '../gateway/supergraph-rules.ts'
import { createPostgresUsageStore } from '../gateway/usage/postgres.ts'
import { deriveVersionSchema } from '../gateway/versions/api-schema.ts'
import { parseCalendar } from '../gateway/versions/calendar.ts'
import { assetPath } from '../platform/assets.ts'
import { parseWith } from '../platform/parse.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { type BreakingChange, type ClientUse, checkReleased } from '../schema/check-released.ts'
import { composeSubgraphs } from '../schema/compose.ts'
import { readSubgraphSdls } from '../schema/load.ts'

const { values: options } = parseArgs({ options: { usage: { type: 'string' }, release: { type: 'string' } } })

const reviewedSchema = z.array(z.strictObject({ version: z.string(), change: z.string(), reason: z.string().min(1) }))
const usageSchema = z.array(
  z.object({ clientId: z.string(), version: z.string(), coordinate: z.string(), lastSeenAt: z.string() }),
)

const pathOf = (version: string) => assetPath(`schema/released/${version}.graphql`)
const working = readWorking()
const released = parseCalendar(readFileSync(assetPath('schema/versions.json'), 'utf8'))
  .versions.filter(({ releasedAt }) => releasedAt !== null)
  .map(({ name }) => name)

process.exitCode = options.release === undefined ? await check() : release(options.release)

async function check(): Promise<number> {
  const missing = released.filter((version) => !existsSync(pathOf(version)))
  for (const version of missing) tell(`${version} has no snapshot: npm run schema:check -- --release ${version}`)
  const known = released.filter((version) => !missing.includes(version))
  const reviewed = parseWith(reviewedSchema, readJson(assetPath('schema/reviewed-changes.json')), {
    what: 'schema/reviewed-changes.json',
  })
  const changes = checkReleased(
    known.map((version) => ({
      version,
      released: readFileSync(pathOf(version), 'utf8'),
      working: working(version),
    })),
    reviewed,
    await readUses(),
  )
  for (const change of changes) tell(describe(change))
  const unreviewed = changes.filter((change) => change.reviewed === null)
  tell(
    `${known.length} released versions compared: ${changes.length} breaking changes, ${unreviewed.length} of them not reviewed`,
  )
  return unreviewed.length + missing.length === 0 ? 0 : 1
}

function release(version: string): number {
  if (!released.includes(version)) {
    tell(`Cannot release ${version}: schema/versions.json has ${released.join(', ')}`)
    return 1
  }
  if (existsSync(pathOf(version))) {
    tell(`Cannot release ${version}: it is released, and what clients were promised stays`)
    return 1
  }
  mkdirSync(assetPath('schema/released'), { recursive: true })
  writeFileSync(pathOf(version), working(version))
  tell(`schema/released/${version}.graphql is written`)
  return 0
}

function readWorking(): (version: string) => string {
  const { supergraphSdl, errors } = composeSubgraphs(readSubgraphSdls())
  if (supergraphSdl === null) throw new TypeError(`Cannot compose the subgraphs: ${errors.join('; ')}`)
  const { apiSchema } = readSupergraph(supergraphSdl)
  const { lifecycles } = readSupergraphRules(supergraphSdl)
  return (version) => `${printSchema(lexicographicSortSchema(deriveVersionSchema(apiSchema, lifecycles, version)))}\n`
}

async function readUses(): Promise<readonly ClientUse[]> {
  if (options.usage !== undefined) return parseWith(usageSchema, readJson(options.usage), { what: 'the usage file' })
  const url = process.env.DATABASE_URL
  if (url === undefined || url === '') return []
  await using database = openPostgres({ url, poolSize: 1 })
  const uses = await createPostgresUsageStore(database).read({})
  return uses.map((use) => ({ ...use, lastSeenAt: use.lastSeenAt.toISOString() }))
}

function describe({ version, description, reviewed, clients }: BreakingChange): string {
  const users = clients.map(({ clientId, lastSeenAt }) => `${clientId} (last seen ${lastSeenAt.slice(0, 10)})`)
  const verdict = reviewed === null ? 'NOT REVIEWED' : `reviewed: ${reviewed}`
  return `${version}: ${description} ${verdict}; would break ${users.length === 0 ? 'no known client' : users.join(', ')}`
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}
