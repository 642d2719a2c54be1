import { randomUUID } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import pg from 'pg'
import { inject } from 'vitest'
import type { Database } from '../../platform/sql/database.ts'
import { startEmbeddedPostgres } from '../../platform/sql/embedded.ts'
import type { MigrationSet } from '../../platform/sql/migrate.ts'
import { openPostgres, type PostgresOptions } from '../../platform/sql/postgres.ts'
import { createFromTemplate } from './template-database.ts'

export type TestDatabase = AsyncDisposable & {
  readonly url: string
  readonly database: Database
  /** A further pool on the same database, as another process would have; closed with this one. */
  open(options?: Partial<PostgresOptions>): Database
}

/**
 * A fresh, empty database on a real server: the one named by TEST_DATABASE_URL, else this run's embedded one. Dropped
 * when disposed, whoever is still connected.
 */
export async function openTestDatabase(options: Partial<PostgresOptions> = {}): Promise<TestDatabase> {
  const test = await reserveTestDatabase(options)
  await test.create()
  return test
}

/** The same with these migrations applied, copied from a template that is made once. */
export async function openMigratedDatabase(...sets: readonly MigrationSet[]): Promise<TestDatabase> {
  const test = await reserveTestDatabase()
  await test.create(sets)
  return test
}

export type ReservedDatabase = TestDatabase & { create(sets?: readonly MigrationSet[]): Promise<void> }

/** For those who learn from what they build over a database which migrations it needs: there once it is created. */
export async function reserveTestDatabase(options: Partial<PostgresOptions> = {}): Promise<ReservedDatabase> {
  const server = new URL(await serverUrl())
  const name = `t_${randomUUID().replaceAll('-', '')}`
  server.pathname = `/${name}`
  const url = server.href
  const opened: Database[] = []
  const open = (further: Partial<PostgresOptions> = {}): Database => {
    const database = openPostgres({ url, poolSize: 8, ...options, ...further })
    opened.push(database)
    return database
  }
  return {
    url,
    database: open(),
    open,
    create: (sets = []) =>
      administer(url, async (admin) => {
        if (sets.length > 0) await createFromTemplate(admin, url, name, sets)
        else await admin.query(`create database ${name} strategy file_copy`)
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((database) => database[Symbol.asyncDispose]()))
      await administer(url, (admin) => admin.query(`drop database if exists ${name} with (force)`))
    },
  }
}

async function serverUrl(): Promise<string> {
  const given = process.env.TEST_DATABASE_URL
  if (given !== undefined && given !== '') return given
  embeddedUrl ??= joinEmbedded()
  return await embeddedUrl
}

let embeddedUrl: Promise<string> | undefined

/** The first test file of a run starts the server, the others join it, and the run's global teardown stops it. */
async function joinEmbedded(): Promise<string> {
  const folder = inject('postgresFolder')
  await chmod(folder, 0o755)
  // Never disposed here: leaving would stop the server between two test files.
  const server = await startEmbeddedPostgres({
    folder,
    log: () => {},
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300' },
  })
  return server.url('postgres')
}

async function administer(url: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const server = new URL(url)
  server.pathname = '/postgres'
  const admin = new pg.Client({ connectionString: server.href })
  admin.on('error', () => {})
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
