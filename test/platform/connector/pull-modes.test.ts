import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectorLog } from '../../../platform/connector/log.ts'
import { eventually, openConnectorStore, readEvents } from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { openShop, readThings, startSource, systemOf, thingMapping } from '../../support/source-database.ts'

let store: TestDatabase
let shop: TestDatabase
beforeEach(async () => {
  store = await openConnectorStore()
  shop = await openShop(30)
})
afterEach(async () => {
  await shop[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

const things = () => readThings(store.database)
const inShop = (text: string) => shop.database.query(text)
const pollSystem = (overlap: number) => systemOf(shop.url, { changes: { mode: 'poll', overlap } })

describe('polling by a high water', () => {
  it('finds what was touched since, in parent and child, and deletions', async () => {
    await using source = startSource(store.database, pollSystem(5_000))
    await source.connector.ready
    await inShop('update thing set price = 0.5, updated_at = now() where id = 2')
    await eventually(things, (now) => now['2']?.price === 0.5)
    await inShop("insert into part values (3, 2, 'late part', now())")
    await eventually(things, (now) => now['3']?.parts.length === 2)
    await inShop('delete from part where thing_id = 4; delete from thing where id = 4')
    await eventually(things, (now) => !('4' in now))
    expect(await readEvents(store.database)).toHaveLength(33)
  })

  it('sees a transaction that commits after later ones, by looking back over the overlap', async () => {
    await using source = startSource(store.database, pollSystem(60_000))
    await source.connector.ready
    await shop.database.transaction(async (late) => {
      await late.query('update thing set price = 0.25, updated_at = now() where id = 5')
      await inShop('update thing set price = 0.75, updated_at = clock_timestamp() where id = 6')
      await eventually(things, (now) => now['6']?.price === 0.75)
    })
    await eventually(things, (now) => now['5']?.price === 0.25)
  })

  it('goes on after a restart from where it was', async () => {
    {
      await using source = startSource(store.database, pollSystem(5_000))
      await source.connector.ready
    }
    await inShop('update thing set price = 0.5, updated_at = now() where id = 2')
    const progress: unknown[] = []
    await using source = startSource(store.database, pollSystem(5_000), { onProgress: (step) => progress.push(step) })
    await eventually(things, (now) => now['2']?.price === 0.5)
    expect(source.connector.system).toBe('shop')
    expect(progress).toEqual([])
  })

  it('follows a number that only grows', async () => {
    await inShop(
      'create table counted (id int primary key, version bigint not null); insert into counted select n, n from generate_series(1, 50) n',
    )
    const counted = {
      kind: 'thing',
      file: 'counted.sql',
      sql: "select id as key, jsonb_build_object('version', version) as data from counted",
      watch: [{ table: 'counted', key: 'id', highWater: 'version' }],
    }
    const system = systemOf(shop.url, { documents: [counted], changes: { mode: 'poll', overlap: 2 } })
    await using source = startSource(store.database, system)
    await source.connector.ready
    await inShop('update counted set version = 51 where id = 1')
    await eventually(things, (now) => JSON.stringify(now['1']) === '{"version":51}')
  })
})

describe('comparing', () => {
  it('finds changes and deletions without any mark in the source', async () => {
    await using source = startSource(store.database, systemOf(shop.url, { changes: { mode: 'compare' } }))
    await source.connector.ready
    await inShop(
      'update thing set price = 0.5 where id = 2; delete from part where thing_id = 4; delete from thing where id = 4',
    )
    await eventually(things, (now) => now['2']?.price === 0.5 && !('4' in now))
    expect(await readEvents(store.database)).toHaveLength(32)
    const { rows } = await shop.database.query(
      'select from pg_replication_slots where database = current_database()',
      [],
    )
    expect(rows).toEqual([])
  })
})

describe('replication the source does not allow', () => {
  it('falls back to polling for a role that may only read, says so, and leaves nothing behind', async () => {
    const role = `reader_${new URL(shop.url).pathname.slice(1, 20)}`
    await inShop(`create role ${role} login password 'secret'; grant select on all tables in schema public to ${role}`)
    const url = new URL(shop.url)
    url.username = role
    url.password = 'secret'
    const warnings: string[] = []
    const log: ConnectorLog = { info: () => {}, warn: (message) => void warnings.push(message) }
    try {
      await using source = startSource(store.database, { ...systemOf(shop.url), url: url.href }, { log })
      await source.connector.ready
      await inShop('update thing set price = 0.5, updated_at = now() where id = 2')
      await eventually(things, (now) => now['2']?.price === 0.5)
      expect(warnings).toEqual([
        expect.stringMatching(
          /^System shop cannot be followed by replication: .*permission denied.*; going on by poll$/,
        ),
      ])
    } finally {
      await inShop(`drop owned by ${role}; drop role ${role}`)
    }
    const { rows } = await shop.database.query('select pubname from pg_publication', [])
    expect(rows).toEqual([])
  })

  it("falls back to comparing rather than break the application's own updates", async () => {
    await inShop(
      'create table loose (id int, text text); insert into loose select n, n::text from generate_series(1, 3) n',
    )
    const loose = {
      kind: 'thing',
      file: 'loose.sql',
      sql: "select id as key, jsonb_build_object('text', text) as data from loose",
      watch: [{ table: 'loose', key: 'id' }],
    }
    const warnings: string[] = []
    const log: ConnectorLog = { info: () => {}, warn: (message) => void warnings.push(message) }
    await using source = startSource(
      store.database,
      systemOf(shop.url, { documents: [thingMapping, loose].slice(1) }),
      { log },
    )
    await source.connector.ready
    await inShop("update loose set text = 'changed' where id = 2")
    await eventually(things, (now) => JSON.stringify(now['2']) === '{"text":"changed"}')
    expect(warnings).toEqual([expect.stringContaining('table loose has no primary key')])
  })
})

describe('two processes on one system', () => {
  it('take turns: the second begins when the first is gone', async () => {
    const system = systemOf(shop.url, { changes: { mode: 'compare' } })
    const first = startSource(store.database, system)
    await first.connector.ready
    const begun: string[] = []
    const log: ConnectorLog = { info: (message) => void begun.push(message), warn: () => {} }
    await using _second = startSource(store.open(), system, { log })
    await eventually(isSecondTurnedAway, (away) => away)
    expect(begun).toEqual([])
    await first[Symbol.asyncDispose]()
    await eventually(
      async () => begun,
      (messages) => messages.length > 0,
    )
  })
})

/** True once a reader has asked for its turn again and again. */
async function isSecondTurnedAway(): Promise<boolean> {
  const { rows } = await shop.database.query(
    `select from pg_stat_activity
     where datname = current_database() and query like 'select pg_try_advisory_lock%' and state = 'idle'
       and state_change > backend_start + interval '600 ms'`,
    [],
  )
  return rows.length > 0
}
