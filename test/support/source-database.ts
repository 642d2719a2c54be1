import pg from 'pg'
import { systemClock } from '../../platform/clock.ts'
import type { Connector, SourceHandler } from '../../platform/connector/connector.ts'
import type { EstateDocument, PostgresSystem } from '../../platform/connector/estate.ts'
import { createPostgresSource, type PostgresSourceOptions } from '../../platform/connector/postgres-source.ts'
import type { Database } from '../../platform/sql/database.ts'
import { openPostgres } from '../../platform/sql/postgres.ts'
import { ingestOver, thingHandler } from './connector.ts'
import { openTestDatabase, type TestDatabase } from './postgres.ts'

/** A shop's own database: things with a price, and parts of things. */
export async function openShop(count: number): Promise<TestDatabase> {
  const shop = await openTestDatabase()
  await fillShop(shop.database, count)
  return shop
}

/** The same in a database without an encoding, so that it holds any bytes. */
export async function openBytesShop(count: number): Promise<TestDatabase> {
  const host = await openTestDatabase()
  const url = new URL(host.url)
  const name = `${url.pathname.slice(1)}_bytes`
  await host.database.query(`create database ${name} encoding 'SQL_ASCII' template template0 locale 'C'`)
  url.pathname = `/${name}`
  const database = openPostgres({ url: url.href })
  await fillShop(database, count)
  return {
    url: url.href,
    database,
    open: () => database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]()
      await host.database.query(`drop database ${name} with (force)`)
      await host[Symbol.asyncDispose]()
    },
  }
}

async function fillShop(database: Database, count: number): Promise<void> {
  await database.query(`
    create table thing (id int primary key, sku text, price numeric(10, 2), updated_at timestamptz not null default now());
    create table part (thing_id int references thing, place int, name text, updated_at timestamptz not null default now(),
      primary key (thing_id, place));
    insert into thing (id, sku, price) select n, 'S-' || n, n from generate_series(1, ${count}) n;
    insert into part (thing_id, place, name) select n, 1, 'part of ' || n from generate_series(1, ${count}) n`)
}

export const thingMapping: EstateDocument = {
  kind: 'thing',
  file: 'things.sql',
  sql: `select t.id as key, jsonb_build_object('sku', t.sku, 'price', t.price::float8, 'parts',
      (select coalesce(jsonb_agg(p.name order by p.place), '[]') from part p where p.thing_id = t.id)) as data
    from thing t`,
  watch: [
    { table: 'public.thing', key: 'id', highWater: 'updated_at' },
    { table: 'public.part', key: 'thing_id', highWater: 'updated_at' },
  ],
}

export type SystemOverrides = Partial<Omit<PostgresSystem, 'changes'>> & {
  readonly changes?: Partial<PostgresSystem['changes']>
}

export function systemOf(url: string, overrides: SystemOverrides = {}): PostgresSystem {
  const { changes, ...rest } = overrides
  return {
    id: 'shop',
    connector: 'postgres',
    url,
    freshness: { softTtlMs: 5_000, hardTtlMs: 60_000 },
    documents: [thingMapping],
    statementTimeoutMs: 20_000,
    pageSize: 100,
    ...rest,
    changes: {
      mode: 'replication',
      intervalMs: 50,
      overlap: 5_000,
      deletionsMs: 100,
      // Slots belong to the whole server, which tests share.
      slot: `slot_${new URL(url).pathname.slice(1, 30)}`,
      ...changes,
    },
  }
}

export type RunningSource = AsyncDisposable & { readonly connector: Connector }

/** Starts reading; disposing waits until the source's side has noticed, so that its database can be dropped. */
export function startSource(
  database: Database,
  system: PostgresSystem,
  further: Partial<PostgresSourceOptions> & { readonly handlers?: readonly SourceHandler[] } = {},
): RunningSource {
  const { handlers = [thingHandler('thing')], ...options } = further
  const ingest = ingestOver(database, handlers)
  const connector = createPostgresSource({ system, estate: 'test', ingest, database, clock: systemClock, ...options })
  const stop = new AbortController()
  const running = connector.run(stop.signal)
  return {
    connector,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await connector[Symbol.asyncDispose]()
      await waitUntilUnwatched(system.url)
    },
  }
}

/** A slot in use keeps its database from being dropped. */
export async function waitUntilUnwatched(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    for (let tries = 0; tries < 400; tries += 1) {
      const { rowCount } = await client.query(
        'select from pg_replication_slots where database = current_database() and active',
      )
      if (rowCount === 0) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error('The slot is still in use after 10 s')
  } finally {
    await client.end()
  }
}

/** @returns every thing the store holds by key, as its source last said it */
export async function readThings(
  database: Database,
): Promise<Readonly<Record<string, { sku: string; price: number; parts: string[] }>>> {
  const { rows } = await database.query<{ key: string; data: { sku: string; price: number; parts: string[] } }>(
    "select key, data from connector.source_documents where kind = 'thing' and not deleted order by key",
    [],
  )
  return Object.fromEntries(rows.map(({ key, data }) => [key, data]))
}
