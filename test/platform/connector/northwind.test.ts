import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../platform/assets.ts'
import { systemClock } from '../../../platform/clock.ts'
import { loadEstate } from '../../../platform/connector/estate.ts'
import { createPostgresSource } from '../../../platform/connector/postgres-source.ts'
import { type RunningConnectors, startConnectors } from '../../../platform/connector/run.ts'
import { createEstateSource } from '../../../platform/connector/static-source.ts'
import { createCustomerSource } from '../../../subgraphs/customers/sources.ts'
import { financeSources } from '../../../subgraphs/finance/sources.ts'
import { channelSource, locationSource, stockSource } from '../../../subgraphs/inventory/sources.ts'
import { ordersSources } from '../../../subgraphs/orders/sources.ts'
import { priceSource, variantSource } from '../../../subgraphs/products/sources.ts'
import { eventually, ingestOver, openConnectorStore, readLetters } from '../../support/connector.ts'
import { openNorthwind } from '../../support/northwind.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { waitUntilUnwatched } from '../../support/source-database.ts'

const handlers = [
  channelSource,
  locationSource,
  stockSource,
  variantSource,
  priceSource,
  createCustomerSource('US'),
  ...ordersSources,
  ...financeSources,
]

let store: TestDatabase
let northwind: TestDatabase
let running: RunningConnectors
beforeAll(async () => {
  store = await openConnectorStore()
  northwind = await openNorthwind()
  const estate = await loadEstate(assetPath('estates/northwind'), { NORTHWIND_URL: northwind.url })
  const { database } = store
  const ingest = ingestOver(database, handlers)
  const deps = { ingest, database, clock: systemClock }
  running = startConnectors({
    connectors: [
      createEstateSource(estate, deps),
      ...estate.systems.map((system) => createPostgresSource({ ...deps, system, estate: estate.name })),
    ],
  })
  await running.ready
}, 120_000)
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  await waitUntilUnwatched(northwind.url)
  await northwind[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

async function countOf(kind: string): Promise<number> {
  const { rows } = await store.database.query<{ count: number }>(
    'select count(*)::int as count from connector.source_documents where kind = $1 and not deleted',
    [kind],
  )
  return rows[0]?.count ?? 0
}

async function documentOf(kind: string, key: string): Promise<unknown> {
  const { rows } = await store.database.query<{ data: unknown }>(
    'select data from connector.source_documents where kind = $1 and key = $2',
    [kind, key],
  )
  return rows[0]?.data
}

describe('Northwind, wrapped as it is', () => {
  it('comes in whole: every product, customer, order and line, and nothing is dead-lettered', async () => {
    expect(await readLetters(store.database)).toEqual([])
    const lines = await store.database.query<{ count: number }>(
      "select sum(jsonb_array_length(data -> 'lines'))::int as count from connector.source_documents where kind = 'order'",
      [],
    )
    expect({
      channels: await countOf('channel'),
      locations: await countOf('location'),
      variants: await countOf('variant'),
      prices: await countOf('price'),
      stock: await countOf('stock'),
      customers: await countOf('customer'),
      orders: await countOf('order'),
      lines: lines.rows[0]?.count,
      shipments: await countOf('shipment'),
    }).toEqual({
      channels: 1,
      locations: 1,
      variants: 77,
      prices: 77,
      stock: 77,
      customers: 91,
      orders: 830,
      lines: 2_155,
      shipments: 809,
    })
  })

  it('keeps amounts exact, though Northwind stores floats', async () => {
    const { rows } = await store.database.query(
      `select sum((line ->> 'unitPrice')::numeric * (line ->> 'quantity')::int - (line ->> 'discount')::numeric)::text as total
       from connector.source_documents, jsonb_array_elements(data -> 'lines') line where kind = 'order' and key = '10248'`,
      [],
    )
    expect(rows).toEqual([{ total: '440.00' }])
    expect(await documentOf('price', '5')).toMatchObject({ amount: '21.35', currency: 'USD' })
    expect(await documentOf('shipment', '10248')).toMatchObject({ cost: '32.38', carrier: 'Federal Shipping' })
  })

  it('ties the six orders of customer ALFKI to one profile', async () => {
    const { rows } = await store.database.query(
      `select count(*)::int as orders, count(distinct n.id)::int as profiles
       from connector.source_documents d
       join connector.natural_keys n
         on n.kind = 'customer-profile' and n.namespace = 'northwind' and n.value = d.data -> 'customer' ->> 'value'
       where d.kind = 'order' and d.data -> 'customer' ->> 'value' = 'ALFKI'`,
      [],
    )
    expect(rows).toEqual([{ orders: 6, profiles: 1 }])
  })

  it('shows a stock update within a second, as one event', async () => {
    const before = await stockEvents()
    const startedAt = performance.now()
    await northwind.database.query('update products set units_in_stock = units_in_stock + 100 where product_id = 11')
    await eventually(stockEvents, (count) => count > before, 10_000)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(await documentOf('stock', '11')).toMatchObject({ onHand: 122 })
    expect(await stockEvents()).toBe(before + 1)
  })

  it('re-reads the products of a category when it is renamed', async () => {
    await northwind.database.query("update categories set category_name = 'Fish' where category_id = 8")
    await eventually(
      () => documentOf('variant', '10'),
      (data) => JSON.stringify(data).includes('"Fish"'),
    )
  })
})

async function stockEvents(): Promise<number> {
  const { rows } = await store.database.query<{ count: number }>(
    `select count(*)::int as count from event_log.events
     where type in ('retail.inventory.stock-counted.v1', 'retail.inventory.stock-adjusted.v1')`,
    [],
  )
  return rows[0]?.count ?? 0
}
