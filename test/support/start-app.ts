import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { DemoOverrides } from '../../app/process.ts'
import { startApp } from '../../app.ts'
import { type DemoSystem, demoSystems } from '../../estates/demo/rows.ts'
import { readConfig } from '../../platform/config.ts'
import { silentLog } from '../../platform/telemetry/log.ts'
import { openTestDatabase } from './postgres.ts'

export type TestApp = AsyncDisposable & {
  readonly url: string
  /** What a further process of the same installation is started with. */
  readonly environment: Readonly<Record<string, string>>
  /** And the demo retailer it must be told of, or it makes another one. */
  readonly demo: DemoOverrides
  /** The URL of one of the demo's source databases. */
  sourceUrl(system: DemoSystem): string
  /** Ends it in order and starts it again over the same store, with what `changes` sets in its environment. */
  restart(changes?: Readonly<Record<string, string>>): Promise<void>
  ask(query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<TestAnswer>
}

export type TestAnswer = { readonly data: Json; readonly errors?: readonly Json[]; readonly extensions?: Json }
// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Json = any

const small = { stores: 3, variants: 60, variantsPerStore: 20, customers: 50, orders: 150 }

export type TestAppOptions = {
  /** Systems that are reached through another port than their server's own. */
  readonly portOf?: Partial<Record<DemoSystem, number>>
}

/** The whole product on a small demo retailer that does not trade by itself; resolves when it is ready. */
export async function startTestApp(
  environment: Record<string, string> = {},
  options: TestAppOptions = {},
): Promise<TestApp> {
  const test = await openTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'storeloom-app-'))
  const prefix = `d${new URL(test.url).pathname.slice(3, 13)}_`
  let given: Record<string, string> = {
    DATABASE_URL: test.url,
    STORELOOM_DATA_DIR: dataDir,
    STORELOOM_DEMO_RATE: '0',
    STORELOOM_POOL_SIZE: '6',
    PORT: '0',
    ...environment,
  }
  const sourceUrl = (system: DemoSystem, port?: number): string => {
    const url = new URL(test.url)
    url.pathname = `/${prefix}${system}`
    if (port !== undefined) url.port = String(port)
    return url.href
  }
  const sourceUrls = Object.fromEntries(
    demoSystems.map((system) => [system, sourceUrl(system, options.portOf?.[system])]),
  )
  const demo: DemoOverrides = { size: small, databasePrefix: prefix, sourceUrls }
  const start = () =>
    startApp({
      config: readConfig(given),
      environment: given,
      log: silentLog,
      demo,
    })
  let app = await start()
  await app.complete
  return {
    get url() {
      return app.url
    },
    get environment() {
      return given
    },
    demo,
    sourceUrl,
    async restart(changes = {}) {
      await app[Symbol.asyncDispose]()
      given = { ...given, ...changes }
      app = await start()
      await app.complete
    },
    async ask(query, variables = {}, headers = {}) {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      })
      const answer = (await response.json()) as TestAnswer
      return answer
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await dropSources(test.url, prefix)
      await test[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true })
    },
  }
}

/** The demo's databases stand beside the test's own; their replication slots would keep the log of the whole server. */
async function dropSources(url: string, prefix: string): Promise<void> {
  const server = new URL(url)
  server.pathname = '/postgres'
  const client = new pg.Client({ connectionString: server.href })
  await client.connect()
  try {
    for (const system of demoSystems) {
      const database = `${prefix}${system}`
      await client.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1', [
        database,
      ])
      await client.query(`drop database if exists ${database} with (force)`)
    }
  } finally {
    await client.end()
  }
}
