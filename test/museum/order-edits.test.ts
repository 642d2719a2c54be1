import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EditingWorld, openEditingWorld } from '../subgraphs/orders/editing/world.ts'

/** What goes wrong elsewhere when an order is edited after stock was kept for it (K054); each played here. */

let world: EditingWorld
beforeAll(async () => {
  world = await openEditingWorld()
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

it('an exchange of lines goes half through: the old line is given back, the new one cannot be had', async () => {
  await world.stock('F', { S1: 3 })
  await world.stock('G', { S1: 1 })
  const orderId = await placed('M-6', { F: 3 })
  const line = (await world.read(orderId)).lines.F?.id ?? ''
  const changes = [{ removeLine: { lineId: line } }, { addLine: { sku: 'G', quantity: 2 } }]
  expect(await world.editOrder({ orderId, changes })).toMatchObject({ __typename: 'EditOrderRefused' })
  expect([await atsOf('F'), await atsOf('G')]).toEqual([0, 1])
})

it('two clerks edit one order at once, and the second undoes the first without a word', async () => {
  await world.stock('H', { S1: 9 })
  const orderId = await placed('M-7', { H: 1 })
  const line = (await world.read(orderId)).lines.H?.id ?? ''
  const edit = (quantity: number) =>
    world.editOrder({ orderId, changes: [{ setQuantity: { lineId: line, quantity } }] })
  expect(await edit(4)).toMatchObject({ editRequest: { state: 'PENDING' } })
  expect(await edit(2)).toMatchObject({ __typename: 'OrderEditUnderWay' })
  expect(await atsOf('H')).toBe(5)
})
