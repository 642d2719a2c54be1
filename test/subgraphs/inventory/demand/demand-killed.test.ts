import { expect, it } from 'vitest'
import { startChild } from '../../../support/child.ts'
import { type FulfillmentWorld, openFulfillmentWorld } from '../../orders/fulfillment/world.ts'

const changed = 'retail.order.demand-changed.v1'

/** A process that dies with SIGKILL in the turn in which it takes an order's new demand in, before or after its commit. */
async function die(world: FulfillmentWorld, at: 'decided' | 'committed'): Promise<void> {
  await world.readable()
  await using child = startChild('fulfillment-child.ts', [world.url, 'inventory.order-demand', at, changed])
  expect(await child.ended).toBeNull()
}

it('what a source makes of an order is followed once, however often whoever follows it is killed (K054)', async () => {
  await using world = await openFulfillmentWorld({ runs: false })
  await world.stock('A', { S1: 9 })
  await world.stock('B', { S1: 9 })
  const orderId = (await world.order('K-1', { A: 4 })) ?? ''
  await world.edit('K-1', { A: 1, B: 2 })
  await die(world, 'decided')
  expect(await world.legs(orderId)).toEqual({ A: { confirmed: 4, consumed: 0, released: 0 } })
  await die(world, 'decided')
  await die(world, 'committed')
  const followed = {
    A: { confirmed: 1, consumed: 0, released: 3 },
    B: { confirmed: 2, consumed: 0, released: 0 },
  }
  expect(await world.legs(orderId)).toEqual(followed)
  await world.edit('K-1', { A: 1, B: 2 }, { shipping: '1.00' })
  world.parts.start()
  await world.settle()
  expect(await world.legs(orderId)).toEqual(followed)
  expect(await world.fulfillmentOrders(orderId)).toMatchObject([{ lines: [{ quantity: 1 }, { quantity: 2 }] }])
  expect(await world.drift()).toEqual([])
}, 60_000)
