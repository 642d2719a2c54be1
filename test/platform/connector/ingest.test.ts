import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../platform/sql/database.ts'
import {
  documentOf,
  ingestOver,
  openConnectorStore,
  readEvents,
  readLetters,
  thingHandler,
} from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'

let store: TestDatabase
beforeEach(async () => {
  store = await openConnectorStore()
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
})

describe('ingest', () => {
  it('turns new documents into events and drops those whose content is as before', async () => {
    const ingest = ingestOver(store.database, [thingHandler('thing')])
    const first = await ingest.deliver({
      system: 'erp',
      documents: [documentOf('1', { price: 1, name: 'a' }), documentOf('2', { price: 2 })],
    })
    expect(first).toEqual({ changed: 2, unchanged: 0, deadLettered: 0, events: 2 })
    const again = await ingest.deliver({ system: 'erp', documents: [documentOf('1', { name: 'a', price: 1 })] })
    expect(again).toEqual({ changed: 0, unchanged: 1, deadLettered: 0, events: 0 })
    expect(await readEvents(store.database)).toHaveLength(2)
  })

  it('hands the previous content to the handler, and none after a deletion', async () => {
    const ingest = ingestOver(store.database, [thingHandler('thing')])
    await ingest.deliver({ system: 'erp', documents: [documentOf('1', { price: 1 })] })
    await ingest.deliver({ system: 'erp', documents: [documentOf('1', { price: 2 })] })
    await ingest.deliver({ system: 'erp', documents: [documentOf('1', null)] })
    await ingest.deliver({ system: 'erp', documents: [documentOf('1', null), documentOf('never', null)] })
    await ingest.deliver({ system: 'erp', documents: [documentOf('1', { price: 2 })] })
    const events = await readEvents(store.database)
    expect(events.map(({ data }) => [data.before, data.now])).toEqual([
      [null, { price: 1 }],
      [{ price: 1 }, { price: 2 }],
      [{ price: 2 }, null],
      [null, { price: 2 }],
    ])
    expect(new Set(events.map(({ subject }) => subject)).size).toBe(1)
  })

  it('dead-letters what cannot be mapped once, lets the rest flow on, and resolves it by a good version', async () => {
    const ingest = ingestOver(store.database, [thingHandler('thing')])
    const bad = documentOf('bad', { price: -1 })
    const outcome = await ingest.deliver({
      system: 'erp',
      documents: [bad, documentOf('good', { price: 1 }), documentOf('x', { price: 1 }, { kind: 'riddle' })],
    })
    expect(outcome).toEqual({ changed: 1, unchanged: 0, deadLettered: 2, events: 1 })
    await ingest.deliver({ system: 'erp', documents: [bad] })
    expect(await readLetters(store.database)).toEqual([
      expect.objectContaining({ kind: 'riddle', key: 'x', reason: expect.stringContaining('no handler'), open: true }),
      {
        kind: 'thing',
        key: 'bad',
        reason: 'Cannot read thing: price is -1, allowed is at least 0',
        field: 'price',
        attempts: 2,
        open: true,
      },
    ])
    await ingest.deliver({ system: 'erp', documents: [documentOf('bad', { price: 3 })] })
    expect((await readLetters(store.database)).map(({ key, open }) => [key, open])).toEqual([
      ['x', true],
      ['bad', false],
    ])
  })

  it('isolates a document the store itself refuses, with its raw form', async () => {
    const ingest = ingestOver(store.database, [thingHandler('thing')])
    const documents = Array.from({ length: 7 }, (_, n) => documentOf(`k${n}`, { note: n === 4 ? 'a\u0000b' : 'fine' }))
    const outcome = await ingest.deliver({
      system: 'erp',
      documents,
      checkpoint: { name: 'page', value: { after: 6 } },
    })
    expect(outcome).toEqual({ changed: 6, unchanged: 0, deadLettered: 1, events: 6 })
    const letters = await store.database.query('select key, raw::text as raw from connector.dead_letters', [])
    expect(letters.rows).toEqual([{ key: 'k4', raw: '{"note":"a\\u0000b"}' }])
    const checkpoints = await store.database.query('select name, value from connector.checkpoints', [])
    expect(checkpoints.rows).toEqual([{ name: 'page', value: { after: 6 } }])
  })

  it('stores a checkpoint together with the batch, and nothing when the batch fails', async () => {
    const ingest = ingestOver(store.database, [thingHandler('thing')])
    await store.database.query("alter table connector.checkpoints add check (name <> 'refused') not valid", [])
    await expect(
      ingest.deliver({ system: 'erp', documents: [], checkpoint: { name: 'refused', value: {} } }),
    ).rejects.toMatchObject({ code: 'INTERNAL', cause: expect.objectContaining({ code: '23514' }) })
    await ingest.deliver({ system: 'erp', documents: [], checkpoint: { name: 'kept', value: { at: 1 } } })
    const { rows } = await store.database.query('select name from connector.checkpoints', [])
    expect(rows).toEqual([{ name: 'kept' }])
  })

  it('takes no more statements for 500 documents than for 5', async () => {
    const ingest = ingestOver(store.database, [thingHandler('thing')])
    const cost = async (from: number, count: number): Promise<number> => {
      const before = store.database.statementCount()
      const documents = Array.from({ length: count }, (_, n) =>
        documentOf(`${from + n}`, { price: n, sku: `S${from + n}` }),
      )
      await ingest.deliver({ system: 'erp', documents })
      return store.database.statementCount() - before
    }
    const few = await cost(0, 5)
    expect(await cost(1_000, 500)).toBe(few)
    expect(few).toBeLessThan(20)
  })

  it('normalises again what an older version of the handler saw', async () => {
    await ingestOver(store.database, [thingHandler('thing')]).deliver({
      system: 'erp',
      documents: [documentOf('1', { price: 1 })],
    })
    const newer = ingestOver(store.database, [thingHandler('thing', 'variant', 2)])
    const outcome = await newer.deliver({ system: 'erp', documents: [documentOf('1', { price: 1 })] })
    expect(outcome).toEqual({ changed: 1, unchanged: 0, deadLettered: 0, events: 1 })
  })

  it('keeps the count of events right when two processes deliver the same documents at once', async () => {
    const documents = Array.from({ length: 50 }, (_, n) => documentOf(`${n}`, { price: n }))
    const outcomes = await Promise.all(
      [store.database, store.open(), store.open()].map((database) =>
        ingestOver(database, [thingHandler('thing')]).deliver({ system: 'erp', documents }),
      ),
    )
    expect(outcomes.reduce((sum, { events }) => sum + events, 0)).toBe(50)
    expect(await readEvents(store.database)).toHaveLength(50)
  })

  it('looks again when another process stored the same document between its read and its write', async () => {
    const handlers = [thingHandler('thing')]
    const other = ingestOver(store.open(), handlers)
    await other.deliver({ system: 'erp', documents: [documentOf('1', { price: 1 })] })
    let overtake = true
    const overtaken: Database = {
      ...store.database,
      async transaction(work, options) {
        if (overtake) await other.deliver({ system: 'erp', documents: [documentOf('1', { price: 2 })] })
        overtake = false
        return await store.database.transaction(work, options)
      },
    }
    await ingestOver(overtaken, handlers).deliver({ system: 'erp', documents: [documentOf('1', { price: 3 })] })
    const events = await readEvents(store.database)
    expect(events.map(({ data }) => [data.before, data.now])).toEqual([
      [null, { price: 1 }],
      [{ price: 1 }, { price: 2 }],
      [{ price: 2 }, { price: 3 }],
    ])
  })

  it('drops an older document only where the delivery may arrive out of order', async () => {
    const ingest = ingestOver(store.database, [thingHandler('thing')])
    const at = (second: number) => ({ receivedAt: `2026-01-01T00:00:0${second}.000Z` })
    await ingest.deliver({ system: 'erp', documents: [documentOf('1', { price: 2 }, at(2))] })
    const late = documentOf('1', { price: 1 }, at(1))
    expect(await ingest.deliver({ system: 'erp', documents: [late], skipOlder: true })).toMatchObject({ changed: 0 })
    expect(await ingest.deliver({ system: 'erp', documents: [late] })).toMatchObject({ changed: 1 })
  })

  it('refuses a batch past its bound', () => {
    const ingest = ingestOver(store.database, [])
    const documents = Array.from({ length: 5_001 }, (_, n) => documentOf(`${n}`, null))
    expect(() => ingest.deliver({ system: 'erp', documents })).toThrow(/allowed are at most 5000/)
  })
})
