import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reservationEvents } from '../../../../subgraphs/inventory/reservations/reservation-events.ts'
import { openReservationWorld, type ReservationWorld } from './world.ts'

const changed = 'retail.inventory.reservations-changed.v3'

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 10, S1: 3 })
})
afterEach(() => shop[Symbol.asyncDispose]())

const cart = { kind: 'CART', id: 'c-1' }
const one = (reservationId: string, quantity?: number) => ({ items: [{ reservationId, quantity }] })

describe('a reservation', () => {
  it('takes units from what may be promised, at once', async () => {
    expect(await shop.ats('A')).toBe(13)
    const answer = await shop.reserve('A', 4)
    expect(answer).toMatchObject({
      __typename: 'ReserveStockSuccess',
      replayed: false,
      plan: [{ lineId: '1', quantity: 4, location: { code: 'DC1' } }],
      reservations: [{ quantity: 4, held: 4, confirmed: 0 }],
    })
    expect(await shop.ats('A')).toBe(9)
    expect(await shop.ats('A', 'amazon')).toBe(6)
  })

  it('is split over locations only where no single one has enough', async () => {
    expect((await shop.reserve('A', 12)).plan).toEqual([
      { lineId: '1', quantity: 10, location: { code: 'DC1' } },
      { lineId: '1', quantity: 2, location: { code: 'S1' } },
    ])
    expect(await shop.ats('A')).toBe(1)
  })

  it('of several lines is all or none', async () => {
    await shop.stock('B', { DC1: 1 })
    const lines = [
      { lineId: '1', sku: 'A', quantity: 1 },
      { lineId: '2', sku: 'B', quantity: 2 },
    ]
    expect(await shop.reserve('', 0, { lines })).toMatchObject({
      __typename: 'InsufficientStock',
      code: 'CONFLICT',
      shortfalls: [{ requested: 2, available: 1 }],
    })
    expect([await shop.ats('A'), await shop.ats('B')]).toEqual([13, 1])
  })

  it('tells where else there are units when one store has too few', async () => {
    const locationId = await shop.locationId('S1')
    expect(await shop.reserve('A', 5, { method: 'PICKUP', locationId })).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 5, available: 3, alternatives: [{ available: 10, location: { code: 'DC1' } }] }],
    })
  })

  it('goes from held to confirmed to consumed, and no unit twice', async () => {
    const { reservations } = await shop.reserve('A', 5, { owner: cart })
    const { id } = reservations[0]
    expect(await shop.mutate('confirmReservation', { orderId: 'o-1', ...one(id, 4) })).toMatchObject({
      reservations: [{ held: 1, confirmed: 4, orderId: 'o-1' }],
    })
    expect(await shop.mutate('consumeReservation', one(id, 5))).toMatchObject({
      __typename: 'ReservationUnitsMissing',
      requested: 5,
      outstanding: 4,
    })
    await shop.mutate('consumeReservation', one(id, 3))
    // Of five one is held, one confirmed; three left and no count is without them yet.
    expect(await shop.ats('A')).toBe(8)
    const last = await shop.mutate('releaseReservation', one(id))
    expect(last.reservations).toMatchObject([
      { quantity: 5, held: 0, confirmed: 0, consumed: 3, released: 2, expired: 0 },
    ])
    expect(await shop.ats('A')).toBe(10)
    expect(await shop.mutate('releaseReservation', one(id))).toMatchObject({
      __typename: 'ReservationUnitsMissing',
      outstanding: 0,
    })
    expect(await shop.drift()).toEqual([])
  })

  it('ends by the clock of the database, whether or not anybody tidied', async () => {
    const { reservations } = await shop.reserve('A', 13, { owner: cart })
    expect(await shop.reserve('A', 1)).toMatchObject({ __typename: 'InsufficientStock' })
    await shop.runOut()
    const next = await shop.reserve('A', 13)
    expect(next.__typename).toBe('ReserveStockSuccess')
    const { id } = reservations[0]
    const late = await shop.mutate('confirmReservation', { orderId: 'o-1', ...one(id) })
    expect(late).toMatchObject({ __typename: 'ReservationExpired' })
    expect(await shop.tidy()).toBe(2)
    expect(await shop.mutate('confirmReservation', { orderId: 'o-1', ...one(id) })).toMatchObject({
      __typename: 'ReservationExpired',
    })
    expect(await shop.drift()).toEqual([])
    const { rows } = await shop.world.database.query<{ data: unknown }>(
      `select data from event_log.events where type = '${changed}' order by sequence`,
    )
    const told = rows.flatMap(({ data }) => reservationEvents[changed].parse(data).changes)
    const expired = told.filter(({ change }) => change === 'expired')
    expect(expired.map(({ legs }) => legs)).toMatchObject([
      { held: 0, expired: 10 },
      { held: 0, expired: 3 },
    ])
  })

  it('of an owner who asks again takes the place of the former one', async () => {
    await shop.reserve('A', 10, { owner: cart })
    expect(await shop.reserve('A', 12, { owner: cart })).toMatchObject({ __typename: 'ReserveStockSuccess' })
    expect(await shop.ats('A')).toBe(1)
    expect(await shop.reserve('A', 14, { owner: cart })).toMatchObject({ __typename: 'InsufficientStock' })
    expect(await shop.ats('A')).toBe(1)
    expect(await shop.drift()).toEqual([])
  })

  it('owed by the network is placed later, and counts once', async () => {
    const { reservations } = await shop.reserve('A', 4, { placement: 'NETWORK', owner: cart })
    expect(reservations).toMatchObject([{ location: null }])
    expect(await shop.ats('A')).toBe(9)
    const locationId = await shop.locationId('S1')
    const { id } = reservations[0]
    expect(await shop.mutate('moveReservation', { reservationId: id, locationId })).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 4, available: 3 }],
    })
    const dc = await shop.locationId('DC1')
    expect(await shop.mutate('moveReservation', { reservationId: id, locationId: dc })).toMatchObject({
      reservations: [{ location: { code: 'DC1' } }],
    })
    expect(await shop.ats('A')).toBe(9)
    expect(await shop.drift()).toEqual([])
  })

  it('of a kit keeps its components at one place, with loose ones of the same kind counted in', async () => {
    await shop.stock('B', { DC1: 4, S1: 8 })
    await shop.stock('KIT', {})
    const sku = (value: string) => ({ namespace: 'sku', value })
    await shop.world.deliver('kit', {
      k: {
        variant: sku('KIT'),
        shipTogether: true,
        components: [
          { variant: sku('A'), quantity: 1 },
          { variant: sku('B'), quantity: 2 },
        ],
      },
    })
    // DC1 makes two and S1 three.
    expect(await shop.ats('KIT')).toBe(5)
    const answer = await shop.reserve('KIT', 5)
    expect(answer.plan).toEqual([
      { lineId: '1', quantity: 2, location: { code: 'DC1' } },
      { lineId: '1', quantity: 4, location: { code: 'DC1' } },
      { lineId: '1', quantity: 3, location: { code: 'S1' } },
      { lineId: '1', quantity: 6, location: { code: 'S1' } },
    ])
    expect([await shop.ats('KIT'), await shop.ats('A'), await shop.ats('B')]).toEqual([0, 8, 2])
    const lines = [
      { lineId: 'kit', sku: 'KIT', quantity: 1 },
      { lineId: 'loose', sku: 'B', quantity: 1 },
    ]
    expect(await shop.reserve('', 0, { lines })).toMatchObject({ __typename: 'InsufficientStock' })
    expect(await shop.drift()).toEqual([])
  })
})
