import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { channelDocument, locationDocument } from '../documents.ts'
import { openReservationWorld, type ReservationWorld } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 6, S1: 4 })
  await sell('A')
})
afterEach(() => shop[Symbol.asyncDispose]())

const place = (value: string) => ({ namespace: 'location-code', value })
const sku = (value: string) => ({ namespace: 'sku', value })
const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString()

/** What people agreed about selling a variant. */
async function sell(of: string, terms: object = {}): Promise<void> {
  await shop.world.deliver('catalogue', { [of]: { variant: of, backorderable: true } })
  await shop.world.deliver('selling-terms', { [of]: { variant: sku(of), ...terms } })
}

async function comes(id: string, quantity: number, overrides: object = {}): Promise<void> {
  const order = {
    ...{ kind: 'PURCHASE_ORDER', variant: sku('A'), destination: place('DC1') },
    ...{ quantity, received: 0, eta: days(5), confidence: 0.95, state: 'CONFIRMED' },
  }
  await shop.world.deliver('supply', { [id]: { ...order, ...overrides } })
}

/** One line that may wait. */
const wait = (quantity: number, more: object = {}, overrides: object = {}): Promise<Answer> =>
  shop.reserve('', 0, { lines: [{ lineId: '1', sku: 'A', quantity, allowBackorder: true, ...more }], ...overrides })

const told = ({ reservations }: Answer) =>
  reservations.map(({ quantity, location, promise }: Answer) => [
    quantity,
    location?.code ?? null,
    promise?.kind ?? null,
  ])

describe('what may be promised of what is yet to come', () => {
  it('is kept as far as it is here, and the rest owed by the network, once', async () => {
    await comes('po', 10)
    const answer = await wait(15)
    expect(told(answer)).toEqual([
      [6, 'DC1', null],
      [4, 'S1', null],
      [5, null, 'BACKORDER'],
    ])
    expect(answer.reservations[2].promise).toMatchObject({ guaranteed: true, basis: expect.stringMatching(/^supply /) })
    expect(Date.parse(answer.reservations[2].promise.availableAt) - Date.now()).toBeGreaterThan(4 * 86_400_000)
    // Five of ten are left to be promised, whoever asks.
    expect(await wait(6)).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 6, available: 0 }],
    })
    expect(told(await wait(5))).toEqual([[5, null, 'BACKORDER']])
    expect(await wait(1)).toMatchObject({ __typename: 'InsufficientStock' })
    expect(await shop.drift()).toEqual([])
  })

  it('is promised to nobody who has not allowed it, and they are told when it could be', async () => {
    await comes('po', 10)
    const answer = await shop.reserve('A', 12)
    expect(answer).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 12, available: 10, promise: { kind: 'BACKORDER' } }],
    })
    expect(await wait(12, { allowBackorder: false, allowPreorder: true })).toMatchObject({
      __typename: 'InsufficientStock',
    })
    const lines = [
      { lineId: '1', sku: 'A', quantity: 7, allowBackorder: true },
      { lineId: '2', sku: 'A', quantity: 6 },
    ]
    // Who will not wait is served of what is here.
    const both = await shop.reserve('', 0, { lines })
    expect(
      both.plan.map(({ lineId, quantity, location }: Answer) => [lineId, quantity, location?.code ?? null]),
    ).toEqual([
      ['1', 4, 'S1'],
      ['1', 3, null],
      ['2', 6, 'DC1'],
    ])
  })

  it('and what other methods have is told to whom is refused, for all that was asked for together', async () => {
    await shop.world.deliver('location', { 1: locationDocument('DC1', { kind: 'DC', capabilities: ['SHIP'] }) })
    await shop.stock('B', { DC1: 1, S2: 9 })
    const lines = [
      { lineId: '1', sku: 'A', quantity: 4 },
      { lineId: '2', sku: 'B', quantity: 8 },
    ]
    await shop.world.deliver('location-exclusion', {
      far: { reason: 'no courier', method: 'SHIP', location: place('S2') },
    })
    expect(await shop.reserve('', 0, { lines })).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 8, available: 1, promise: { kind: 'NONE' } }],
      alternatives: [{ method: 'PICKUP', promise: { kind: 'STOCK' } }],
    })
    lines.push({ lineId: '3', sku: 'B', quantity: 2 })
    expect(await shop.reserve('', 0, { lines })).toMatchObject({ alternatives: [] })
  })

  it('belongs first to whom it was promised when it has come', async () => {
    await comes('po', 10)
    const owed = (await wait(15)).reservations[2].id
    await shop.commit('A', 'DC1', 6 + 4, 0)
    expect(await shop.ats('A')).toBe(0)
    await comes('po', 10, { received: 10, state: 'RECEIVED' })
    await shop.commit('A', 'DC1', 6 + 10, 0)
    expect(await shop.ats('A')).toBe(5)
    const moved = { reservationId: owed, locationId: await shop.locationId('DC1') }
    expect(await shop.mutate('moveReservation', moved)).toMatchObject({ reservations: [{ location: { code: 'DC1' } }] })
    expect(await shop.ats('A')).toBe(5)
    expect(await shop.drift()).toEqual([])
  })

  it('given back may be promised again', async () => {
    await comes('po', 10)
    const [, , { id }] = (await wait(20)).reservations
    expect(await wait(1)).toMatchObject({ __typename: 'InsufficientStock' })
    await shop.mutate('releaseReservation', { items: [{ reservationId: id, quantity: 4 }] })
    expect(told(await wait(4))).toEqual([[4, null, 'BACKORDER']])
  })

  it('ends at the limit of backorders, where the channel does not sell from, and when it is sold no more', async () => {
    await comes('po', 10)
    await sell('A', { backorderLimit: 3 })
    expect(await wait(14)).toMatchObject({ __typename: 'InsufficientStock' })
    expect(told(await wait(13)).at(-1)).toEqual([3, null, 'BACKORDER'])
    expect(await wait(1)).toMatchObject({ __typename: 'InsufficientStock' })

    await sell('A')
    const toAmazon = { channelId: 'amazon' }
    expect(told(await wait(1, {}, toAmazon))).toEqual([[1, null, 'BACKORDER']])
    await comes('po', 10, { destination: place('S1') })
    expect(await wait(1, {}, toAmazon)).toMatchObject({ __typename: 'InsufficientStock' })
    expect(told(await wait(1))).toEqual([[1, null, 'BACKORDER']])

    await shop.world.deliver('catalogue', { A: { variant: 'A', backorderable: true, lifecycle: 'DISCONTINUED' } })
    expect(await wait(1)).toMatchObject({ __typename: 'InsufficientStock' })
  })

  it('is never of one location: it is not there yet', async () => {
    await comes('po', 10)
    expect(await wait(5, {}, { locationId: await shop.locationId('S1') })).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ available: 4 }],
    })
  })

  it('is answered again with the same promise', async () => {
    await comes('po', 10)
    const request = { idempotencyKey: 'mine', owner: { kind: 'CART', id: 'me' } }
    const first = await wait(15, {}, request)
    await comes('po', 10, { eta: days(9) })
    expect(await wait(15, {}, request)).toEqual({ ...first, replayed: true })
    expect(told(first).at(-1)).toEqual([5, null, 'BACKORDER'])
  })
})

describe('a variant that is not sold yet', () => {
  it('is preordered up to its threshold by whoever allows it', async () => {
    await shop.stock('N', { DC1: 0 })
    await sell('N', { preorder: { releaseAt: days(30), threshold: 5, allocated: 1 } })
    const preorder = (quantity: number, more: object = { allowPreorder: true }) =>
      shop.reserve('', 0, { lines: [{ lineId: '1', sku: 'N', quantity, ...more }] })
    expect(await preorder(1, { allowBackorder: true })).toMatchObject({ __typename: 'InsufficientStock' })
    expect(told(await preorder(3))).toEqual([[3, null, 'PREORDER']])
    expect(await preorder(2)).toMatchObject({ __typename: 'InsufficientStock' })
    expect(told(await preorder(1))).toEqual([[1, null, 'PREORDER']])
  })
})

describe('a channel that sells what is on its way', () => {
  it('can reserve all that it may sell, and nothing of it is promised a second time', async () => {
    const inTransit = { horizonHours: 8_000 }
    await shop.world.deliver('channel', { early: channelDocument('early', { methods: ['SHIP'], inTransit }) })
    await comes('po', 10)
    expect(await shop.ats('A', 'early')).toBe(20)
    expect(told(await shop.reserve('A', 18, { channelId: 'early' }))).toEqual([
      [6, 'DC1', null],
      [4, 'S1', null],
      [8, null, 'INCOMING'],
    ])
    expect([await shop.ats('A', 'early'), await shop.ats('A')]).toEqual([2, 0])
    // Two are left of the supply, in the one channel as in the other.
    expect(await wait(3)).toMatchObject({ __typename: 'InsufficientStock' })
    expect(await wait(3, {}, { channelId: 'early' })).toMatchObject({ __typename: 'InsufficientStock' })
    expect(told(await wait(2))).toEqual([[2, null, 'BACKORDER']])
    expect(await shop.ats('A', 'early')).toBe(0)
    expect(await shop.drift()).toEqual([])
  })

  it('sells what goes to a place where none was ever counted', async () => {
    const inTransit = { horizonHours: 8_000 }
    await shop.world.deliver('channel', { early: channelDocument('early', { methods: ['SHIP'], inTransit }) })
    await shop.world.deliver('location', { 9: locationDocument('NEW') })
    await comes('po', 7, { destination: place('NEW') })
    expect(await shop.ats('A', 'early')).toBe(17)
  })
})
