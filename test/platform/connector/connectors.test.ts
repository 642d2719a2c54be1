import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../platform/clock.ts'
import { createPostgresSource } from '../../../platform/connector/postgres-source.ts'
import { createProgressTeller } from '../../../platform/connector/progress.ts'
import { startConnectors } from '../../../platform/connector/run.ts'
import { createEstateSource, createStaticSource } from '../../../platform/connector/static-source.ts'
import type { Database } from '../../../platform/sql/database.ts'
import { describeConnector } from '../../contracts/connector.ts'
import { ingestOver, openConnectorStore, readEvents, thingHandler } from '../../support/connector.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { openShop, systemOf, waitUntilUnwatched } from '../../support/source-database.ts'

const staticOver = (database: Database, keys: readonly string[]) =>
  createStaticSource({
    system: 'estate',
    documents: keys.map((key) => ({ kind: 'thing', key, data: { price: 1 } })),
    ingest: ingestOver(database, [thingHandler('thing')]),
    database,
    clock: systemClock,
  })

describeConnector('the SQL source', async () => {
  const shop = await openShop(3)
  const system = systemOf(shop.url)
  return {
    system: system.id,
    connect: (database) =>
      createPostgresSource({
        system,
        estate: 'test',
        ingest: ingestOver(database, [thingHandler('thing')]),
        database,
        clock: systemClock,
      }),
    released: () => waitUntilUnwatched(shop.url),
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  }
})

describeConnector('the static source', async () => ({
  system: 'estate',
  connect: (database) => staticOver(database, ['a', 'b', 'c']),
  released: async () => {},
  [Symbol.asyncDispose]: async () => {},
}))

describe('what the estate file says', () => {
  it('is delivered as documents of their own, and as gone when a later file is silent about it', async () => {
    await using store = await openConnectorStore()
    const { database } = store
    const deps = { database, clock: systemClock, ingest: ingestOver(database, [thingHandler('channel')]) }
    const channel = (id: string) => ({ id, name: id, kind: 'WEB', methods: ['SHIP'] })
    const starts = [[channel('web'), channel('app')], [channel('web')]]
    for (const channels of starts) {
      await using connectors = startConnectors({ connectors: [createEstateSource({ channels, documents: [] }, deps)] })
      await connectors.ready
      expect(connectors.pending()).toEqual([])
    }
    const events = await readEvents(database)
    expect(events.map(({ type, data }) => [type, data.key])).toEqual([
      ['test.thing.changed.v1', 'web'],
      ['test.thing.changed.v1', 'app'],
      ['test.thing.removed.v1', 'app'],
    ])
  })
})

describe('running connectors', () => {
  it('names the systems that are not read yet, and stops all of them', async () => {
    await using store = await openConnectorStore()
    const { database } = store
    const unreachable = createPostgresSource({
      system: systemOf('postgresql://nobody@127.0.0.1:1/nothing'),
      estate: 'test',
      ingest: ingestOver(database, []),
      database,
      clock: systemClock,
    })
    const ready = staticOver(database, ['a'])
    const connectors = startConnectors({ connectors: [ready, unreachable] })
    await ready.ready
    expect(connectors.pending()).toEqual(['shop'])
    await connectors[Symbol.asyncDispose]()
    await expect(connectors.ready).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })
})

describe('progress', () => {
  it('is told a line at a time: the first, the last, and some between', () => {
    const clock = createFakeClock()
    const lines: string[] = []
    const tell = createProgressTeller((line) => void lines.push(line), clock.now)
    const steps = [0, 500, 1_000, 12_000, 20_000]
    for (const done of steps) {
      tell({ system: 'oms', kind: 'order', done, total: 20_000 })
      clock.advance(400)
    }
    tell({ system: 'erp', kind: 'price', done: 1_234, total: null })
    expect(lines).toEqual([
      'oms order 0/20,000',
      'oms order 12,000/20,000',
      'oms order 20,000/20,000',
      'erp price 1,234',
    ])
  })
})
