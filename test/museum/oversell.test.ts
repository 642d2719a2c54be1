import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openReservationWorld, type ReservationWorld } from '../subgraphs/inventory/reservations/world.ts'

// Each exhibit is a bug some shop really had, under its public number: what its customers met is played against ours.

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
})
afterEach(() => shop[Symbol.asyncDispose]())

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each exhibit asserts
type Answer = any
const kept = (answers: readonly Answer[]) => answers.filter((answer) => answer.__typename === 'ReserveStockSuccess')
const all = (id: string, quantity?: number) => ({ items: [{ reservationId: id, quantity }] })
const idOf = (answer: Answer): string => answer.reservations[0].id

describe('two buyers at once', () => {
  it('vendure#1738, saleor#5334: 40 checkouts race for the last 7 units, 7 get one', async () => {
    await shop.stock('A', { DC1: 7 })
    const answers = await Promise.all(Array.from({ length: 40 }, () => shop.reserve('A', 1)))
    expect(kept(answers)).toHaveLength(7)
    expect(await shop.ats('A')).toBe(0)
    expect(await shop.drift()).toEqual([])
  })

  it('vendure#3508: a write that read the level before another wrote it loses nothing', async () => {
    await shop.stock('A', { DC1: 10 })
    const [first, second] = await Promise.all([shop.reserve('A', 3), shop.reserve('A', 4)])
    await Promise.all([
      shop.mutate('releaseReservation', all(idOf(first))),
      shop.mutate('confirmReservation', { orderId: 'o', ...all(idOf(second)) }),
    ])
    expect(await shop.ats('A')).toBe(6)
    expect(await shop.drift()).toEqual([])
  })

  it('django-oscar#2102: of two checkouts at once both are in the books', async () => {
    await shop.stock('A', { DC1: 10 })
    await Promise.all([shop.reserve('A', 1), shop.reserve('A', 1)])
    const { rows } = await shop.world.database.query('select held from inventory.reservation_totals')
    expect(rows).toEqual([{ held: 2n }])
    expect(await shop.ats('A')).toBe(8)
  })

  it('saleor#543: the last unit in two carts is sold once', async () => {
    await shop.stock('A', { DC1: 1 })
    const answers = await Promise.all([shop.reserve('A', 1), shop.reserve('A', 1)])
    const [winner] = kept(answers)
    expect(kept(answers)).toHaveLength(1)
    expect(await shop.mutate('confirmReservation', { orderId: 'o', ...all(idOf(winner)) })).toMatchObject({
      reservations: [{ confirmed: 1 }],
    })
  })

  it('spree#13978, nopCommerce#4184: an order that is being paid keeps its unit from everyone else', async () => {
    await shop.stock('A', { DC1: 1 })
    await shop.reserve('A', 1, { owner: { kind: 'CHECKOUT', id: 'paying' } })
    expect(await shop.reserve('A', 1)).toMatchObject({ __typename: 'InsufficientStock' })
  })
})

describe('several locations', () => {
  it('medusa#14987, #10658: what the check counted is what is reserved, not the first location', async () => {
    await shop.stock('A', { DC1: 0, S1: 5 })
    const answer = await shop.reserve('A', 4)
    expect(answer.plan).toEqual([{ lineId: '1', quantity: 4, location: { code: 'S1' } }])
    expect(answer.reservations).toMatchObject([{ location: { code: 'S1' } }])
  })

  it('medusa#16338: units leave from the location that kept them', async () => {
    await shop.stock('A', { DC1: 5, S1: 9 })
    const locationId = await shop.locationId('DC1')
    const id = idOf(await shop.reserve('A', 5, { locationId }))
    await shop.mutate('confirmReservation', { orderId: 'o', ...all(id) })
    const gone = await shop.mutate('consumeReservation', all(id))
    expect(gone.reservations).toMatchObject([{ consumed: 5, location: { code: 'DC1' } }])
    expect([await shop.ats('A'), await shop.ats('A', 'amazon')]).toEqual([9, 0])
  })

  it('medusa#16488: a move to a store that has too few is refused and leaves everything where it was', async () => {
    await shop.stock('A', { DC1: 5, S1: 2 })
    const id = idOf(await shop.reserve('A', 4))
    const answer = await shop.mutate('moveReservation', { reservationId: id, locationId: await shop.locationId('S1') })
    expect(answer).toMatchObject({ __typename: 'InsufficientStock', shortfalls: [{ requested: 4, available: 2 }] })
    expect([await shop.ats('A'), await shop.ats('A', 'amazon')]).toEqual([3, 1])
  })

  it('medusa#16569: moves and reservations of the same destination race, and its units are given once', async () => {
    await shop.stock('A', { DC1: 6, S1: 3 })
    const [dc, s1] = [await shop.locationId('DC1'), await shop.locationId('S1')]
    const id = idOf(await shop.reserve('A', 3, { locationId: dc }))
    const [moved, ...taken] = await Promise.all([
      shop.mutate('moveReservation', { reservationId: id, locationId: s1 }),
      ...Array.from({ length: 3 }, () => shop.reserve('A', 1, { locationId: s1 })),
    ])
    const units = (moved.__typename === 'ReservationSuccess' ? 3 : 0) + kept(taken).length
    expect(units).toBe(3)
    expect(await shop.ats('A')).toBe(9 - 3 - kept(taken).length)
    expect(await shop.drift()).toEqual([])
  })
})

describe('one request', () => {
  it('medusa#16502: two lines of one item that fit one by one are refused together', async () => {
    await shop.stock('A', { DC1: 5 })
    const lines = [
      { lineId: '1', sku: 'A', quantity: 3 },
      { lineId: '2', sku: 'A', quantity: 3 },
    ]
    expect(await shop.reserve('', 0, { lines })).toMatchObject({ shortfalls: [{ requested: 6, available: 5 }] })
    expect(await shop.ats('A')).toBe(5)
  })

  it('saleor/apps#1175: what availability says may be had is had, and not one more', async () => {
    await shop.stock('A', { DC1: 6, S1: 3 })
    await shop.reserve('A', 2)
    const ats = await shop.ats('A')
    expect((await shop.reserve('A', ats + 1)).__typename).toBe('InsufficientStock')
    expect((await shop.reserve('A', ats)).__typename).toBe('ReserveStockSuccess')
  })

  it('ShopifySharp#919, tekate: an order delivered twice reserves once', async () => {
    await shop.stock('A', { DC1: 10 })
    const order = { idempotencyKey: 'webhook 77', owner: { kind: 'ORDER', id: '77' } }
    const answers = await Promise.all([
      shop.reserve('A', 4, order),
      shop.reserve('A', 4, order),
      shop.reserve('A', 4, order),
    ])
    expect(new Set(kept(answers).map(idOf)).size).toBe(1)
    expect(await shop.ats('A')).toBe(6)
  })

  it('saleor/apps#339: a webhook delivered again, when its order has gone on, is answered as before and changes nothing', async () => {
    await shop.stock('A', { DC1: 10 })
    const order = { idempotencyKey: 'webhook 78', owner: { kind: 'ORDER', id: '78' } }
    const id = idOf(await shop.reserve('A', 4, order))
    await shop.mutate('confirmReservation', { orderId: '78', ...all(id) })
    await shop.mutate('consumeReservation', all(id))
    expect(await shop.reserve('A', 4, order)).toMatchObject({ replayed: true, reservations: [{ id, held: 4 }] })
    expect(await shop.ats('A')).toBe(6)
    expect(await shop.drift()).toEqual([])
  })

  it('mollie/PrestaShop#493: the buyer who comes back and the payment webhook make two orders of one cart, and one gets the units', async () => {
    await shop.stock('A', { DC1: 10 })
    const id = idOf(await shop.reserve('A', 3))
    const answers = await Promise.all(
      ['o-1', 'o-2'].map((orderId) => shop.mutate('confirmReservation', { orderId, ...all(id) })),
    )
    expect(answers.map(({ __typename }) => __typename).sort()).toEqual([
      'ReservationSuccess',
      'ReservationUnitsMissing',
    ])
    const { rows } = await shop.world.database.query('select confirmed, held from inventory.reservations')
    expect(rows).toEqual([{ confirmed: 3, held: 0 }])
    expect(await shop.ats('A')).toBe(7)
    expect(await shop.drift()).toEqual([])
  })
})

describe('books of reservations', () => {
  const confirmed = async (quantity: number) => {
    const id = idOf(await shop.reserve('A', quantity))
    await shop.mutate('confirmReservation', { orderId: 'o', ...all(id) })
    return id
  }
  beforeEach(() => shop.stock('A', { DC1: 10 }))

  it('magento/inventory#1026, #1849: an order cancelled twice gives its units back once', async () => {
    const id = await confirmed(4)
    const answers = await Promise.all([
      shop.mutate('releaseReservation', all(id)),
      shop.mutate('releaseReservation', all(id)),
    ])
    expect(answers.map((answer) => answer.__typename).sort()).toEqual(['ReservationSuccess', 'ReservationUnitsMissing'])
    expect(await shop.ats('A')).toBe(10)
  })

  it('magento/inventory#1878, #1881: a credit memo after the shipment gives nothing back', async () => {
    const id = await confirmed(4)
    await shop.mutate('consumeReservation', all(id))
    expect(await shop.mutate('releaseReservation', all(id))).toMatchObject({ __typename: 'ReservationUnitsMissing' })
    expect(await shop.ats('A')).toBe(6)
  })

  it('magento/inventory#1888, #1887: shipped in part and cancelled in part is exactly the whole', async () => {
    const id = await confirmed(5)
    await shop.mutate('consumeReservation', all(id, 2))
    await shop.mutate('releaseReservation', all(id, 2))
    const last = await shop.mutate('consumeReservation', all(id))
    expect(last.reservations).toMatchObject([{ consumed: 3, released: 2, confirmed: 0 }])
    expect(await shop.ats('A')).toBe(7)
  })

  it('magento/inventory#2859: units that left are not counted again once the shelf is counted', async () => {
    const id = await confirmed(4)
    await shop.mutate('consumeReservation', { occurredAt: '2026-10-01T11:58:00.000Z', ...all(id) })
    // The count of 11:59 is without them already.
    expect(await shop.ats('A')).toBe(10)
    const later = await confirmed(1)
    await shop.mutate('consumeReservation', { occurredAt: '2026-10-01T11:59:30.000Z', ...all(later) })
    expect(await shop.ats('A')).toBe(9)
  })

  it('magento/inventory#2773: a SKU that is renamed keeps its reservations', async () => {
    await confirmed(4)
    await shop.world.database.query("update inventory.variants set sku = 'A2' where sku = 'A'")
    const { rows } = await shop.world.database.query<{ id: string }>(
      "select id from inventory.variants where sku = 'A2'",
    )
    const lines = [{ lineId: '1', variantId: rows[0]?.id, quantity: 7 }]
    expect(await shop.reserve('', 0, { lines })).toMatchObject({ shortfalls: [{ requested: 7, available: 6 }] })
  })

  it('magento/inventory#2078: the sums never need repair, whatever was done', async () => {
    const id = await confirmed(3)
    await shop.reserve('A', 2)
    await shop.mutate('allocateReservation', all(id, 1))
    await shop.mutate('consumeReservation', all(id, 2))
    await shop.runOut()
    await shop.tidy()
    expect(await shop.drift()).toEqual([])
    await shop.world.database.query('update inventory.reservation_totals set held = held + 1')
    expect(await shop.drift()).toHaveLength(1)
  })

  it('IBM INVENTORY-I-33: units allocated by the source are subtracted once, not twice', async () => {
    const id = await confirmed(4)
    // The warehouse took one on just now, and no count tells of it yet: it is not free.
    await shop.mutate('allocateReservation', all(id, 1))
    expect((await shop.reserve('A', 10)).shortfalls).toMatchObject([{ available: 6 }])
    await shop.mutate('releaseReservation', all(id))
    const other = await confirmed(4)
    await shop.mutate('allocateReservation', { occurredAt: '2026-10-01T11:58:00.000Z', ...all(other) })
    await shop.commit('A', 'DC1', 11, 4)
    expect(await shop.ats('A')).toBe(6)
    // Told to be where it is already, it stays the source's own.
    await shop.mutate('moveReservation', { reservationId: other, locationId: await shop.locationId('DC1') })
    expect(await shop.ats('A')).toBe(6)
    const next = idOf(await shop.reserve('A', 3, { placement: 'NETWORK' }))
    expect(await shop.ats('A')).toBe(3)
    await shop.mutate('moveReservation', { reservationId: next, locationId: await shop.locationId('DC1') })
    expect(await shop.ats('A')).toBe(3)
  })
})

describe('stale numbers', () => {
  it('shopware#14816, #16342: stock that went to nothing in the tables sells nothing, whatever the cache says', async () => {
    await shop.stock('A', { DC1: 5 })
    expect(await shop.ats('A')).toBe(5)
    // Behind the back of every cache: as another process would have it.
    await shop.world.database.query('update inventory.positions set on_hand = 0, sellable = 0')
    expect(await shop.ats('A')).toBe(5)
    expect(await shop.reserve('A', 1)).toMatchObject({ shortfalls: [{ available: 0 }] })
  })

  it('shopware#4281: a listing of many shows the order that was placed since it was looked at', async () => {
    await shop.stock('A', { DC1: 5 })
    await shop.stock('B', { DC1: 8 })
    const listing = async () => {
      const query = `query { availability(channelId: "web", items: [{ sku: "A" }, { sku: "B" }]) { ats } }`
      return (await shop.world.ask(query)).availability
    }
    expect(await listing()).toEqual([{ ats: 5 }, { ats: 8 }])
    const id = idOf(await shop.reserve('A', 2))
    await shop.mutate('confirmReservation', { orderId: 'o', ...all(id) })
    expect(await listing()).toEqual([{ ats: 3 }, { ats: 8 }])
  })

  it('openfoodnetwork#3862, #4020, vercel/commerce#991: whoever looks after the last unit was bought sees none', async () => {
    await shop.stock('A', { DC1: 1 })
    expect(await shop.ats('A')).toBe(1)
    await shop.reserve('A', 1, { owner: { kind: 'CHECKOUT', id: 'last' } })
    // No word of a source, no time that passed: the purchase itself drops what was kept.
    expect([await shop.ats('A'), await shop.ats('A', 'amazon')]).toEqual([0, 0])
  })

  it('vendure#3065: nothing is paid for that is not kept, and what is not paid in time is free again', async () => {
    await shop.stock('A', { DC1: 1 })
    const id = idOf(await shop.reserve('A', 1))
    expect((await shop.reserve('A', 1)).__typename).toBe('InsufficientStock')
    await shop.runOut()
    expect(await shop.mutate('confirmReservation', { orderId: 'o', ...all(id) })).toMatchObject({
      __typename: 'ReservationExpired',
    })
    expect((await shop.reserve('A', 1)).__typename).toBe('ReserveStockSuccess')
  })
})
