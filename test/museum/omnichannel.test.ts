import { afterEach, beforeEach, expect, it } from 'vitest'
import { channelDocument, locationDocument, stockDocument } from '../subgraphs/inventory/documents.ts'
import { openReservationWorld, type ReservationWorld } from '../subgraphs/inventory/reservations/world.ts'

/** Ways of selling that are where stock of one place meets orders of another; named by the rows of the checklist. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 10, S1: 3, S2: 2 })
})
afterEach(() => shop[Symbol.asyncDispose]())

async function availability(channelId: string, method: string): Promise<Answer> {
  const answer: Answer = await shop.world.ask(
    `query ($channelId: ID!, $method: FulfillmentMethod) {
      availability(channelId: $channelId, method: $method, items: [{ sku: "A" }]) { ats byLocation { available location { code } } } }`,
    { channelId, method },
  )
  const { ats, byLocation } = answer.availability[0]
  return { ats, from: byLocation.map(({ location }: Answer) => location.code) }
}

it('K046 ship from store: a store sends only where it can, by that method alone', async () => {
  await shop.world.deliver('channel', { web: channelDocument('web', { methods: ['SHIP', 'SHIP_FROM_STORE'] }) })
  await shop.world.deliver('location', {
    1: locationDocument('DC1', { kind: 'DC', capabilities: ['SHIP'] }),
    2: locationDocument('S1', { capabilities: ['PICKUP', 'SHIP_FROM_STORE'] }),
    3: locationDocument('S2', { capabilities: ['PICKUP'] }),
  })
  expect(await availability('web', 'SHIP')).toEqual({ ats: 10, from: ['DC1'] })
  expect(await availability('web', 'SHIP_FROM_STORE')).toEqual({ ats: 3, from: ['S1'] })
  const reserved = await shop.reserve('A', 4, { method: 'SHIP_FROM_STORE' })
  expect(reserved).toMatchObject({ __typename: 'InsufficientStock', shortfalls: [{ requested: 4, available: 3 }] })
})

it('K047 endless aisle: what the store has not is sold there from the network, and kept where it lies', async () => {
  await shop.world.deliver('channel', {
    till: channelDocument('till', { kind: 'STORE', methods: ['ENDLESS_AISLE'], locationKinds: ['DC'] }),
  })
  await shop.world.deliver('location', {
    1: locationDocument('DC1', { kind: 'DC', capabilities: ['SHIP', 'ENDLESS_AISLE'] }),
  })
  expect(await availability('till', 'ENDLESS_AISLE')).toEqual({ ats: 10, from: ['DC1'] })
  const { plan } = await shop.reserve('A', 8, { channelId: 'till', method: 'ENDLESS_AISLE' })
  expect(plan).toEqual([{ lineId: '1', quantity: 8, location: { code: 'DC1' } }])
  expect(await shop.ats('A', 'amazon')).toBe(2)
})

it('K048 marketplace drop-ship: a vendor’s stock is sold by the channels that take it, and by no other', async () => {
  await shop.world.deliver('location', { 9: locationDocument('V1', { kind: 'DROPSHIP', capabilities: ['DROPSHIP'] }) })
  await shop.world.deliver('channel', {
    market: channelDocument('market', { methods: ['DROPSHIP'], locationKinds: ['DROPSHIP'] }),
  })
  await shop.world.deliver('stock', { 'A@V1': stockDocument('A', 'V1', { onHand: 50 }) }, 'vendor')
  expect(await availability('market', 'DROPSHIP')).toMatchObject({ from: ['V1'] })
  expect(await shop.ats('A')).toBe(15)
})

it('K177 a store hands over a click-and-collect order: every channel sells fewer at once', async () => {
  await shop.world.deliver('channel', {
    outlet: channelDocument('outlet', { methods: ['SHIP'], locationCodes: ['S1'] }),
  })
  const { reservations } = await shop.reserve('A', 2, { method: 'PICKUP', locationId: await shop.locationId('S1') })
  const items = [{ reservationId: reservations[0].id }]
  await shop.mutate('confirmReservation', { orderId: 'o', items })
  await shop.mutate('consumeReservation', { items })
  // The store's system has told nothing yet.
  expect([await shop.ats('A'), await shop.ats('A', 'outlet')]).toEqual([13, 1])
  // And once it has, it is not subtracted again.
  await shop.world.deliver('stock', {
    'A@S1': stockDocument('A', 'S1', { onHand: 1, occurredAt: new Date(Date.now() + 1_000).toISOString() }),
  })
  expect([await shop.ats('A'), await shop.ats('A', 'outlet')]).toEqual([13, 1])
})

it('K178 a promotion begins before the ERP’s next batch: what it sells is gone without it', async () => {
  await shop.world.deliver('stock', {
    'A@DC1': stockDocument('A', 'DC1', { onHand: 10, asOf: '2026-10-01T11:00:00.000Z' }),
  })
  for (let sold = 0; sold < 15; sold += 1) expect((await shop.reserve('A', 1)).__typename).toBe('ReserveStockSuccess')
  expect(await shop.ats('A')).toBe(0)
  expect(await shop.reserve('A', 1)).toMatchObject({ __typename: 'InsufficientStock' })
  // A batch of before the promotion gives nothing of it back.
  await shop.world.deliver('stock', {
    'A@DC1': stockDocument('A', 'DC1', { onHand: 10, asOf: '2026-10-01T11:30:00.000Z' }),
  })
  expect(await shop.reserve('A', 1)).toMatchObject({ __typename: 'InsufficientStock' })
})

it('K180 a store whose day is full collects from the next day on, and a centre sends by its next cut-off', async () => {
  const open = { opens: '10:00', closes: '19:00', cutOff: '17:00' }
  const full = { week: Array.from({ length: 7 }, () => open), dailyCapacityOrders: 5, capacityUsedToday: 5 }
  await shop.world.deliver('location', { 2: locationDocument('S1', { geo: { latitude: 48.86, longitude: 2.35 } }) })
  const calendars = ['DC1', 'S1'].map((value) => [value, { location: { namespace: 'location-code', value }, ...full }])
  await shop.world.deliver('fulfillment-calendar', Object.fromEntries(calendars))
  // It is 14:00 in Paris, and all are open until 19:00.
  const { pickupOptions }: Answer = await shop.world.ask(
    `{ pickupOptions(channelId: "web", items: [{ sku: "A" }], near: { latitude: 48.85, longitude: 2.34 }, radiusKm: 50) { pickupFrom } }`,
  )
  expect(pickupOptions).toEqual([{ pickupFrom: '2026-10-02T08:00:00.000Z' }])
  const { availability: answers }: Answer = await shop.world.ask(
    '{ availability(channelId: "amazon", items: [{ sku: "A" }]) { promise { shipBy } } }',
  )
  expect(answers[0].promise.shipBy).toBe('2026-10-02T15:00:00.000Z')
})
