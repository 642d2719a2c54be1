import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUrls, demoVariables } from '../../../estates/demo/seed.ts'
import { assetPath } from '../../../platform/assets.ts'
import type { SourceHandler } from '../../../platform/connector/connector.ts'
import { loadEstate } from '../../../platform/connector/estate.ts'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { createCustomerSource } from '../../../subgraphs/customers/sources.ts'
import { financeSources } from '../../../subgraphs/finance/sources.ts'
import { feedSource } from '../../../subgraphs/inventory/feeds/feed-source.ts'
import { channelSource, locationSource, stockSource } from '../../../subgraphs/inventory/sources.ts'
import { termSources } from '../../../subgraphs/inventory/term-sources.ts'
import { ordersSources } from '../../../subgraphs/orders/sources.ts'
import { priceSource, variantSource } from '../../../subgraphs/products/sources.ts'
import { ingestOver, openConnectorStore } from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { openTestEstate, readDocuments, type TestEstate } from './estate.ts'

const handlers: readonly SourceHandler[] = [
  channelSource,
  locationSource,
  stockSource,
  feedSource,
  ...termSources,
  variantSource,
  priceSource,
  createCustomerSource('DE'),
  ...ordersSources,
  ...financeSources,
]

describe('documents of the demo estate', () => {
  let estate: TestEstate
  let store: TestDatabase
  beforeAll(async () => {
    estate = await openTestEstate()
    store = await openConnectorStore()
  }, 120_000)
  afterAll(async () => {
    await store[Symbol.asyncDispose]()
    await estate[Symbol.asyncDispose]()
  })

  it('are all accepted by the subgraphs', async () => {
    const file = await loadEstate(assetPath('estates/demo'), demoVariables(demoUrls('postgresql://u@127.0.0.1/x')))
    const ingest = ingestOver(store.database, handlers)
    const receivedAt = new Date().toISOString()
    const channels = file.channels.map((channel) => ({
      system: 'estate',
      kind: 'channel',
      key: channel.id,
      data: { ...channel } as JsonObject,
      receivedAt,
    }))
    const counts = new Map([['estate channel', await ingest.deliver({ system: 'estate', documents: channels })]])
    for (const { id, documents } of file.systems) {
      for (const { kind } of documents) {
        const rows = await readDocuments(estate.databases, id as 'erp', kind)
        const read = rows.map(({ key, data }) => ({
          system: id,
          kind,
          key: String(key),
          data: data as JsonObject,
          receivedAt,
        }))
        counts.set(`${id} ${kind}`, await ingest.deliver({ system: id, documents: read }))
      }
    }
    const { rows: letters } = await store.database.query(
      'select system, kind, key, reason from connector.dead_letters limit 5',
    )
    expect(letters).toEqual([])
    expect([...counts].map(([name, { changed }]) => [name, changed > 0])).toEqual(
      [...counts].map(([name]) => [name, true]),
    )
    expect(counts.size).toBe(19)

    // What several systems name is one thing: as many ids as there are things, and no name that means two.
    const { rows: conflicts } = await store.database.query(
      'select kind, namespace, value from connector.identity_conflicts',
    )
    expect(conflicts).toEqual([])
    const { rows: ids } = await store.database.query(
      'select kind, count(distinct id)::int as things from connector.natural_keys group by 1',
    )
    const things = Object.fromEntries(ids.map((row) => [String(row.kind), row.things]))
    expect(things).toMatchObject({ variant: 50, location: 5, order: 207, payment: 207 })
  }, 60_000)
})
