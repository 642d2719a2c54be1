import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { type DemoSystem, demoSystems } from '../../../estates/demo/rows.ts'
import { type SeedDemoOptions, seedDemoEstate } from '../../../estates/demo/seed.ts'
import type { DemoDatabases } from '../../../estates/demo/simulate/sources.ts'
import { assetPath } from '../../../platform/assets.ts'
import type { Row } from '../../../platform/sql/database.ts'
import { openPostgres } from '../../../platform/sql/postgres.ts'
import { openTestDatabase } from '../../support/postgres.ts'

export const tinySize = { stores: 3, variants: 50, variantsPerStore: 20, customers: 60, orders: 200 }
export const referenceTime = new Date('2026-11-21T09:00:00.000Z')

export type TestServer = AsyncDisposable & {
  readonly adminUrl: string
  readonly prefix: string
  /** Databases of the estate that exist now. */
  databaseNames(): Promise<readonly string[]>
}

/** A place for an estate on the test server; its databases are dropped when disposed. */
export async function openTestServer(): Promise<TestServer> {
  const admin = await openTestDatabase()
  const prefix = `t${randomUUID().slice(0, 8)}_`
  async function databaseNames(): Promise<readonly string[]> {
    const { rows } = await admin.database.query<{ datname: string }>(
      'select datname from pg_database where datname like $1',
      [`${prefix}%`],
    )
    return rows.map((row) => row.datname)
  }
  return {
    adminUrl: admin.url,
    prefix,
    databaseNames,
    async [Symbol.asyncDispose]() {
      for (const name of await databaseNames())
        await admin.database.query(`drop database ${pg.escapeIdentifier(name)} with (force)`)
      await admin[Symbol.asyncDispose]()
    },
  }
}

export type TestEstate = AsyncDisposable & { readonly server: TestServer; readonly databases: DemoDatabases }

export async function openTestEstate(options: Partial<SeedDemoOptions> = {}): Promise<TestEstate> {
  const server = await openTestServer()
  const { urls } = await seedDemoEstate({
    adminUrl: server.adminUrl,
    databasePrefix: server.prefix,
    size: tinySize,
    seed: 7,
    referenceTime,
    ...options,
  })
  const databases = openAll(urls)
  return {
    server,
    databases,
    async [Symbol.asyncDispose]() {
      await Promise.all(demoSystems.map((system) => databases[system][Symbol.asyncDispose]()))
      await server[Symbol.asyncDispose]()
    },
  }
}

function openAll(urls: Readonly<Record<DemoSystem, string>>): DemoDatabases {
  const open = (system: DemoSystem) => openPostgres({ url: urls[system], poolSize: 2, applicationName: 'demo-test' })
  return { erp: open('erp'), wms: open('wms'), oms: open('oms'), crm: open('crm'), psp: open('psp') }
}

export type Mapping = { readonly system: DemoSystem; readonly kind: string; readonly sql: string }

type EstateFile = {
  readonly systems: readonly {
    readonly id: DemoSystem
    readonly documents: readonly { readonly kind: string; readonly sql: string }[]
  }[]
}

export async function readMappings(): Promise<readonly Mapping[]> {
  const estate: EstateFile = JSON.parse(await readFile(assetPath('estates/demo/estate.json'), 'utf8'))
  return await Promise.all(
    estate.systems.flatMap((system) =>
      system.documents.map(async ({ kind, sql }) => ({
        system: system.id,
        kind,
        sql: await readFile(assetPath(`estates/demo/${sql}`), 'utf8'),
      })),
    ),
  )
}

export async function readDocuments(
  databases: DemoDatabases,
  system: DemoSystem,
  kind: string,
): Promise<readonly Row[]> {
  const mapping = (await readMappings()).find((candidate) => candidate.system === system && candidate.kind === kind)
  if (mapping === undefined) throw new TypeError(`Cannot read documents: the estate maps no ${kind} of ${system}`)
  const { rows } = await databases[system].query(`select key::text as key, data from (${mapping.sql}) d order by d.key`)
  return rows
}
