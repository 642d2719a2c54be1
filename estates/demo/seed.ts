import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { assetPath } from '../../platform/assets.ts'
import { generateDemoEstate } from './generate.ts'
import { openLoaders } from './load.ts'
import { type DemoSystem, demoSystems } from './rows.ts'
import { type DemoOptions, type DemoScale, type DemoSize, demoSizes } from './size.ts'

export type SeedProgress = {
  readonly phase: 'creating databases' | 'loading' | 'building indexes' | 'ready'
  readonly rows: number
  /** 0 to 1, estimated. */
  readonly share: number
}

export type SeedDemoOptions = {
  /** Any database of the server, by a user that may create databases. */
  readonly adminUrl: string
  readonly scale?: DemoScale
  /** Instead of a named scale; tests use small ones. */
  readonly size?: DemoSize
  readonly seed?: number
  readonly referenceTime?: Date
  /** Databases are named prefix + system. Default `demo_`. */
  readonly databasePrefix?: string
  readonly onProgress?: (progress: SeedProgress) => void
  readonly signal?: AbortSignal
}

export type SeededDemo = {
  readonly urls: Readonly<Record<DemoSystem, string>>
  /** false: the databases were complete already and nothing was touched. */
  readonly loaded: boolean
  readonly rows: number
}

/** To be raised when the generator's rows or the schemas change: databases of an older version are made anew. */
const generatorVersion = 4

const noDeadlineMs = 0
const lockKey = 7_203_311

/**
 * Creates and fills the demo's five source databases, unless they are there and complete for this size and seed. A
 * marker, written last, tells a complete database; if one of the five lacks it, all are dropped and made again, since
 * they tell of one world at one time.
 */
export async function seedDemoEstate(options: SeedDemoOptions): Promise<SeededDemo> {
  const size = options.size ?? demoSizes[options.scale ?? 'demo']
  const seed = options.seed ?? 1
  const prefix = options.databasePrefix ?? 'demo_'
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(prefix)) {
    throw new RangeError(
      `Cannot seed the demo estate: the database prefix must be lower-case letters, digits and _, got "${prefix}"`,
    )
  }
  const urls = demoUrls(options.adminUrl, prefix)
  const fingerprint = JSON.stringify({ generatorVersion, seed, size })

  const admin = await connect(options.adminUrl)
  try {
    // Two processes that start at once: the second one waits and then finds the work done.
    await admin.query('select pg_advisory_lock($1)', [lockKey])
    if (await areComplete(admin, prefix, urls, fingerprint)) {
      options.onProgress?.({ phase: 'ready', rows: 0, share: 1 })
      return { urls, loaded: false, rows: 0 }
    }
    options.onProgress?.({ phase: 'creating databases', rows: 0, share: 0 })
    for (const system of demoSystems) {
      options.signal?.throwIfAborted()
      await recreate(admin, prefix + system)
    }
    const rows = await fill(
      urls,
      { size, seed, referenceTime: options.referenceTime ?? new Date() },
      fingerprint,
      options,
    )
    options.onProgress?.({ phase: 'ready', rows, share: 1 })
    return { urls, loaded: true, rows }
  } finally {
    await admin.end()
  }
}

/** The databases' addresses, whether they exist or not. */
export function demoUrls(adminUrl: string, prefix = 'demo_'): Readonly<Record<DemoSystem, string>> {
  const urlOf = (system: DemoSystem): string => {
    const url = new URL(adminUrl)
    url.pathname = `/${prefix}${system}`
    return url.href
  }
  return { erp: urlOf('erp'), wms: urlOf('wms'), oms: urlOf('oms'), crm: urlOf('crm'), psp: urlOf('psp') }
}

/** The variables by which `estate.json` finds the databases. */
export function demoVariables(urls: Readonly<Record<DemoSystem, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(demoSystems.map((system) => [`STORELOOM_DEMO_${system.toUpperCase()}_URL`, urls[system]]))
}

async function areComplete(
  admin: pg.Client,
  prefix: string,
  urls: Readonly<Record<DemoSystem, string>>,
  fingerprint: string,
): Promise<boolean> {
  const { rows } = await admin.query<{ datname: string }>('select datname from pg_database where datname = any($1)', [
    demoSystems.map((system) => prefix + system),
  ])
  if (rows.length < demoSystems.length) return false
  const times = new Set<string>()
  for (const system of demoSystems) {
    const client = await connect(urls[system])
    try {
      const { rows: found } = await client.query<{ present: boolean }>(
        "select to_regclass('demo_seed.complete') is not null as present",
      )
      if (found[0]?.present !== true) return false
      const { rows: markers } = await client.query<{ fingerprint: string; at: string }>(
        'select fingerprint, reference_time::text as at from demo_seed.complete',
      )
      const [marker] = markers
      if (marker?.fingerprint !== fingerprint) return false
      times.add(marker.at)
    } finally {
      await client.end()
    }
  }
  return times.size === 1
}

async function recreate(admin: pg.Client, database: string): Promise<void> {
  // A database with an active slot cannot be dropped, not even by force; an idle slot goes with it.
  await admin.query(
    'select pg_terminate_backend(active_pid) from pg_replication_slots where database = $1 and active',
    [database],
  )
  await admin.query(`drop database if exists ${pg.escapeIdentifier(database)} with (force)`)
  await admin.query(`create database ${pg.escapeIdentifier(database)}`)
}

async function fill(
  urls: Readonly<Record<DemoSystem, string>>,
  world: DemoOptions,
  fingerprint: string,
  { onProgress, signal }: SeedDemoOptions,
): Promise<number> {
  await using loaders = await openLoaders(urls)
  await loaders.everywhere(async (query, system) => {
    await query('set synchronous_commit = off')
    await query(await readFile(assetPath(`estates/demo/${system}/schema.sql`), 'utf8'))
  })
  const expected = expectedRows(world.size)
  let rows = 0
  for (const batch of generateDemoEstate(world)) {
    signal?.throwIfAborted()
    await loaders.push(batch)
    rows += batch.rows.length
    onProgress?.({ phase: 'loading', rows, share: Math.min(0.9, (0.9 * rows) / expected) })
  }
  await loaders.drain()
  onProgress?.({ phase: 'building indexes', rows, share: 0.9 })
  await loaders.everywhere(async (query, system) => {
    await query(await readFile(assetPath(`estates/demo/${system}/indexes.sql`), 'utf8'))
    await query('analyze')
  })
  signal?.throwIfAborted()
  await loaders.everywhere(async (query) => {
    await query('set synchronous_commit = on')
    await query(
      `create schema demo_seed;
       create table demo_seed.complete (fingerprint text not null, reference_time timestamptz not null);
       insert into demo_seed.complete values (${pg.escapeLiteral(fingerprint)}, ${pg.escapeLiteral(world.referenceTime.toISOString())})`,
    )
  })
  return rows
}

/** Measured: an order leaves about 16 rows, a customer 5, a position 1.1. */
function expectedRows(size: DemoSize): number {
  return size.orders * 16 + size.customers * 5 + size.variants * 5 + size.stores * size.variantsPerStore * 1.1
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    statement_timeout: noDeadlineMs,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}
