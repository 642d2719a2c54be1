/**
 * Compares the working SDL with every released version and fails on a breaking change that nobody reviewed.
 *
 *   npm run schema:check                               names the clients a change would break when DATABASE_URL is set
 *   npm run schema:check -- --usage FILE               the same from what `npm run schema:usage -- --json` wrote
 *   npm run schema:check -- --released FOLDER          against other snapshots than those of schema/released
 *
 * Reviewed changes stand in schema/reviewed-changes.json: [{ "version", "change", "reason" }].
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { createPostgresUsageStore } from '../gateway/usage/postgres.ts'
import { assetPath } from '../platform/assets.ts'
import { parseWith } from '../platform/parse.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { type BreakingChange, type ClientUse, checkReleased } from '../schema/check-released.ts'
import { decidePublication } from '../schema/publish-released.ts'
import { readDatedVersions, readWorkingSchemas, releasedPath } from './released-schemas.ts'

const { values: options } = parseArgs({ options: { usage: { type: 'string' }, released: { type: 'string' } } })

const reviewedSchema = z.array(z.strictObject({ version: z.string(), change: z.string(), reason: z.string().min(1) }))
const usageSchema = z.array(
  z.object({ clientId: z.string(), version: z.string(), coordinate: z.string(), lastSeenAt: z.string() }),
)

const pathOf = (version: string) => releasedPath(version, options.released)
const working = readWorkingSchemas()
const released = readDatedVersions()

process.exitCode = await check()

async function check(): Promise<number> {
  const missing = released.filter((version) => !existsSync(pathOf(version)))
  for (const version of missing) tell(`${version} has no snapshot: npm run schema:publish -- ${version}`)
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
  for (const version of known) tellUnpublished(version)
  const unreviewed = changes.filter((change) => change.reviewed === null)
  tell(
    `${known.length} released versions compared: ${changes.length} breaking changes, ${unreviewed.length} of them not reviewed`,
  )
  return unreviewed.length + missing.length === 0 ? 0 : 1
}

/** What is served and not promised yet may still be taken back; nothing of it is wrong. */
function tellUnpublished(version: string): void {
  const texts = { released: readFileSync(pathOf(version), 'utf8'), working: working(version) }
  const outcome = decidePublication({ version, calendar: released, ...texts })
  if (outcome.kind !== 'published' || outcome.additions.length === 0) return
  tell(`${version}: ${outcome.additions.length} additions are not published: npm run schema:publish -- ${version}`)
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
