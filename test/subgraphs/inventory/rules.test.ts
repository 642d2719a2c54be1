import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SystemFreshness } from '../../../platform/connector/freshness.ts'
import { createInventory } from '../../../subgraphs/inventory/index.ts'
import { fresh, openSubgraphWorld, type SubgraphWorld, worldNow } from '../../support/subgraph-world.ts'
import { anonymous, staff } from '../../support/viewers.ts'
import { withCatalogue } from './catalogue.ts'
import { channelDocument, locationDocument, stockDocument } from './documents.ts'

const sku = (value: string) => ({ namespace: 'sku', value })
const location = (value: string) => ({ namespace: 'location-code', value })
const hours = (count: number) => new Date(worldNow.getTime() + count * 3_600_000).toISOString()

let world: SubgraphWorld
let systems: SystemFreshness[]
beforeEach(async () => {
  systems = [fresh('erp'), fresh('pos')]
  world = await openSubgraphWorld(withCatalogue(createInventory), systems)
  await world.deliver('channel', {
    web: channelDocument('web', { methods: ['SHIP', 'PICKUP'] }),
    amazon: channelDocument('amazon', { methods: ['SHIP'] }),
    early: channelDocument('early', { methods: ['SHIP'], inTransit: { horizonHours: 48 } }),
  })
  await world.deliver('location', {
    1: locationDocument('DC', { kind: 'DC', capabilities: ['SHIP'] }),
    2: locationDocument('S1', { geo: { latitude: 48.86, longitude: 2.35 } }),
    3: locationDocument('S2', { geo: { latitude: 45.76, longitude: 4.84 } }),
  })
  await world.deliver('catalogue', { A: { backorderable: true }, B: {}, KIT: {} })
  await world.deliver('stock', {
    a1: stockDocument('A', 'DC', { onHand: 40, committed: 10 }),
    a2: stockDocument('A', 'S1', { onHand: 5 }),
    b1: stockDocument('B', 'DC', { onHand: 9 }),
    b2: stockDocument('B', 'S2', { onHand: 4 }),
  })
})
afterEach(() => world[Symbol.asyncDispose]())

type Answer = Readonly<Record<string, unknown>>

async function ask(channelId: string, fields: string, skuOf = 'A', method = 'SHIP'): Promise<Answer> {
  const query = `query ($items: [AvailabilityItem!]!) {
    availability(channelId: "${channelId}", items: $items, method: ${method}) { ${fields} } }`
  const { availability } = await world.ask(query, { items: [{ sku: skuOf }] })
  return (availability as readonly Answer[])[0] ?? {}
}

const ats = async (channelId: string, skuOf = 'A', method = 'SHIP') => (await ask(channelId, 'ats', skuOf, method)).ats

const explained = 'ats explain { onHand ats terms { kind units ruleId system location { code } } }'

/** The worked vector: everything of the formula at once, from documents. */
async function deliverWorkedVector(): Promise<void> {
  await world.deliver('safety-rule', {
    dc: { location: location('DC'), percent: '10' },
    store: { location: location('S1'), units: 2 },
  })
  await world.deliver('channel-allocation', {
    amazon: { channelId: 'amazon', variant: sku('A'), mode: 'RING_FENCED', units: 8, consumed: 2 },
  })
}

describe('rules from documents', () => {
  it('make the numbers, and explain attributes each unit to its rule', async () => {
    await deliverWorkedVector()
    // 40 - 10 - 10 % of 40, and 5 - 2, less the 6 that are Amazon's.
    expect(await ats('web')).toBe(23)
    expect(await ats('amazon')).toBe(6)
    const answer = await ask('web', explained)
    expect(answer).toMatchObject({
      ats: 23,
      explain: {
        onHand: 45,
        ats: 23,
        terms: [
          { kind: 'ON_HAND', units: 40, location: { code: 'DC' } },
          { kind: 'COMMITTED', units: -10, location: { code: 'DC' } },
          { kind: 'SAFETY_STOCK', units: -4, ruleId: 'safety-rule:erp:dc', location: { code: 'DC' } },
          { kind: 'ON_HAND', units: 5, location: { code: 'S1' } },
          { kind: 'SAFETY_STOCK', units: -2, ruleId: 'safety-rule:erp:store', location: { code: 'S1' } },
          { kind: 'OTHER_ALLOCATION', units: -6, ruleId: 'channel-allocation:erp:amazon', location: null },
        ],
      },
    })
  })

  it('of a variant win over those of a location, and those over one of all', async () => {
    await world.deliver('safety-rule', { all: { units: 20 }, dc: { location: location('DC'), units: 7 } })
    expect(await ats('web')).toBe(30 - 7)
    await world.deliver('safety-rule', { a: { variant: sku('A'), units: 1 } })
    expect(await ats('web')).toBe(29 + 4)
  })

  it('of a category hold for what is in it', async () => {
    await world.deliver('safety-rule', { tents: { category: 'Outdoor/Tents', units: 4 } })
    expect([await ats('web', 'A'), await ats('web', 'B')]).toEqual([35, 13])
    await world.deliver('category', { A: { categoryPath: ['Outdoor', 'Tents'] } })
    expect([await ats('web', 'A'), await ats('web', 'B')]).toEqual([26 + 1, 13])
  })

  it('that are time-boxed begin and end by themselves (K216)', async () => {
    await world.deliver('safety-rule', {
      over: { units: 5, validTo: hours(-1) },
      running: { units: 3, validFrom: hours(-1), validTo: hours(1) },
      later: { units: 9, validFrom: hours(1) },
    })
    expect(await ats('web')).toBe(27 + 2)
  })

  it('are withdrawn with their document', async () => {
    await world.deliver('safety-rule', { all: { units: 2 }, a: { variant: sku('A'), units: 3 } })
    expect(await ats('web')).toBe(27 + 2)
    await world.deliver('safety-rule', { a: null })
    expect(await ats('web')).toBe(28 + 3)
    await world.deliver('safety-rule', { all: null })
    expect(await ats('web')).toBe(35)
  })

  it('that exclude or quarantine take a location out, and are named (K031)', async () => {
    await world.deliver('location-exclusion', {
      mold: { location: location('DC'), reason: 'water damage', quarantine: true },
      stores: { channelId: 'amazon', location: location('S1'), reason: 'marketplace from the centre' },
    })
    expect([await ats('web'), await ats('amazon')]).toEqual([5, 0])
    const { explain } = await ask('web', explained)
    expect(explain).toMatchObject({
      terms: expect.arrayContaining([
        expect.objectContaining({ kind: 'QUARANTINED', units: -30, ruleId: 'location-exclusion:erp:mold' }),
      ]),
    })
  })

  it('publish nothing below a floor and no more than a cap', async () => {
    await world.deliver('channel-allocation', { web: { channelId: 'web', mode: 'SHARED', publishFloor: 36 } })
    expect(await ats('web')).toBe(0)
    await world.deliver('channel-allocation', { web: { channelId: 'web', mode: 'CAP', percent: '50', maxPublish: 12 } })
    expect(await ats('web')).toBe(12)
  })

  it('refuse what makes no sense, naming it', async () => {
    await world.deliver('safety-rule', { empty: {}, much: { percent: '101' } })
    await world.deliver('channel-allocation', { fence: { channelId: 'web', mode: 'RING_FENCED' } })
    await world.deliver('kit', { none: { variant: sku('KIT'), components: [] } })
    expect(await world.deadLetters()).toEqual({
      empty: expect.stringContaining('allowed is units, percent, or both'),
      much: expect.stringContaining('percent is "101", allowed is 0 to 100'),
      fence: expect.stringContaining('units where the mode is RING_FENCED'),
      none: expect.stringContaining('components is a list of 0'),
    })
  })
})

describe('an old source', () => {
  const late = (minutes: number) => ({
    ...fresh('erp'),
    syncedAt: new Date(worldNow.getTime() - minutes * 60_000),
    policy: { softTtlMs: 60_000, hardTtlMs: 3_600_000 },
  })

  it('holds back what it may have sold unheard of, more of it as time goes by (K176, K211)', async () => {
    await world.deliver('sales-velocity', { a: { variant: sku('A'), location: location('DC'), unitsPerHour: 120 } })
    expect(await ats('web')).toBe(35)
    systems[0] = late(6)
    expect(await ats('web')).toBe(35 - 10)
    const { explain } = await ask('web', explained)
    expect(explain).toMatchObject({
      terms: expect.arrayContaining([expect.objectContaining({ kind: 'STALE_SOURCE', units: -10, system: 'erp' })]),
    })
    systems[0] = late(11)
    expect(await ats('web')).toBe(35 - 20)
    systems[0] = fresh('erp')
    expect(await ats('web')).toBe(35)
  })

  it('publishes nothing past its hard bound where the rule is strict', async () => {
    await world.deliver('degraded-buffer', { erp: { system: 'erp', policy: 'STRICT' } })
    systems[0] = late(30)
    expect(await ats('web')).toBe(35)
    systems[0] = late(61)
    expect(await ats('web')).toBe(0)
  })
})

describe('kits (K051)', () => {
  it('are as many as their components allow, and explained by them', async () => {
    await world.deliver('kit', {
      k: {
        variant: sku('KIT'),
        components: [
          { variant: sku('A'), quantity: 2 },
          { variant: sku('B'), quantity: 1 },
        ],
      },
    })
    expect(await ats('web', 'KIT')).toBe(13)
    const { explain } = await ask(
      'web',
      'explain { ats terms { kind } components { quantity ats terms { units } } }',
      'KIT',
    )
    expect(explain).toMatchObject({
      ats: 13,
      terms: [],
      components: [
        { quantity: 2, ats: 35 },
        { quantity: 1, ats: 13 },
      ],
    })
    await world.deliver('kit', {
      k: {
        variant: sku('KIT'),
        shipTogether: true,
        components: [
          { variant: sku('A'), quantity: 2 },
          { variant: sku('B'), quantity: 1 },
        ],
      },
    })
    expect(await ask('web', 'ats largestSingleLocation', 'KIT')).toEqual({ ats: 9, largestSingleLocation: 9 })
  })
})

describe('supply', () => {
  const order = (overrides: object = {}) => ({
    kind: 'PURCHASE_ORDER',
    variant: sku('A'),
    destination: location('DC'),
    quantity: 50,
    received: 10,
    eta: hours(24),
    confidence: 0.95,
    state: 'CONFIRMED',
    ...overrides,
  })

  it('is sold in advance by a channel that says so, once it is sure enough and soon enough', async () => {
    await world.deliver('supply', {
      1: order(),
      2: order({ eta: hours(72) }),
      3: order({ confidence: 0.5 }),
      4: order({ state: 'PLACED' }),
    })
    expect([await ats('web'), await ats('early')]).toEqual([35, 75])
  })

  it('backs a promise beyond stock, dated, that earlier backorders do not need', async () => {
    await world.deliver('supply', { 1: order() })
    const promise = (quantity: number) => ask('web', `promise(quantity: ${quantity}) { kind availableAt guaranteed }`)
    expect(await promise(35)).toMatchObject({ promise: { kind: 'STOCK', guaranteed: true } })
    expect(await promise(75)).toEqual({ promise: { kind: 'BACKORDER', availableAt: hours(24), guaranteed: true } })
    expect(await promise(76)).toMatchObject({ promise: { kind: 'NONE', availableAt: null } })
    await world.deliver('selling-terms', {
      a: { variant: sku('A'), backorders: [{ quantity: 30, promisedAt: hours(48) }], dockToStockDays: 1 },
    })
    expect(await promise(46)).toMatchObject({ promise: { kind: 'NONE' } })
    expect(await promise(45)).toMatchObject({ promise: { kind: 'BACKORDER', availableAt: hours(48) } })
  })

  it('makes what is sold out a backorder, and what is to come a preorder', async () => {
    await world.deliver('stock', {
      a1: stockDocument('A', 'DC', { onHand: 0 }),
      a2: stockDocument('A', 'S1', { onHand: 0 }),
      b1: null,
      b2: stockDocument('B', 'S2', { onHand: 0 }),
    })
    expect((await ask('web', 'status')).status).toBe('OUT_OF_STOCK')
    await world.deliver('supply', { 1: order() })
    expect((await ask('web', 'status')).status).toBe('BACKORDER')
    await world.deliver('selling-terms', {
      b: { variant: sku('B'), preorder: { releaseAt: hours(240), threshold: 5, allocated: 4 } },
    })
    expect((await ask('web', 'status', 'B')).status).toBe('PREORDER')
  })
})

describe('collecting', () => {
  const near = { latitude: 48.85, longitude: 2.34 }
  const query = `query ($items: [QuantityItem!]!, $near: GeoInput!, $radiusKm: Float!) {
    pickupOptions(channelId: "web", items: $items, near: $near, radiusKm: $radiusKm) { location { code } distanceKm pickupFrom } }`

  it('is offered where all items are, the nearest first, from when it is ready (K045)', async () => {
    await world.deliver('stock', { a3: stockDocument('A', 'S2', { onHand: 7 }) })
    const open = { opens: '10:00', closes: '19:00', cutOff: '17:00' }
    await world.deliver('fulfillment-calendar', {
      s1: {
        location: location('S1'),
        week: [null, open, open, open, open, open, open],
        pickupMinutes: 90,
        closedOn: ['2026-10-02'],
      },
      s2: {
        location: location('S2'),
        week: [null, open, open, open, null, open, open],
        pickupMinutes: 60,
        dailyCapacityOrders: 5,
      },
    })
    const ask = async (items: readonly object[], radiusKm = 500) =>
      (await world.ask(query, { items, near, radiusKm })).pickupOptions as readonly Readonly<Record<string, unknown>>[]
    const both = await ask([{ sku: 'A', quantity: 5 }])
    // 12:00 UTC on a Thursday is 14:00 in Paris.
    expect(both).toMatchObject([
      { location: { code: 'S1' }, pickupFrom: '2026-10-01T13:30:00.000Z' },
      { location: { code: 'S2' }, pickupFrom: '2026-10-02T09:00:00.000Z' },
    ])
    expect(Number(both[1]?.distanceKm)).toBeCloseTo(392, -1)
    expect(await ask([{ sku: 'A', quantity: 5 }], 100)).toHaveLength(1)
    expect(
      await ask([
        { sku: 'A', quantity: 3 },
        { sku: 'A', quantity: 3 },
      ]),
    ).toMatchObject([{ location: { code: 'S2' } }])
    expect(
      await ask([
        { sku: 'A', quantity: 1 },
        { sku: 'B', quantity: 4 },
      ]),
    ).toMatchObject([{ location: { code: 'S2' } }])
  })

  it('and sending are promised for all items together, per method', async () => {
    const promises = await world.ask(
      `{ promise(channelId: "web", items: [{ sku: "A", quantity: 3 }, { sku: "B", quantity: 13 }]) { method promise { kind } } }`,
    )
    expect(promises).toEqual({
      promise: [
        { method: 'SHIP', promise: { kind: 'STOCK' } },
        { method: 'PICKUP', promise: { kind: 'NONE' } },
      ],
    })
  })

  it('refuses bad questions, saying what is allowed', async () => {
    const messageOf = async (variables: object) =>
      (await world.tryToAsk(query, { items: [{ sku: 'A' }], near, radiusKm: 5, ...variables })).errors?.[0]?.message
    expect(await messageOf({ items: [] })).toContain('items is empty, allowed is at least one')
    expect(await messageOf({ items: [{ sku: 'A', quantity: 0 }] })).toContain(
      'items.0.quantity is 0, allowed is 1 to 1000000',
    )
    expect(await messageOf({ near: { latitude: 91, longitude: 0 } })).toContain(
      'near.latitude is 91, allowed is -90 to 90',
    )
    expect(await messageOf({ radiusKm: -1 })).toContain('radiusKm is -1, allowed is above 0 to 20000')
    const many = Array.from({ length: 201 }, () => ({ sku: 'A' }))
    expect(await messageOf({ items: many })).toContain('items is 201 entries, allowed is at most 200')
  })
})

describe('who may see how much', () => {
  const query = `{ availability(channelId: "web", items: [{ sku: "A" }]) {
    ats largestSingleLocation byLocation { available } explain { ats } } }`

  it('is exact for staff, and bands without an explanation for storefronts', async () => {
    const exact = await world.tryToAsk(query, {}, staff(['service-desk']))
    expect(exact.data).toEqual({
      availability: [
        { ats: 35, largestSingleLocation: 30, byLocation: [{ available: 30 }, { available: 5 }], explain: { ats: 35 } },
      ],
    })
    const banded = await world.tryToAsk(query, {}, anonymous)
    expect(banded.data).toMatchObject({
      availability: [
        { ats: 20, largestSingleLocation: 20, byLocation: [{ available: 20 }, { available: 5 }], explain: null },
      ],
    })
  })
})
