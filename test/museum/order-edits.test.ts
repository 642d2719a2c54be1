import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FulfillmentWorld, openFulfillmentWorld } from '../subgraphs/orders/fulfillment/world.ts'

/** What goes wrong elsewhere when an order is edited after stock was kept for it (K054); each played here. */

let world: FulfillmentWorld
beforeAll(async () => {
  world = await openFulfillmentWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

async function placed(key: string, items: Readonly<Record<string, number>>): Promise<string> {
  const orderId = (await world.order(key, items)) ?? ''
  await world.settle()
  return orderId
}

async function edited(key: string, items: Readonly<Record<string, number>>, more = {}): Promise<void> {
  await world.edit(key, items, more)
  await world.settle()
}

async function atsOf(sku: string): Promise<number> {
  const { availability } = await world.askInventory(
    '{ availability(channelId: "web", items: [{ sku: "SKU" }]) { ats } }'.replace('SKU', sku),
  )
  return availability[0].ats
}

it('a line is removed, and what was reserved for it stays behind: the shop sells fewer than it has for good', async () => {
  await world.stock('A', { S1: 5 })
  await world.stock('B', { S1: 5 })
  await placed('M-1', { A: 2, B: 5 })
  expect([await atsOf('A'), await atsOf('B')]).toEqual([3, 0])
  await edited('M-1', { A: 2 })
  expect([await atsOf('A'), await atsOf('B')]).toEqual([3, 5])
})

it('a removal and the cancellation after it restock the same units, each by itself: more to sell than there are', async () => {
  await world.stock('C', { S1: 6 })
  await placed('M-2', { C: 4 })
  await edited('M-2', { C: 1 })
  await edited('M-2', { C: 1 }, { status: 'CANCELLED', statusAt: '2026-02-02T11:00:00Z' })
  await edited('M-2', {}, { status: 'CANCELLED', statusAt: '2026-02-02T11:00:00Z' })
  expect(await atsOf('C')).toBe(6)
  expect(await world.drift()).toEqual([])
})

it('a quantity is set below what has left, and the difference is put on sale though it is in a parcel', async () => {
  await world.stock('D', { S1: 5 })
  const orderId = await placed('M-3', { D: 4 })
  const [[reservationId = ''] = []] = await world.reservedFor(orderId)
  await world.mutate(
    'consumeReservation',
    { items: [{ reservationId, quantity: 3 }] },
    'DatedReservationUnitsInput',
    '',
  )
  await edited('M-3', { D: 2 })
  expect(await world.legs(orderId)).toEqual({ D: { confirmed: 0, consumed: 3, released: 1 } })
  expect(await atsOf('D')).toBe(2)
})

it('a quantity grows in the order system alone: the last units are sold again before the warehouse hears of it', async () => {
  await world.stock('E', { S1: 4 })
  await placed('M-4', { E: 2 })
  await edited('M-4', { E: 4 })
  expect(await atsOf('E')).toBe(0)
  expect(await world.order('M-5', { E: 1 })).toBeNull()
})
