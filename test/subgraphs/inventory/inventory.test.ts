import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SourceHandler } from '../../../platform/connector/connector.ts'
import { createInventory } from '../../../subgraphs/inventory/index.ts'
import { shuffle } from '../../support/shuffle.ts'
import { fresh, openSubgraphWorld, type SubgraphWorld, type SubgraphWorldDeps } from '../../support/subgraph-world.ts'
import { channelDocument, locationDocument, stockDocument } from './documents.ts'

let world: SubgraphWorld
beforeEach(async () => {
  const slow = { ...fresh('pos'), syncedAt: new Date('2026-10-01T11:59:30.000Z') }
  const never = { ...fresh('old'), syncedAt: null }
  world = await openSubgraphWorld(createInventoryBesideCatalogue, [fresh('erp'), slow, never])
  await world.deliver('channel', {
    web: channelDocument('web', { locationKinds: ['DC', 'STORE'], methods: ['SHIP'] }),
    outlet: channelDocument('outlet', { locationCodes: ['S1'] }),
  })
  await world.deliver('location', {
    1: locationDocument('DC1', { kind: 'DC', capabilities: ['SHIP'] }),
    2: locationDocument('S1'),
    3: locationDocument('S2', { active: false }),
    4: locationDocument('V1', { kind: 'VENDOR' }),
  })
  await world.deliver('catalogue', { A: { variant: 'A' }, B: { variant: 'B' } })
  await world.deliver('stock', {
    a1: stockDocument('A', 'DC1', { onHand: 50, damaged: 10, committed: 10 }),
    a2: stockDocument('A', 'S2', { onHand: 100 }),
    a3: stockDocument('A', 'V1', { onHand: 100 }),
  })
  await world.deliver('stock', { a4: stockDocument('A', 'S1', { onHand: 5 }) }, 'pos')
})
afterEach(() => world[Symbol.asyncDispose]())

const availability = `query ($channelId: ID!, $items: [AvailabilityItem!]!, $method: FulfillmentMethod) {
  availability(channelId: $channelId, items: $items, method: $method) {
    ats status largestSingleLocation byLocation { available location { code } } asOf provenance { system staleness }
  }
}`

describe('availability', () => {
  it('counts the locations that serve the channel, and tells the age of the oldest source', async () => {
    const { availability: answers } = await world.ask(availability, {
      channelId: 'web',
      items: [{ sku: 'A' }, { sku: 'B' }, { sku: 'nothing' }, { variantId: 'var_unknown' }],
    })
    expect(answers).toEqual([
      {
        ats: 35,
        status: 'IN_STOCK',
        largestSingleLocation: 30,
        byLocation: [
          { available: 30, location: { code: 'DC1' } },
          { available: 5, location: { code: 'S1' } },
        ],
        asOf: '2026-10-01T11:59:30.000Z',
        provenance: { system: 'pos', staleness: 'STALE' },
      },
      null,
      null,
      null,
    ])
  })

  it('follows the channel and the method', async () => {
    const ask = async (channelId: string, method: string) => {
      const { availability: answers } = await world.ask(availability, { channelId, method, items: [{ sku: 'A' }] })
      return (answers as { ats: number; status: string }[]).map(({ ats, status }) => [ats, status])[0]
    }
    expect(await ask('outlet', 'PICKUP')).toEqual([5, 'LOW_STOCK'])
    expect(await ask('web', 'PICKUP')).toEqual([0, 'OUT_OF_STOCK'])
    await world.deliver('location', { 2: locationDocument('S1', { active: false }) })
    expect(await ask('outlet', 'PICKUP')).toEqual([0, 'OUT_OF_STOCK'])
  })

  it('of 200 variants is answered without SQL when nothing changed, and anew after a movement', async () => {
    const skus = Array.from({ length: 200 }, (_, n) => `SKU-${n}`)
    await world.deliver('catalogue', Object.fromEntries(skus.map((sku) => [sku, { variant: sku }])))
    await world.deliver('stock', Object.fromEntries(skus.map((sku) => [sku, stockDocument(sku, 'DC1')])))
    const asked = { channelId: 'web', items: skus.map((sku) => ({ sku })) }
    // SKUs, positions, holds, terms and catalogue of variants, terms of all, and the network's two tables.
    expect(await world.statementsOf(availability, asked)).toBe(8)
    expect(await world.statementsOf(availability, asked)).toBe(0)
    await world.deliver('stock', { 'SKU-7': stockDocument('SKU-7', 'DC1', { onHand: 3 }) })
    expect(await world.statementsOf(availability, asked)).toBe(1)
    const { availability: answers } = await world.ask(availability, asked)
    expect((answers as { ats: number }[]).map(({ ats }) => ats)).toEqual(skus.map((sku) => (sku === 'SKU-7' ? 3 : 10)))
  })

  it('of entity references is batched as well', async () => {
    const { rows } = await world.database.query<{ id: string }>('select id from inventory.variants order by sku')
    const of = rows.map(({ id }) => ({ __typename: 'Variant', id }))
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Variant { availability(channelId: "web") { ats } positions { edges { node { location { code } } } } } } }`
    expect(of).toHaveLength(2)
    expect(await world.statementsOf(query, { of })).toBe(7)
    const { _entities } = await world.ask(query, { of })
    expect(_entities).toMatchObject([{ availability: { ats: 35 } }, { availability: null, positions: { edges: [] } }])
  })

  it('is unknown when no source of it was ever read whole', async () => {
    await world.deliver('stock', { b1: stockDocument('B', 'DC1') }, 'old')
    const { availability: answers } = await world.ask(availability, { channelId: 'web', items: [{ sku: 'B' }] })
    const provenance = { system: 'old', staleness: 'UNKNOWN' }
    expect(answers).toMatchObject([{ ats: 10, status: 'UNKNOWN', asOf: null, provenance }])
  })

  it('refuses bad questions, saying what is allowed', async () => {
    const items = [{ sku: 'A' }]
    const refusals = await Promise.all([
      world.tryToAsk(availability, { channelId: 'nowhere', items }),
      world.tryToAsk(availability, { channelId: 'web', items: Array.from({ length: 201 }, () => ({ sku: 'A' })) }),
      world.tryToAsk(availability, { channelId: 'web', items: [{ sku: 'A', variantId: 'x' }] }),
      world.tryToAsk(availability, { channelId: 'web', items: [{}] }),
      world.tryToAsk(
        '{ availability(channelId: "web", items: [{ sku: "A" }]) { byLocation(first: 0) { available } } }',
      ),
      world.tryToAsk('{ location { id } }'),
    ])
    expect(refusals.map(({ errors }) => errors?.[0]?.message)).toEqual([
      'Cannot tell availability: channelId is "nowhere", allowed is a channel of the estate',
      'Cannot tell availability: items is 201 entries, allowed is at most 200',
      'Cannot tell availability: items.0 is both of variantId and sku, allowed is exactly one of them',
      'Cannot tell availability: items.0 is neither of variantId and sku, allowed is exactly one of them',
      'Cannot tell availability: first is 0, allowed is 1 to 500',
      'Cannot find a location: neither of id and code is given, allowed is one',
    ])
    expect(refusals.map(({ errors }) => errors?.[0]?.extensions?.code)).toEqual(Array(6).fill('BAD_USER_INPUT'))
  })
})

describe('positions', () => {
  const positions = `query ($of: [_Any!]!, $first: Int, $after: String) { _entities(representations: $of) { ... on Variant {
    positions(first: $first, after: $after) {
      edges { node { id onHand sellable damaged committed reserved free oversold anomaly incoming version location { code } } }
      pageInfo { hasNextPage endCursor }
    } } } }`
  type Edge = { node: { id: string; location: { code: string } } }
  type Page = { positions: { edges: Edge[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }

  async function variantId(): Promise<string> {
    const { rows } = await world.database.query<{ id: string }>("select id from inventory.variants where sku = 'A'")
    return rows[0]?.id ?? ''
  }

  async function page(variables: Readonly<Record<string, unknown>>) {
    const of = [{ __typename: 'Variant', id: await variantId() }]
    const { _entities } = (await world.ask(positions, { ...variables, of })) as { _entities: [Page] }
    return _entities[0].positions
  }

  it('are listed by location code, page by page, each with its buckets', async () => {
    const first = await page({ first: 3 })
    const second = await page({ first: 3, after: first.pageInfo.endCursor })
    const codes = [...first.edges, ...second.edges].map(({ node }) => node.location.code)
    expect(codes).toEqual(['DC1', 'S1', 'S2', 'V1'])
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false])
    const buckets = {
      onHand: 50,
      sellable: 40,
      damaged: 10,
      committed: 10,
      reserved: 0,
      free: 30,
      oversold: 0,
      anomaly: null,
      incoming: 0,
    }
    expect(first.edges[0]?.node).toMatchObject({ ...buckets, version: 1 })
  })

  it('are found again by their id', async () => {
    const { edges } = await page({ first: 1 })
    const of = [
      { __typename: 'InventoryPosition', id: edges[0]?.node.id },
      { __typename: 'InventoryPosition', id: 'pos_no@thing' },
    ]
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on InventoryPosition { onHand } } }'
    expect(await world.ask(query, { of })).toEqual({ _entities: [{ onHand: 50 }, null] })
  })

  it('below zero are shown as received and never promised', async () => {
    await world.deliver('stock', { a1: stockDocument('A', 'DC1', { onHand: -3 }) })
    expect((await page({ first: 1 })).edges[0]?.node).toMatchObject({
      ...{ onHand: -3, free: -3, oversold: 3, anomaly: 'NEGATIVE_ON_HAND', version: 2 },
    })
    const { availability: answers } = await world.ask(availability, { channelId: 'web', items: [{ sku: 'A' }] })
    expect(answers).toMatchObject([{ ats: 5 }])
  })

  it('that a source withdraws are gone', async () => {
    await world.deliver('stock', { a1: null })
    expect((await page({})).edges.map(({ node }) => node.location.code)).toEqual(['S1', 'S2', 'V1'])
  })
})

describe('the inventory read models', () => {
  it('equal a rebuild from zero, and do not depend on the order or number of deliveries', async () => {
    await world.deliver('stock', { a1: stockDocument('A', 'S1', { onHand: 1 }), a2: null })
    await world.deliver('stock', { a2: stockDocument('A', 'S2', { onHand: 3 }) })
    await world.deliver('channel', { outlet: null })
    const before = await world.dump()
    expect(before['inventory.positions']).toHaveLength(4)
    await world.rebuild()
    expect(await world.dump()).toEqual(before)
    const events = await world.events()
    for (const seed of [1, 2, 3]) {
      await world.reapply(shuffle([...events, ...events], seed))
      expect(await world.dump()).toEqual(before)
    }
  })

  it('dead-letter a bad document and take the others', async () => {
    await world.deliver('stock', {
      bad: stockDocument('A', 'DC1', { onHand: 'ten' }),
      good: stockDocument('B', 'DC1', { onHand: 7 }),
    })
    expect(await world.deadLetters()).toEqual({ bad: expect.stringContaining('onHand is "ten"') })
    const { availability: answers } = await world.ask(availability, { channelId: 'web', items: [{ sku: 'B' }] })
    expect(answers).toMatchObject([{ ats: 7 }])
  })
})

describe('locations', () => {
  it('are found by id or code and listed by code', async () => {
    const { location } = await world.ask(
      '{ location(code: "S1") { id name timeZone address { city } refs { system value } } }',
    )
    expect(location).toMatchObject({
      name: 'Location S1',
      timeZone: 'Europe/Paris',
      address: { city: null },
      refs: [
        { system: 'erp', value: '2' },
        { system: 'location-code', value: 'S1' },
      ],
    })
    const { id } = location as { id: string }
    const list = 'query ($id: ID!) { location(id: $id) { code } locations(kind: STORE) { edges { node { code } } } }'
    expect(await world.ask(list, { id })).toEqual({
      location: { code: 'S1' },
      locations: { edges: [{ node: { code: 'S1' } }, { node: { code: 'S2' } }] },
    })
  })
})

/** Inventory with the catalogue's word on a SKU, as the products subgraph says it. */
function createInventoryBesideCatalogue(deps: SubgraphWorldDeps) {
  const inventory = createInventory(deps)
  return { ...inventory, sources: [...inventory.sources, catalogueSource] }
}

const catalogueSource: SourceHandler = {
  kind: 'catalogue',
  version: 1,
  normalize({ key, system, receivedAt }, { ids, tenant }) {
    const variantId = ids.idOf('variant', 'sku', key)
    return [
      {
        type: 'retail.variant.changed.v1',
        source: `/tenants/${tenant}/products/variant/${variantId}`,
        subject: variantId,
        time: receivedAt,
        data: { variantId, sku: key, former: null },
        partitionKey: variantId,
        authority: system,
      },
    ]
  },
}
