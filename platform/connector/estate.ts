import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors/app-error.ts'
import { parseWith } from '../parse.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a letter a-z, then at most 39 of a-z, 0-9 and -')
const qualifiedName = z
  .string()
  .regex(/^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)?$/i, 'a table, with its schema when not public: sales.orders')
const columnName = z.string().regex(/^[a-z_][a-z0-9_$]*$/i, 'a column name')
const countryCode = z.string().regex(/^[A-Z]{2}$/, 'two letters such as FR')
const durationMs = z.int().min(1).max(86_400_000)

const freshnessPolicy = z
  .strictObject({ softTtlMs: durationMs, hardTtlMs: durationMs })
  .refine(({ softTtlMs, hardTtlMs }) => softTtlMs <= hardTtlMs, 'softTtlMs at most hardTtlMs')

const watch = z.strictObject({
  table: qualifiedName,
  key: columnName,
  highWater: columnName.optional(),
  lookup: z.string().min(1).optional(),
})

const documentMapping = z.strictObject({
  kind: identifier,
  sql: z.string().regex(/^(?!.*\.\.)[^/\\][^\\]*\.sql$/, "a .sql file in the estate's folder or below"),
  /** None for what is the same as long as the mapping is. */
  watch: z.array(watch).max(20).default([]),
})

const changes = z.strictObject({
  mode: z.enum(['replication', 'poll', 'compare']),
  /** Poll and compare: from the end of one round to the start of the next. */
  intervalMs: durationMs.default(2_000),
  /** Poll: how far behind the high water a round begins, for transactions that commit late; in milliseconds, or in units of a numeric column. */
  overlap: z.int().min(0).max(86_400_000).default(30_000),
  /** Poll: how often vanished documents are looked for. */
  deletionsMs: durationMs.default(30_000),
  /** Replication and poll: how often everything is compared whatever the changes said; 0 never. Default 0 for replication, 10 minutes for poll. */
  reconcileMs: z.int().min(0).max(604_800_000).optional(),
  /** Replication: the name of publication and slot. Default storeloom_<estate>_<system>. */
  slot: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/, 'at most 63 of a-z, 0-9 and _')
    .optional(),
})

const postgresSystem = z.strictObject({
  id: identifier,
  connector: z.literal('postgres'),
  /** Checked apart: an error text must not show it. */
  url: z.string(),
  changes,
  freshness: freshnessPolicy,
  documents: z.array(documentMapping).min(1).max(50),
  /** Bound on one statement in the source. */
  statementTimeoutMs: durationMs.default(60_000),
  /** Documents per read, and per transaction here. */
  pageSize: z.int().min(1).max(5_000).default(500),
})

const system = z.discriminatedUnion('connector', [postgresSystem])

const channel = z.looseObject({
  id: z.string().min(1).max(100),
  name: z.string().min(1).max(200),
  kind: z.string().min(1),
  /** ISO 3166-1 alpha-2: which region's staff see its orders, where the order's own location is in none. */
  region: countryCode.optional(),
  locationKinds: z.array(z.string()).optional(),
  locationCodes: z.array(z.string()).optional(),
  methods: z.array(z.string()),
})

const staticDocument = z.strictObject({
  kind: identifier,
  key: z.string().min(1).max(200),
  data: z.record(z.string(), z.json()),
})

const estateFile = z
  .strictObject({
    name: identifier,
    description: z.string().optional(),
    /** ISO 3166-1 alpha-2: where a phone number without a country code is from. */
    country: countryCode.default('US'),
    channels: z.array(channel).max(1_000).default([]),
    /** What the retailer itself decides: rules, allocations, kits. */
    documents: z.array(staticDocument).max(3_000).default([]),
    systems: z.array(system).max(100),
  })
  .superRefine(({ channels, systems, documents }, context) => {
    reportTwins(
      documents.map(({ kind, key }) => `${kind} ${key}`),
      'documents',
      context,
    )
    reportTwins(
      channels.map(({ id }) => id),
      'channels',
      context,
    )
    reportTwins([...systems.map(({ id }) => id), 'estate'].toReversed(), 'systems', context)
    for (const {
      changes: { mode },
      documents,
    } of systems) {
      const unmarked = documents.find(({ watch: watches }) => watches.some(({ highWater }) => highWater === undefined))
      if (mode !== 'poll' || unmarked === undefined) continue
      context.addIssue({
        code: 'custom',
        message: `a highWater for every watched table of ${unmarked.kind}, since its system is polled`,
      })
    }
    for (const { id, documents } of systems)
      reportTwins(
        documents.map(({ kind }) => kind),
        `documents of ${id}`,
        context,
      )
  })

export type EstateChannel = z.output<typeof channel>
export type EstateStaticDocument = z.output<typeof staticDocument>
export type EstateWatch = z.output<typeof watch>
export type EstateChanges = z.output<typeof changes>

/** A system of the estate whose documents are mapped by SQL; `sql` is the text of the mapping, `file` its name. */
export type PostgresSystem = Omit<z.output<typeof postgresSystem>, 'documents'> & {
  readonly documents: readonly EstateDocument[]
}

export type EstateDocument = {
  readonly kind: string
  readonly file: string
  readonly sql: string
  readonly watch: readonly EstateWatch[]
}

export type EstateSystem = PostgresSystem

/** Which systems of record there are and what each says; see docs/source-documents.md. */
export type Estate = {
  readonly name: string
  readonly country: string
  readonly channels: readonly EstateChannel[]
  /** Delivered as of the system `estate`, as channels are. */
  readonly documents: readonly EstateStaticDocument[]
  readonly systems: readonly EstateSystem[]
}

/** Under this system id the estate file itself delivers its channels. */
export const estateSystem = 'estate'

/**
 * Reads `estate.json` and the SQL files it names. `${NAME}` in a text stands for the environment variable.
 * @throws AppError `CONFIG_INVALID` naming the file, the member, its value and what is allowed
 */
export async function loadEstate(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Estate> {
  const file = join(folder, 'estate.json')
  const estate = parseWith(estateFile, withEnvironment(parseJson(await readText(file), file), env, file), {
    what: `estate file ${shown(file)}`,
    code: 'CONFIG_INVALID',
  })
  estate.systems.forEach(({ url }, place) => {
    if (URL.canParse(url) && /^postgres(ql)?:\/\//.test(url)) return
    throw new AppError(
      'CONFIG_INVALID',
      `Cannot read estate file ${shown(file)}: systems.${place}.url is a value not shown, allowed is postgresql://user:password@host:port/database`,
    )
  })
  const systems = await Promise.all(
    estate.systems.map(async (entry) => ({
      ...entry,
      documents: await Promise.all(
        entry.documents.map(async ({ sql, ...document }) => ({
          ...document,
          file: sql,
          sql: withoutTerminator(await readText(resolve(folder, sql))),
        })),
      ),
    })),
  )
  return { name: estate.name, country: estate.country, channels: estate.channels, documents: estate.documents, systems }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `Cannot read the estate: ${shown(file)} cannot be opened`, { cause: error })
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new AppError('CONFIG_INVALID', `Cannot read estate file ${shown(file)}: it is not JSON, ${what}`)
  }
}

/** Replaces `${NAME}` in every text of a JSON value. */
function withEnvironment(value: unknown, env: Readonly<Record<string, string | undefined>>, file: string): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => {
      const found = env[name]
      if (found !== undefined && found !== '') return found
      throw new AppError(
        'CONFIG_INVALID',
        `Cannot read estate file ${shown(file)}: it refers to \${${name}}, and the environment variable ${name} is not set`,
      )
    })
  }
  if (Array.isArray(value)) return value.map((item) => withEnvironment(item, env, file))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withEnvironment(item, env, file)]))
}

/** A mapping is put into parentheses, where a closing semicolon or a comment without line end would break it. */
function withoutTerminator(sql: string): string {
  return `${sql.trim().replace(/;$/, '')}\n`
}

function reportTwins(ids: readonly string[], what: string, context: z.RefinementCtx): void {
  const twin = ids.find((id, place) => ids.indexOf(id) !== place)
  if (twin !== undefined)
    context.addIssue({ code: 'custom', message: `${what} with ids of their own, ${twin} is taken` })
}

function shown(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}
