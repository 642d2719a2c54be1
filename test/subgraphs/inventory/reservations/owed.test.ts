import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rowsOfColumns } from '../../../../platform/event-log/columns.ts'
import { readReservation } from '../../../../subgraphs/inventory/reservations/section-read.ts'
import { channelDocument, locationDocument } from '../documents.ts'
import { type OwedWorld, openOwedWorld } from './owed-world.ts'

let shop: OwedWorld
beforeEach(async () => {
  shop = await openOwedWorld()
  await shop.stock('A', { DC1: 0, S1: 0 })
  await shop.sellAhead('A')
})
afterEach(() => shop[Symbol.asyncDispose]())

describe('what the network owes of what was to come', () => {
  it('is placed when it has come, told as a move, and changes no number that was told', async () => {
    await shop.comes('A', 10)
    const id = await shop.owe('A', 5)
    expect(await shop.placeOwed()).toEqual([])

    await shop.count('A', 'DC1', 7)
    expect(await shop.ats('A')).toBe(2)
    const before = (await shop.world.events()).length
    expect(await shop.placeOwed()).toEqual([[id, 'DC1']])
    expect(await shop.ats('A')).toBe(2)
    const told = (await shop.world.events()).slice(before)
    expect(told.map(({ type }) => type)).toEqual(['retail.inventory.reservations-changed.v3'])
    const [{ data }] = told as unknown as [{ data: { common: object; columns: Record<string, readonly unknown[]> } }]
    expect(rowsOfColumns({ ...data.common }, data.columns)).toMatchObject([
      { reservationId: id, change: 'moved', locationId: await shop.locationId('DC1'), confirmed: 5, version: 3 },
    ])
    expect(await readReservation(shop.world.database, id)).toMatchObject({ promise: { kind: 'BACKORDER' } })
    expect(await shop.due()).toEqual([])
    expect(await shop.drift()).toEqual([])
  })

  it('goes in the order in which it was promised, and no younger one takes what an older one waits for', async () => {
    await shop.comes('A', 30)
    const first = await shop.owe('A', 6)
    const second = await shop.owe('A', 2)
    const third = await shop.owe('A', 1)
    // Four at each of two places are six for the first, though not in one place, and two for the second.
    await shop.count('A', 'DC1', 4)
    await shop.count('A', 'S1', 4)
    expect(await shop.placeOwed()).toEqual([[second, 'S1']])
    await shop.count('A', 'DC1', 6)
    expect(await shop.placeOwed()).toEqual([
      [first, 'DC1'],
      [third, 'S1'],
    ])
    expect(await shop.drift()).toEqual([])
  })

  it('is placed where its channel and method may sell from, whoever waits for another place', async () => {
    await shop.comes('A', 30)
    const elsewhere = await shop.owe('A', 3, { channelId: 'amazon' })
    const here = await shop.owe('A', 2)
    await shop.count('A', 'S1', 9)
    expect(await shop.placeOwed()).toEqual([[here, 'S1']])
    await shop.count('A', 'DC1', 3)
    expect(await shop.placeOwed()).toEqual([[elsewhere, 'DC1']])
  })

  it('leaves what is held back by a rule, and what other channels have for themselves', async () => {
    await shop.comes('A', 30)
    const id = await shop.owe('A', 5)
    await shop.world.deliver('safety-rule', { buffer: { units: 2, variant: { namespace: 'sku', value: 'A' } } })
    await shop.count('A', 'DC1', 6)
    expect(await shop.placeOwed()).toEqual([])
    await shop.count('A', 'DC1', 7)
    await shop.fence('A', 'amazon', 3)
    expect(await shop.placeOwed()).toEqual([])
    await shop.count('A', 'DC1', 9)
    expect(await shop.placeOwed()).toEqual([])
    await shop.count('A', 'DC1', 10)
    expect(await shop.placeOwed()).toEqual([[id, 'DC1']])
    expect(await shop.ats('A', 'amazon')).toBe(3)
  })

  it('is placed once an order has it; what a cart holds keeps its due until it is given up', async () => {
    await shop.comes('A', 10)
    const held = await shop.hold('A', 4)
    const id = await shop.owe('A', 2)
    await shop.count('A', 'DC1', 5)
    expect(await shop.placeOwed()).toEqual([])
    await shop.confirm(held)
    expect(await shop.placeOwed()).toEqual([[held, 'DC1']])
    await shop.mutate('releaseReservation', { items: [{ reservationId: held, quantity: 4 }] })
    await shop.world.settle()
    expect(await shop.placeOwed()).toEqual([[id, 'DC1']])
    expect(await shop.due()).toEqual([])
  })

  it('of the network by its own word is placed by who asked, and keeps its due', async () => {
    await shop.count('A', 'DC1', 3)
    const { reservations } = await shop.reserve('A', 3, { placement: 'NETWORK' })
    await shop.confirm(reservations[0].id)
    await shop.comes('A', 10)
    const id = await shop.owe('A', 4)
    await shop.count('A', 'DC1', 6)
    expect(await shop.placeOwed()).toEqual([])
    await shop.count('A', 'DC1', 7)
    expect(await shop.placeOwed()).toEqual([[id, 'DC1']])
    expect(await shop.ats('A')).toBe(0)
  })

  it('is placed when a transfer is received, and when a purchase order is', async () => {
    await shop.comes('A', 10)
    const [first, second] = [await shop.owe('A', 4), await shop.owe('A', 3)]
    const receive = (id: string, kind: string, quantity: number) =>
      shop.world.deliver('movement', {
        [id]: {
          ...{ variant: { namespace: 'sku', value: 'A' }, location: { namespace: 'location-code', value: 'S1' } },
          ...{ kind, quantity, occurredAt: '2026-10-01T11:59:30.000Z' },
        },
      })
    await receive('po', 'RECEIPT', 4)
    expect(await shop.placeOwed()).toEqual([[first, 'S1']])
    await receive('lorry', 'TRANSFER_IN', 3)
    expect(await shop.placeOwed()).toEqual([[second, 'S1']])
  })

  it('is looked at again after a while, since rules that change name no variant', async () => {
    await shop.comes('A', 10)
    const id = await shop.owe('A', 5)
    const closed = { reason: 'flood', location: { namespace: 'location-code', value: 'DC1' } }
    await shop.world.deliver('location-exclusion', { flood: closed })
    await shop.count('A', 'DC1', 5)
    expect(await shop.placeOwed()).toEqual([])
    await shop.world.deliver('location-exclusion', { flood: null })
    expect(await shop.placeOwed()).toEqual([])
    await shop.passAWhile()
    expect(await shop.placeOwed()).toEqual([[id, 'DC1']])
  })

  it('that more wait for than one step places is placed by the next steps, in order', async () => {
    await shop.comes('A', 1_000)
    const many = await shop.owe('A', 300)
    const ids = await shop.oweMany('A', 205)
    await shop.count('A', 'DC1', 299)
    // A step that places none is followed by one that takes nothing of what those wait for.
    expect(await shop.placeOwed()).toEqual([])
    await shop.count('A', 'DC1', 501)
    expect((await shop.placeOwed()).map(([id]) => id)).toEqual([many, ...ids.slice(0, 201)])
    await shop.count('A', 'DC1', 505)
    expect((await shop.placeOwed()).map(([id]) => id)).toEqual(ids.slice(201))
    expect(await shop.due()).toEqual([])
    expect(await shop.drift()).toEqual([])
  })

  it('is placed behind however many that wait for another place', async () => {
    await shop.comes('A', 1_000)
    await shop.oweMany('A', 101, { channelId: 'amazon' })
    const id = await shop.owe('A', 2)
    await shop.count('A', 'S1', 5)
    expect(await shop.placeOwed()).toEqual([[id, 'S1']])
  })

  it('costs nothing where nothing is owed', async () => {
    await shop.count('A', 'DC1', 5)
    await shop.reserve('A', 2)
    await shop.world.settle()
    expect(await shop.due()).toEqual([])
    const before = shop.world.database.statementCount()
    expect(await shop.placeOnce()).toBe(0)
    expect(shop.world.database.statementCount() - before).toBe(1)
  })

  it('is looked at again by who sells in advance, of a place where none was ever counted', async () => {
    const inTransit = { horizonHours: 8_000 }
    await shop.world.deliver('channel', { early: channelDocument('early', { methods: ['SHIP'], inTransit }) })
    await shop.world.deliver('location', { 9: locationDocument('NEW') })
    await shop.comes('A', 5, 'NEW')
    const { reservations } = await shop.reserve('A', 5, { channelId: 'early' })
    await shop.confirm(reservations[0].id)
    await shop.count('A', 'NEW', 5)
    expect(await shop.placeOwed()).toEqual([[reservations[0].id, 'NEW']])
  })
})
