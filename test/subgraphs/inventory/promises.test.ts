import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fresh, type SubgraphWorld } from '../../support/subgraph-world.ts'
import { anonymous, staff } from '../../support/viewers.ts'
import { stockDocument } from './documents.ts'
import { hours, location, openShop, type Shop, sku } from './shop.ts'

let shop: Shop
let world: SubgraphWorld
beforeEach(async () => {
  shop = await openShop([fresh('erp')])
  world = shop.world
})
afterEach(() => shop[Symbol.asyncDispose]())

const ask: Shop['ask'] = (...given) => shop.ask(...given)
const ats: Shop['ats'] = (...given) => shop.ats(...given)

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

describe('delivery', () => {
  const query = `query ($destination: DestinationInput) {
    availability(channelId: "web", items: [{ sku: "A" }]) { promise(destination: $destination) { shipBy deliverBy } }
    promise(channelId: "web", items: [{ sku: "A" }], destination: $destination) { method promise { deliverBy } } }`

  it('is dated where the destination and the carrier’s days are known', async () => {
    const open = { opens: '08:00', closes: '20:00', cutOff: '17:00' }
    await world.deliver('fulfillment-calendar', {
      dc: { location: location('DC'), week: [null, open, open, open, open, open, null] },
    })
    await world.deliver('transit-time', {
      fr: { country: 'FR', days: 2 },
      paris: { country: 'FR', postalPrefix: '75', location: location('DC'), days: 1 },
    })
    const to = async (destination: object | null) => {
      const answer = await world.ask(query, { destination })
      const [{ promise }] = answer.availability as readonly [{ promise: unknown }]
      const byMethod = answer.promise as readonly { method: string; promise: { deliverBy: string | null } }[]
      return [promise, byMethod.map((one) => one.promise.deliverBy)]
    }
    // A Thursday; 17:00 in Paris is 15:00 UTC.
    const shipBy = '2026-10-01T15:00:00.000Z'
    const [next, monday] = ['2026-10-02T22:00:00.000Z', '2026-10-05T22:00:00.000Z']
    expect(await to({ country: 'FR', postalCode: '75011' })).toEqual([{ shipBy, deliverBy: next }, [next, null]])
    expect(await to({ country: 'FR' })).toEqual([{ shipBy, deliverBy: monday }, [monday, null]])
    expect(await to({ country: 'DE' })).toEqual([{ shipBy, deliverBy: null }, [null, null]])
    expect(await to(null)).toEqual([{ shipBy, deliverBy: null }, [null, null]])
  })

  it('refuses a destination that is none, saying what is allowed', async () => {
    const messageOf = async (destination: object) => (await world.tryToAsk(query, { destination })).errors?.[0]?.message
    expect(await messageOf({ country: 'France' })).toContain('destination.country is "France", allowed is two letters')
    expect(await messageOf({ country: 'FR', postalCode: '7'.repeat(21) })).toContain(
      'destination.postalCode is 21 characters, allowed is 1 to 20',
    )
    await world.deliver('transit-time', { bad: { country: 'France', days: 61 } })
    expect(await world.deadLetters()).toEqual({ bad: expect.stringContaining('country') })
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
