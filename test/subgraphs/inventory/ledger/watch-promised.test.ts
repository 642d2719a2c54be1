import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, NewEvent, RecordedEvent } from '../../../../platform/event-log/event-log.ts'
import { promiseChangesOf } from '../../../../subgraphs/inventory/ledger/promise-changes.ts'
import { watchProcess } from '../../../../subgraphs/inventory/ledger/watch-process.ts'
import { stockDocument } from '../documents.ts'
import { openReservationWorld, type ReservationWorld } from '../reservations/world.ts'

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { S2: 20 })
})
afterEach(() => shop[Symbol.asyncDispose]())

const at = (time: string) => `2026-10-01T${time}:00.000Z`

/** In a batch of its own: what was reserved before is decided on before it. */
async function count(code: string, onHand: number, time: string, more: JsonObject = {}): Promise<void> {
  await shop.world.settle()
  const document = stockDocument('A', code, { onHand, reorderPoint: 4, occurredAt: at(time), ...more })
  await shop.world.deliver('stock', { [`A@${code}`]: document })
}

/** In a cart. @returns the reservation */
async function hold(quantity: number): Promise<string> {
  const { reservations } = await shop.reserve('A', quantity, {
    method: 'PICKUP',
    locationId: await shop.locationId('S1'),
  })
  return reservations[0].id
}

async function change(mutation: string, id: string, more: JsonObject = {}, quantity?: number): Promise<void> {
  const units = { reservationId: id, ...(quantity === undefined ? {} : { quantity }) }
  expect(await shop.mutate(mutation, { items: [units], ...more })).toMatchObject({ __typename: 'ReservationSuccess' })
}

async function order(orderId: string, quantity: number): Promise<string> {
  const id = await hold(quantity)
  await change('confirmReservation', id, { orderId })
  return id
}

async function move(reservationId: string, code: string): Promise<void> {
  const locationId = await shop.locationId(code)
  const answer = await shop.mutate('moveReservation', { reservationId, locationId })
  expect(answer).toMatchObject({ __typename: 'ReservationSuccess' })
}

function readSignals(events: readonly Pick<NewEvent, 'type' | 'data'>[]): readonly unknown[] {
  const signals = events.filter(({ type }) => /shortfall|reorder/.test(type))
  return signals.map(({ type, data: { variantId: _, locationId: __, ...data } }) => {
    return [type.replace(/^retail\.inventory\.|\.v1$/g, ''), data]
  })
}

/** All that was told so far. */
async function told(): Promise<readonly unknown[]> {
  await shop.world.settle()
  return readSignals(await shop.world.events())
}

const reordered = (level: number) => ['reorder-point-reached', { level, threshold: 4 }]
const short = (units: number, ...orders: string[]) => ['shortfall-detected', { units, orders }]
const resolved = ['shortfall-resolved', {}]

describe('an order', () => {
  it('that takes a position to its reorder point is told of once, until it was above it again (K056)', async () => {
    await count('S1', 10, '08:00')
    const id = await hold(6)
    expect(await told()).toEqual([])
    await change('confirmReservation', id, { orderId: 'o1' })
    expect(await told()).toEqual([reordered(4)])
    await order('o2', 1)
    expect(await told()).toEqual([reordered(4)])
    await change('releaseReservation', id)
    expect(await told()).toEqual([reordered(4)])
    await order('o3', 7)
    expect(await told()).toEqual([reordered(4), reordered(2)])
    const [first] = (await shop.world.events()).filter(({ type }) => type.includes('reorder'))
    const cause = (await shop.world.events()).find(({ id: event }) => event === first?.causationId)
    expect(cause?.type).toBe('retail.inventory.reservations-changed.v3')
  })

  it('of the network is of no position until it is placed', async () => {
    await count('S1', 10, '08:00')
    const { reservations } = await shop.reserve('A', 6, { placement: 'NETWORK' })
    const [{ id }] = reservations
    await change('confirmReservation', id, { orderId: 'o1' })
    expect(await told()).toEqual([])
    await move(id, 'S1')
    expect(await told()).toEqual([reordered(4)])
  })

  it('that is sent or taken into account by the source is not given back, and its count tells nothing again', async () => {
    await count('S1', 10, '08:00')
    const [sent, known] = [await order('o1', 4), await order('o2', 3)]
    await told()
    await change('consumeReservation', sent, { occurredAt: at('09:00') })
    await change('allocateReservation', known, { occurredAt: at('09:00') })
    await shop.tidy()
    expect(await told()).toEqual([reordered(3)])
    await count('S1', 6, '09:30', { committed: 3 })
    await shop.tidy()
    expect(await told()).toEqual([reordered(3)])
    expect((await shop.world.database.query('select from inventory.reservation_issues')).rowCount).toBe(0)
    // Back above the point, and by one order to it.
    await count('S1', 8, '10:00', { committed: 3 })
    await order('o3', 1)
    expect(await told()).toEqual([reordered(3), reordered(4)])
  })

  it('that is sent counts until its count is heard of here, though the read models know of it and are tidied', async () => {
    await count('S1', 10, '08:00')
    const [sent, other] = [await order('o1', 6), await order('o2', 1)]
    expect(await told()).toEqual([reordered(3)])
    await change('consumeReservation', sent, { occurredAt: at('09:00') })
    await shop.world.database.query(`update inventory.positions set occurred_at = '${at('09:30')}'`)
    await shop.tidy()
    await change('releaseReservation', other)
    await shop.world.settle()
    await count('S1', 4, '09:30')
    expect(await told()).toEqual([reordered(3)])
  })
})

describe('a shortfall', () => {
  it('is made good by units that are given back, and is less by fewer', async () => {
    await count('S1', 10, '08:00', { reorderPoint: null })
    const [first, second] = [await order('o1', 3), await order('o2', 4)]
    await count('S1', 4, '09:00', { reorderPoint: null })
    expect(await told()).toEqual([short(3, 'o2', 'o1')])
    await change('releaseReservation', second, {}, 1)
    expect(await told()).toEqual([short(3, 'o2', 'o1'), short(2, 'o2', 'o1')])
    await change('releaseReservation', first)
    expect(await told()).toEqual([short(3, 'o2', 'o1'), short(2, 'o2', 'o1'), resolved])
    const { shortfalls } = await shop.world.ask('{ shortfalls { edges { node { units } } } }')
    expect(shortfalls).toEqual({ edges: [] })
  })

  it('is more by an order of what was held before', async () => {
    await count('S1', 10, '08:00', { reorderPoint: null })
    await order('o1', 3)
    const id = await hold(2)
    await count('S1', 1, '09:00', { reorderPoint: null })
    await change('confirmReservation', id, { orderId: 'o2' })
    expect(await told()).toEqual([short(2, 'o1'), short(4, 'o2', 'o1')])
  })

  it('is made good by an order that is kept elsewhere, where it counts from then on', async () => {
    await count('S1', 10, '08:00')
    await count('S2', 20, '08:00', { reorderPoint: 14 })
    const id = await order('o1', 6)
    await count('S1', 5, '09:00')
    await move(id, 'S2')
    const there = ['reorder-point-reached', { level: 14, threshold: 14 }]
    expect(await told()).toEqual([reordered(4), short(1, 'o1'), there, resolved])
    // What is given back above the reorder point may come to it again.
    await order('o2', 1)
    expect((await told()).at(-1)).toEqual(reordered(4))
  })
})

describe('batches of reservations', () => {
  const decide = (events: readonly RecordedEvent[]) =>
    shop.world.database.transaction((transaction) => watchProcess.decide(transaction, events))

  async function reservationEvents(): Promise<readonly RecordedEvent[]> {
    return (await shop.world.events()).filter(({ type }) => type.includes('reservations-changed'))
  }

  it('are decided on by what stands, and delivered again tell nothing', async () => {
    await count('S1', 10, '08:00')
    const ids = [await order('o1', 2), await order('o2', 3), await order('o3', 2)]
    await change('releaseReservation', ids[1] ?? '')
    expect(await told()).toEqual([])
    await order('o4', 5)
    await count('S1', 8, '09:00')
    expect(await told()).toEqual([reordered(1), short(1, 'o4', 'o3', 'o1')])
    const events = await reservationEvents()
    expect(await decide(events)).toEqual([])
    for (const event of events) expect(await decide([event])).toEqual([])
    await shop.world.rebuild()
    expect(await told()).toHaveLength(2)
    // Of a position that no source has spoken of nothing is known to be missing.
    await shop.world.database.query('delete from inventory.watched_positions')
    expect(await decide(events)).toEqual([])
  })

  it('cost one look for kits while they only hold, and as much for many orders at a position as for one', async () => {
    await count('S1', 40, '08:00')
    const ids = await Promise.all(Array.from({ length: 20 }, () => hold(1)))
    await shop.world.settle()
    const statementsOf = async (events: readonly RecordedEvent[]) => {
      const before = shop.world.database.statementCount()
      await decide(events)
      return shop.world.database.statementCount() - before
    }
    const held = await reservationEvents()
    expect(await statementsOf(held)).toBe((await statementsOf([])) + 1)
    await Promise.all(ids.map((id, at) => change('confirmReservation', id, { orderId: `o${at}` })))
    await shop.world.settle()
    const all = await reservationEvents()
    const [first] = all.slice(held.length)
    if (first === undefined) throw new Error('Nothing was confirmed')
    expect(await statementsOf(all)).toBe(await statementsOf([first]))
  })

  it('are read as every release told them', async () => {
    const variantId = 'v'
    const [any] = await shop.world.events()
    if (any === undefined) throw new Error('Nothing was told')
    const promised = { change: 'moved', locationId: 'l', orderId: 'o' }
    const held = { change: 'held', locationId: 'l', orderId: null }
    const over = { change: 'expired', locationId: 'l', orderId: 'o' }
    const recorded = (version: number, data: JsonObject): RecordedEvent => {
      return { ...any, type: `retail.inventory.reservations-changed.v${version}`, data: { variantId, ...data } }
    }
    const columns = { change: ['moved', 'held', 'expired'], orderId: ['o', null, 'o'] }
    for (const event of [
      recorded(1, { changes: [promised, held, over] }),
      recorded(2, { common: { locationId: 'l' }, changes: [promised, held, over] }),
      recorded(3, { common: { locationId: 'l' }, columns }),
    ]) {
      expect(promiseChangesOf(event)).toEqual([{ variantId, locationId: 'l', moved: true }])
    }
    // Of what is only held no more is read than that it is.
    expect(promiseChangesOf(recorded(3, { common: { orderId: null }, columns: null }))).toEqual([])
  })
})
