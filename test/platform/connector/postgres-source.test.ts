import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, openConnectorStore, readEvents, readLetters } from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { openShop, readThings, startSource, systemOf } from '../../support/source-database.ts'

let store: TestDatabase
let shop: TestDatabase
beforeEach(async () => {
  store = await openConnectorStore()
  shop = await openShop(250)
})
afterEach(async () => {
  await shop[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

const things = () => readThings(store.database)
const inShop = (text: string) => shop.database.query(text)

describe('a source followed by replication', () => {
  it('is read whole, then shows an update, a new child row and a deletion', async () => {
    await using source = startSource(store.database, systemOf(shop.url))
    await source.connector.ready
    expect(Object.keys(await things())).toHaveLength(250)
    expect(await readEvents(store.database)).toHaveLength(250)
    await inShop('update thing set price = 99.5 where id = 7')
    await eventually(things, (now) => now['7']?.price === 99.5)
    await inShop("insert into part values (8, 2, 'a second part')")
    await eventually(things, (now) => now['8']?.parts.length === 2)
    await inShop('delete from part where thing_id = 9; delete from thing where id = 9')
    await eventually(things, (now) => !('9' in now))
    const events = await readEvents(store.database)
    expect(events.at(-1)).toMatchObject({ type: 'test.thing.removed.v1', data: { key: '9' } })
  })

  it('makes one event of many changes of one document in a transaction', async () => {
    await using source = startSource(store.database, systemOf(shop.url))
    await source.connector.ready
    await inShop('begin; update thing set price = 1.5 where id = 3; update thing set price = 2.5 where id = 3; commit')
    await eventually(things, (now) => now['3']?.price === 2.5)
    await inShop('update thing set price = 4.5 where id = 4')
    await eventually(things, (now) => now['4']?.price === 4.5)
    const prices = (await readEvents(store.database)).slice(250).map(({ data }) => data.now)
    expect(prices).toEqual([expect.objectContaining({ price: 2.5 }), expect.objectContaining({ price: 4.5 })])
  })

  it('goes on after a restart with what changed meanwhile, without reading everything again', async () => {
    const system = systemOf(shop.url)
    {
      await using source = startSource(store.database, system)
      await source.connector.ready
      await eventually(syncedAt, (at) => at !== null)
    }
    await inShop(
      'update thing set price = 0.5 where id in (1, 2); delete from part where thing_id = 5; delete from thing where id = 5',
    )
    const progress: unknown[] = []
    await using source = startSource(store.database, system, { onProgress: (step) => progress.push(step) })
    await source.connector.ready
    await eventually(things, (now) => now['1']?.price === 0.5 && now['2']?.price === 0.5 && !('5' in now))
    expect(progress).toEqual([])
  })

  it('reads everything again when its slot was lost, and finds what vanished', async () => {
    const system = systemOf(shop.url)
    {
      await using source = startSource(store.database, system)
      await source.connector.ready
    }
    await inShop(`select pg_drop_replication_slot('${system.changes.slot}')`)
    await inShop(
      'update thing set price = 0.5 where id = 1; delete from part where thing_id = 5; delete from thing where id = 5',
    )
    await using _source = startSource(store.database, system)
    await eventually(things, (now) => now['1']?.price === 0.5 && Object.keys(now).length === 249)
  })

  it('is read again on demand, beside what is followed, and brings back what was lost on the way', async () => {
    await using source = startSource(store.database, systemOf(shop.url))
    const { connector } = source
    expect(await connector.reread?.('thing', AbortSignal.timeout(10_000))).toBe(false)
    await connector.ready
    await store.database.query("delete from connector.source_documents where kind = 'thing' and key = '7'")
    expect(Object.keys(await things())).toHaveLength(249)
    await eventually(
      async () => await connector.reread?.('thing', AbortSignal.timeout(10_000)),
      (done) => done === true,
    )
    expect(Object.keys(await things())).toHaveLength(250)
    const events = (await readEvents(store.database)).slice(250)
    expect(events.map(({ data }) => data.key)).toEqual(['7'])
    expect(await connector.reread?.('nothing', AbortSignal.timeout(10_000))).toBe(false)
  })

  it('says how fresh it is while nothing happens, and keeps no log in the source', async () => {
    await using source = startSource(store.database, systemOf(shop.url))
    await source.connector.ready
    const first = await eventually(syncedAt, (at) => at !== null)
    await eventually(syncedAt, (at) => at !== null && first !== null && at.getTime() > first.getTime())
    // Work of others in the same server that concerns no watched table.
    await inShop('create table other as select generate_series(1, 10000)')
    const { rows } = await shop.database.query<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn', [])
    await eventually(
      async () => {
        const slots = await shop.database.query<{ ok: boolean }>(
          `select confirmed_flush_lsn >= '${rows[0]?.lsn}'::pg_lsn as ok from pg_replication_slots where database = current_database()`,
        )
        return slots.rows[0]?.ok
      },
      (ok) => ok === true,
    )
  })

  it('changes nothing in the source but a publication and a slot', async () => {
    const shape = async () => (await shop.database.query(shapeText, [])).rows
    const before = await shape()
    {
      await using source = startSource(store.database, systemOf(shop.url))
      await source.connector.ready
    }
    expect(await shape()).toEqual(before)
    const { rows } = await shop.database.query('select tablename from pg_publication_tables order by 1', [])
    expect(rows).toEqual([{ tablename: 'part' }, { tablename: 'thing' }])
  })

  it('finds a deletion whose key the source does not tell', async () => {
    await inShop("create table note (id int primary key, thing_id int, text text); insert into note values (1, 3, 'x')")
    const mapping = {
      kind: 'thing',
      file: 'notes.sql',
      sql: "select t.id as key, jsonb_build_object('notes', (select count(*) from note n where n.thing_id = t.id)) as data from thing t",
      watch: [{ table: 'note', key: 'thing_id' }],
    }
    await using source = startSource(store.database, systemOf(shop.url, { documents: [mapping] }))
    await source.connector.ready
    await inShop('delete from note')
    await eventually(things, (now) => JSON.stringify(now['3']) === '{"notes":0}')
  })

  it('follows a key that changes, and a table that is emptied', async () => {
    await using source = startSource(store.database, systemOf(shop.url))
    await source.connector.ready
    await inShop('delete from part where thing_id = 1; update thing set id = 1000 where id = 1')
    await eventually(things, (now) => !('1' in now) && '1000' in now)
    await inShop('truncate part')
    await eventually(things, (now) => Object.values(now).every(({ parts }) => parts.length === 0))
  })

  it('re-reads the documents a lookup names when a table they borrow from changes', async () => {
    await inShop("create table label (id int primary key, text text); insert into label values (1, 'old')")
    const mapping = {
      kind: 'thing',
      file: 'labels.sql',
      sql: "select t.id as key, jsonb_build_object('label', (select text from label l where l.id = t.id % 2)) as data from thing t",
      watch: [
        { table: 'thing', key: 'id' },
        { table: 'label', key: 'id', lookup: 'select id from thing where id % 2 = any($1::int[])' },
      ],
    }
    await using source = startSource(store.database, systemOf(shop.url, { documents: [mapping] }))
    await source.connector.ready
    await inShop("update label set text = 'new'")
    await eventually(
      async () => JSON.stringify(await things()).match(/"new"/g)?.length,
      (count) => count === 125,
    )
  })

  it('reads a kind again when its mapping changed', async () => {
    const system = systemOf(shop.url)
    {
      await using source = startSource(store.database, system)
      await source.connector.ready
    }
    const documents = system.documents.map((document) => ({
      ...document,
      sql: document.sql.replace("'part of '", "'part of '").replace('t.price::float8', '(t.price + 1)::float8'),
    }))
    await using _source = startSource(store.database, { ...system, documents })
    await eventually(things, (now) => now['1']?.price === 2 && now['250']?.price === 251)
    expect(await readLetters(store.database)).toEqual([])
  })
})

async function syncedAt(): Promise<Date | null> {
  const { rows } = await store.database.query<{ synced_at: Date | null }>(
    "select synced_at from connector.sync_state where system = 'shop'",
    [],
  )
  return rows[0]?.synced_at ?? null
}

const shapeText = `select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'
  union all select tgname, tgrelid::regclass::text, '' from pg_trigger where not tgisinternal
  union all select proname, '', '' from pg_proc where pronamespace = 'public'::regnamespace order by 1, 2`
