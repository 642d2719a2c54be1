import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openMigratedDatabase, openTestDatabase, type TestDatabase } from './postgres.ts'
import { familyOf } from './template-database.ts'

let folder: string
let server: TestDatabase
let owner: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storeloom-template-'))
  server = await openTestDatabase()
  owner = randomUUID()
})
afterEach(async () => {
  for (const name of await templates()) await server.database.query(`drop database ${name}`)
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const open = () => openMigratedDatabase({ owner, folder })
const write = (text: string) => writeFile(join(folder, '001-thing.sql'), text)

async function templates(): Promise<readonly string[]> {
  const { rows } = await server.database.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [familyOf([{ owner, folder }])],
  )
  return rows.map(({ datname }) => datname)
}

async function things(test: TestDatabase): Promise<unknown> {
  const { rows } = await test.database.query<{ things: string[] }>('select array_agg(name) as things from thing')
  return rows[0]?.things
}

it('all who ask for the same migrations at once get databases of their own, copied from one template', async () => {
  await write("create table thing (name text); insert into thing values ('first')")
  const [one, two, three] = await Promise.all([open(), open(), open()])
  await one.database.query("insert into thing values ('of one alone')")
  expect([await things(two), await things(three)]).toEqual([['first'], ['first']])
  expect(await templates()).toHaveLength(1)
  await Promise.all([one, two, three].map((test) => test[Symbol.asyncDispose]()))
})

it('migrations that have changed take the place of the former ones', async () => {
  await write("create table thing (name text); insert into thing values ('first')")
  await (await open())[Symbol.asyncDispose]()
  const [former] = await templates()
  await write("create table thing (name text); insert into thing values ('second')")
  await using now = await open()
  expect(await things(now)).toEqual(['second'])
  expect(await templates()).toEqual([expect.not.stringMatching(former ?? '')])
})
