import { randomUUID } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import pg from 'pg'
import { inject } from 'vitest'
import type { Database } from '../../platform/sql/database.ts'
import { startEmbeddedPostgres } from '../../platform/sql/embedded.ts'
import { openPostgres, type PostgresOptions } from '../../platform/sql/postgres.ts'

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
  const server = new URL(await serverUrl())
  const name = `t_${randomUUID().replaceAll('-', '')}`
  await administer(server.href, `create database ${name} strategy file_copy`)
  server.pathname = `/${name}`
  const opened: Database[] = []
  const open = (further: Partial<PostgresOptions> = {}): Database => {
    const database = openPostgres({ url: server.href, poolSize: 8, ...options, ...further })
    opened.push(database)
    return database
  }
  return {
    url: server.href,
    database: open(),
    open,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((database) => database[Symbol.asyncDispose]()))
      server.pathname = '/postgres'
      await administer(server.href, `drop database if exists ${name} with (force)`)
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
    settings: { fsync: 'off', max_connections: '300' },
  })
  return server.url('postgres')
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
