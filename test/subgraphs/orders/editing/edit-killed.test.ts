import { expect, it } from 'vitest'
import { startChild } from '../../../support/child.ts'
import { readable } from '../../../support/event-log.ts'
import type { Moment } from '../../../support/fulfillment-parts.ts'
import { type EditingWorld, openEditingWorld } from './world.ts'

const changed = 'retail.order.demand-changed.v1'
const requested = 'retail.order.edit-requested.v1'
const kept = 'retail.inventory.order-edit-kept.v1'
const superseded = 'retail.order.edit-superseded.v1'

/** A process that dies with SIGKILL in the turn in which it takes an event in, before or after its commit. */
async function die(world: EditingWorld, process: string, at: Moment['at'], type: string): Promise<void> {
  await readable(world.database)
  await using child = startChild('fulfillment-child.ts', [world.url, process, at, type])
  expect(await child.ended).toBeNull()
}

const legs = (confirmed: number, released: number) => ({ confirmed, consumed: 0, released })

it('edits, of a source and asked for, are followed once, though whoever follows them is killed at every step (K054)', async () => {
  await using world = await openEditingWorld({ runs: false })
  for (const sku of ['A', 'B']) await world.stock(sku, { S1: 9 })
  const orderId = (await world.order('K-1', { A: 4 })) ?? ''
  await world.edit('K-1', { A: 1 })
  await die(world, 'inventory.order-demand', 'decided', changed)
  expect(await world.legs(orderId)).toEqual({ A: legs(4, 0) })
  await die(world, 'inventory.order-demand', 'committed', changed)
  expect(await world.legs(orderId)).toEqual({ A: legs(1, 3) })

  const line = (await world.read(orderId)).lines.A?.id ?? ''
  const { version } = await world.read(orderId)
  const changes = [{ setQuantity: { lineId: line, quantity: 3 } }, { addLine: { sku: 'B', quantity: 2 } }]
  const input = { orderId, idempotencyKey: 'once', expectedVersion: version, changes }
  expect(await world.editOrder(input)).toMatchObject({ replayed: false, editRequest: { state: 'REQUESTED' } })
  await die(world, 'inventory.order-demand', 'decided', requested)
  expect(await world.legs(orderId)).toEqual({ A: legs(1, 3) })
  await die(world, 'inventory.order-demand', 'committed', requested)
  expect(await world.legs(orderId)).toEqual({ A: legs(3, 3), B: legs(2, 0) })
  await die(world, 'orders.edit-requests', 'decided', kept)
  await die(world, 'orders.edit-requests', 'committed', kept)
  expect(await world.newestEdit(orderId)).toMatchObject({ state: 'PENDING' })

  // The source takes up one line, then says otherwise of the order, while nobody listens.
  await world.edit('K-1', { A: 3 })
  await world.edit('K-1', { A: 2 }, { shipping: '1.00' })
  await die(world, 'orders.edit-requests', 'committed', changed)
  await die(world, 'inventory.order-demand', 'decided', superseded)
  world.parts.start()
  await world.settle()
  expect(await world.editOrder(input)).toMatchObject({
    replayed: true,
    editRequest: { state: 'SUPERSEDED', system: 'oms' },
  })
  expect(await world.legs(orderId)).toEqual({ A: legs(2, 4), B: legs(0, 2) })
  const live = await world.live(orderId)
  expect(live.lines.map(({ quantity }: { quantity: number }) => quantity).filter((units: number) => units > 0)).toEqual(
    [1, 1],
  )
  expect(await world.drift()).toEqual([])
  const told = await world.parts.eventLog.readSource(`/tenants/test/orders/order-edits/${orderId}`, 1, 100)
  expect(told.map(({ type }) => type)).toEqual([requested, 'retail.order.edit-proposed.v1', superseded])
}, 120_000)
