import { expect, it } from 'vitest'
import { startChild } from '../../../support/child.ts'
import { readable } from '../../../support/event-log.ts'
import type { Moment } from '../../../support/fulfillment-parts.ts'
import { openReturnWorld, type ReturnWorld } from './world.ts'

const placedFor = (world: ReturnWorld, returnId: string, expectedVersion: number, receiptId: string, to: string) =>
  world.change('recordReturnDisposition', {
    ...{ returnId, expectedVersion, lines: [{ receiptId, quantity: 1, disposition: to }] },
  })

const movement = (code: string, sku: string, more: object) => ({
  variant: { namespace: 'sku', value: sku },
  location: { namespace: 'location-code', value: code },
  ...{ kind: 'RETURN_RECEIPT', quantity: 1, occurredAt: new Date().toISOString(), ...more },
})

it('lies on hold where it came in, is sold by nobody, and goes where its disposition says; nothing moves where it was sold from', async () => {
  await using world = await openReturnWorld()
  await world.stock('A', { DC: 10, S2: 4 })
  const { id, lines } = await world.sold('R-1', { A: 3 })
  const { id: returnId } = await world.authorized(id, [{ lineId: lines.A, quantity: 3 }], 'DC')
  const { return: kept } = await world.change('recordReturnReceipt', {
    ...{ returnId, expectedVersion: 2, locationId: world.locationId('S2'), lines: [{ lineId: lines.A, quantity: 3 }] },
  })
  await world.settle()
  expect(await world.shelf('A', 'S2')).toEqual({ onHand: 7, sellable: 4, damaged: 0, qualityControl: 0, returnHold: 3 })
  const ats = async () => {
    const text = '{ availability(channelId: "web", items: [{ sku: "A" }]) { ats } }'
    return (await world.askInventory(text)).availability[0].ats
  }
  expect(await ats()).toBe(14)
  const [receipt] = kept.lines[0].receipts
  await placedFor(world, returnId, 3, receipt.id, 'RESTOCKED')
  await placedFor(world, returnId, 4, receipt.id, 'DAMAGED')
  await placedFor(world, returnId, 5, receipt.id, 'SCRAPPED')
  await world.settle()
  expect(await world.shelf('A', 'S2')).toEqual({ onHand: 6, sellable: 5, damaged: 1, qualityControl: 0, returnHold: 0 })
  expect(await world.shelf('A', 'DC')).toMatchObject({ onHand: 10, sellable: 10, returnHold: 0 })
  expect(await ats()).toBe(15)
}, 60_000)

it('counts once what a till tells by itself as well: before, after, and put elsewhere than on hold', async () => {
  await using world = await openReturnWorld()
  await world.stock('A', { S2: 0, S3: 0 })
  const { id, lines } = await world.sold('R-1', { A: 4 })
  const { id: returnId, rma } = await world.authorized(id, [{ lineId: lines.A, quantity: 4 }], 'S2')
  const receive = (code: 'S2' | 'S3', expectedVersion: number, quantity: number) =>
    world.change('recordReturnReceipt', {
      ...{ returnId, expectedVersion, locationId: world.locationId(code), lines: [{ lineId: lines.A, quantity }] },
    })
  // Told here first, then by the till, which names the number on the parcel.
  await receive('S2', 2, 2)
  await world.settle()
  expect(await world.shelf('A', 'S2')).toMatchObject({ onHand: 2, returnHold: 2 })
  await world.deliver('movement', { m1: movement('S2', 'A', { documentRef: rma, quantity: 2 }) }, 'till')
  await world.settle()
  expect(await world.shelf('A', 'S2')).toMatchObject({ onHand: 2, returnHold: 2 })
  // The till takes it back: it was not there after all, by its word. Then what was told here stands again.
  await world.deliver('movement', { m1: movement('S2', 'A', { documentRef: 'other', quantity: 2 }) }, 'till')
  await world.settle()
  expect(await world.shelf('A', 'S2')).toMatchObject({ onHand: 4, returnHold: 4 })
  // By the till first, onto the shelf, and placed here later: the till has done that.
  await world.deliver('movement', { m2: movement('S3', 'A', { documentRef: returnId, bucketTo: 'SELLABLE' }) }, 'till')
  const { return: kept } = await receive('S3', 3, 1)
  const receipt = kept.lines[0].receipts[1]
  await placedFor(world, returnId, 4, receipt.id, 'RESTOCKED')
  await world.settle()
  expect(await world.shelf('A', 'S3')).toEqual({ onHand: 1, sellable: 1, damaged: 0, qualityControl: 0, returnHold: 0 })
}, 60_000)

it('leaves to a warehouse what its own snapshot took over, and places what that has on hold', async () => {
  await using world = await openReturnWorld()
  await world.stock('A', { S2: 4, S3: 4 })
  const { id, lines } = await world.sold('R-1', { A: 3 })
  const { id: returnId } = await world.authorized(id, [{ lineId: lines.A, quantity: 3 }], 'S2')
  const receive = (code: 'S2' | 'S3', expectedVersion: number, quantity: number) =>
    world.change('recordReturnReceipt', {
      ...{ returnId, expectedVersion, locationId: world.locationId(code), lines: [{ lineId: lines.A, quantity }] },
    })
  await receive('S2', 2, 1)
  const { return: kept } = await receive('S3', 3, 2)
  await world.settle()
  // Both are counted anew with what came in: one has put it on its shelf, the other still has one of two on hold.
  const counted = (sku: string, code: string, onHand: number, returnHold: number) => ({
    ...{ variant: { namespace: 'sku', value: sku }, location: { namespace: 'location-code', value: code } },
    ...{ onHand, returnHold },
  })
  await world.deliver('stock', { 'A@S2': counted('A', 'S2', 5, 0), 'A@S3': counted('A', 'S3', 6, 1) })
  const [there, here] = kept.lines[0].receipts
  await placedFor(world, returnId, 4, there.id, 'RESTOCKED')
  await placedFor(world, returnId, 5, here.id, 'RESTOCKED')
  await placedFor(world, returnId, 6, here.id, 'RESTOCKED')
  await world.settle()
  expect(await world.shelf('A', 'S2')).toMatchObject({ onHand: 5, sellable: 5, returnHold: 0 })
  expect(await world.shelf('A', 'S3')).toMatchObject({ onHand: 6, sellable: 6, returnHold: 0 })
}, 60_000)

it('is moved once by a process that is killed before and after its commit, by whoever comes next (K049)', async () => {
  await using world = await openReturnWorld({ runs: false })
  const die = async (at: Moment['at'], type: string): Promise<void> => {
    await readable(world.database)
    await using child = startChild('fulfillment-child.ts', [
      world.url,
      'inventory.returns',
      at,
      `retail.return.${type}.v1`,
    ])
    expect(await child.ended).toBeNull()
  }
  await world.stock('A', { S2: 4 })
  const { id, lines } = await world.sold('R-1', { A: 2 })
  const { id: returnId } = await world.authorized(id, [{ lineId: lines.A, quantity: 2 }], 'S2')
  const { return: kept } = await world.change('recordReturnReceipt', {
    ...{ returnId, expectedVersion: 2, locationId: world.locationId('S2'), lines: [{ lineId: lines.A, quantity: 2 }] },
  })
  const shelf = async () => {
    await world.projected()
    return await world.shelf('A', 'S2')
  }
  await die('decided', 'receipt-recorded')
  expect(await shelf()).toMatchObject({ sellable: 4, returnHold: 0 })
  await die('committed', 'receipt-recorded')
  expect(await shelf()).toMatchObject({ sellable: 4, returnHold: 2 })
  const [receipt] = kept.lines[0].receipts
  await placedFor(world, returnId, 3, receipt.id, 'RESTOCKED')
  await die('committed', 'disposition-recorded')
  expect(await shelf()).toMatchObject({ sellable: 5, returnHold: 1 })
  await using last = startChild('fulfillment-child.ts', [world.url])
  await last.line('ready', 30_000)
  await placedFor(world, returnId, 4, receipt.id, 'DAMAGED')
  await expect.poll(shelf, { timeout: 20_000 }).toMatchObject({ sellable: 5, damaged: 1, returnHold: 0 })
}, 120_000)
