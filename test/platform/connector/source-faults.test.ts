import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../platform/clock.ts'
import { createPostgresSource } from '../../../platform/connector/postgres-source.ts'
import { startChild } from '../../support/child.ts'
import {
  eventually,
  ingestOver,
  openConnectorStore,
  readEvents,
  readLetters,
  thingHandler,
} from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import {
  openBytesShop,
  openShop,
  readThings,
  startSource,
  systemOf,
  thingMapping,
  waitUntilUnwatched,
} from '../../support/source-database.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

let store: TestDatabase
beforeEach(async () => {
  store = await openConnectorStore()
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
})

const things = () => readThings(store.database)
const letters = async () => (await readLetters(store.database)).filter(({ open }) => open)

describe('rows that cannot be mapped', () => {
  it('are dead-lettered with their reason and raw form while all others flow on', async () => {
    await using shop = await openShop(120)
    await shop.database.query(
      "update thing set price = -3 where id = 5; update thing set sku = 'odd' where id in (7, 8)",
    )
    const strict = {
      ...thingMapping,
      sql: thingMapping.sql
        .replace(
          "'sku', t.sku",
          "'sku', t.sku, 'number', case when t.sku like 'S-%' then substr(t.sku, 3)::int else t.sku::int end",
        )
        .replace('t.id as key', 'nullif(t.id, 99) as key'),
    }
    await using source = startSource(store.database, systemOf(shop.url, { documents: [strict], pageSize: 50 }))
    await source.connector.ready
    expect(Object.keys(await things())).toHaveLength(116)
    const found = await letters()
    expect(found.map(({ key, field }) => [key, field])).toEqual([
      ['(no key, row 1)', 'key'],
      ['5', 'price'],
      ['7', null],
      ['8', null],
    ])
    expect(found[2]?.reason).toContain('invalid input syntax for type integer')
    const { rows } = await store.database.query(
      "select raw::text as raw from connector.dead_letters where key in ('5', '7') order by key",
      [],
    )
    expect(rows[0]?.raw).toContain('-3')
    expect(rows[1]?.raw).toContain('(7,odd,7.00')
    await shop.database.query("update thing set sku = 'S-8' where id = 8; update thing set price = 3 where id = 5")
    await eventually(letters, (open) => open.length === 2)
    expect((await things())['5']?.price).toBe(3)
  })

  it('are singled out when their bytes are no text, in the first read and in changes', async () => {
    await using shop = await openBytesShop(60)
    await shop.database.query("update thing set sku = convert_from('\\xc328'::bytea, 'SQL_ASCII') where id = 30")
    await using source = startSource(store.database, systemOf(shop.url))
    await source.connector.ready
    expect(Object.keys(await things())).toHaveLength(59)
    expect((await letters()).map(({ key }) => key)).toEqual(['30'])
    await shop.database.query("update thing set sku = convert_from('\\xff'::bytea, 'SQL_ASCII') where id = 31")
    await eventually(letters, (open) => open.length === 2)
    await shop.database.query('update thing set price = 0.5 where id = 32')
    await eventually(things, (now) => now['32']?.price === 0.5)
    const { rows } = await store.database.query(
      "select raw::text as raw from connector.dead_letters where key = '31'",
      [],
    )
    expect(rows[0]?.raw).toContain('\\\\377')
    await shop.database.query("update thing set sku = 'fine' where id in (30, 31)")
    await eventually(letters, (open) => open.length === 0)
  })

  it('keep coming to notice when even their key cannot be read', async () => {
    await using shop = await openBytesShop(1)
    await shop.database.query(
      "create table coded (code text primary key); insert into coded values ('a'), (convert_from('\\xff'::bytea, 'SQL_ASCII')), (convert_from('\\xfe'::bytea, 'SQL_ASCII')), ('b')",
    )
    const coded = {
      kind: 'thing',
      file: 'coded.sql',
      sql: "select code as key, '{}'::jsonb as data from coded",
      watch: [{ table: 'coded', key: 'code' }],
    }
    await using source = startSource(store.database, systemOf(shop.url, { documents: [coded], pageSize: 2 }))
    await source.connector.ready
    expect(Object.keys(await things())).toEqual(['a', 'b'])
    expect((await letters()).map(({ key }) => key)).toEqual([
      '(unreadable key 1 after b)',
      '(unreadable key 2 after b)',
    ])
  })

  it('are forgiven when the source deletes them', async () => {
    await using shop = await openShop(3)
    await shop.database.query('update thing set price = -1 where id = 2')
    await using source = startSource(store.database, systemOf(shop.url))
    await source.connector.ready
    expect(await letters()).toHaveLength(1)
    await shop.database.query('delete from part where thing_id = 2; delete from thing where id = 2')
    await eventually(letters, (open) => open.length === 0)
  })
})

describe('a source that is away', () => {
  it('is tried again until it is there, and caught up with when it went away meanwhile', async () => {
    await using shop = await openShop(20)
    const direct = new URL(shop.url)
    await using proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) })
    await proxy.down()
    const through = new URL(shop.url)
    through.hostname = '127.0.0.1'
    through.port = String(proxy.port)
    const system = { ...systemOf(through.href), url: through.href }
    {
      await using source = startSource(store.database, system)
      await eventually(syncState, (row) => row?.state === 'retrying')
      expect((await syncState())?.last_error).toBe('the source refused the connection')
      await proxy.up()
      await source.connector.ready
      await eventually(syncState, (row) => row?.state === 'live' && row.synced_at !== null)
      await proxy.down()
      await eventually(syncState, (row) => row?.state === 'retrying')
      await shop.database.query('update thing set price = 0.5 where id = 4')
      const syncedBefore = (await syncState())?.synced_at
      await proxy.up()
      await eventually(things, (now) => now['4']?.price === 0.5)
      const later = await eventually(
        syncState,
        (row) => row?.state === 'live' && Number(row.synced_at) > Number(syncedBefore),
      )
      expect(later?.last_error).toBeNull()
    }
    expect((await syncState())?.state).toBe('stopped')
  })

  it('keeps nobody waiting who can be answered from an earlier read', async () => {
    await using shop = await openShop(5)
    const system = systemOf(shop.url)
    {
      await using source = startSource(store.database, system)
      await source.connector.ready
      await eventually(syncState, (row) => row?.synced_at !== null && row?.state === 'live')
    }
    const unreachable = new URL(shop.url)
    unreachable.port = '1'
    const gone = createPostgresSource({
      system: { ...system, url: unreachable.href },
      estate: 'test',
      ingest: ingestOver(store.database, [thingHandler('thing')]),
      database: store.database,
      clock: systemClock,
    })
    const stop = new AbortController()
    const running = gone.run(stop.signal)
    await gone.ready
    expect((await eventually(syncState, (row) => row?.state === 'retrying'))?.synced_at).not.toBeNull()
    stop.abort()
    await running
  })

  it('tells a mapping that its tables do not answer, without an address', async () => {
    await using shop = await openShop(1)
    const broken = { ...thingMapping, sql: 'select id as key, nonsense as data from thing' }
    await using _source = startSource(store.database, systemOf(shop.url, { documents: [broken] }))
    const row = await eventually(syncState, (found) => found?.state === 'retrying')
    expect(row?.last_error).toContain('column "nonsense" does not exist')
    expect(row?.last_error).not.toContain('127.0.0.1')
  })
})

describe('a process that is killed', () => {
  it('five times during its first read leaves every document once', async () => {
    await using shop = await openShop(3_000)
    for (const at of ['read 40', 'read 400', 'read 9', 'read 1', 'read 2']) {
      await using child = startChild('import-child.ts', [store.url, shop.url])
      await child.line(at, 60_000)
      await child.kill('SIGKILL')
    }
    await waitUntilUnwatched(shop.url)
    await using source = startSource(store.database, systemOf(shop.url))
    await source.connector.ready
    await expectSame(shop)
    expect(await readEvents(store.database)).toHaveLength(3_000)
  }, 180_000)

  it('five times while the source keeps changing misses nothing', async () => {
    await using shop = await openShop(200)
    for (let round = 1; round <= 5; round += 1) {
      await using child = startChild('import-child.ts', [store.url, shop.url])
      await child.line('live', 60_000)
      for (let n = 1; n <= 40; n += 1) {
        await shop.database.query('update thing set price = price + 0.5 where id % 40 = $1', [n % 40])
      }
      await shop.database.query('delete from part where thing_id = $1', [round])
      await child.kill('SIGKILL')
    }
    await waitUntilUnwatched(shop.url)
    await using _source = startSource(store.database, systemOf(shop.url))
    await eventually(
      async () => await differences(shop),
      (count) => count === 0,
    )
    expect(await letters()).toEqual([])
  }, 180_000)
})

async function expectSame(shop: TestDatabase): Promise<void> {
  expect(await differences(shop)).toBe(0)
}

/** How many documents the source and the store do not agree on. */
async function differences(shop: TestDatabase): Promise<number> {
  const { rows } = await shop.database.query<{ key: string; data: unknown }>(
    `select d.key::text as key, d.data from (${thingMapping.sql}) d`,
    [],
  )
  const there = await things()
  const wrong = rows.filter(({ key, data }) => JSON.stringify(data) !== JSON.stringify(there[key]))
  return wrong.length + Math.abs(Object.keys(there).length - rows.length)
}

type SyncRow = { readonly state: string; readonly last_error: string | null; readonly synced_at: Date | null }

async function syncState(): Promise<SyncRow | undefined> {
  const { rows } = await store.database.query<SyncRow>(
    "select state, last_error, synced_at from connector.sync_state where system = 'shop'",
    [],
  )
  return rows[0]
}
