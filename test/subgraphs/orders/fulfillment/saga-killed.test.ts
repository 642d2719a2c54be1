import { expect, it } from 'vitest'
import { startChild } from '../../../support/child.ts'
import { readable } from '../../../support/event-log.ts'
import type { Moment } from '../../../support/fulfillment-parts.ts'
import { until } from '../../../support/until.ts'
import { type FulfillmentWorld, openFulfillmentWorld } from './world.ts'

const reserved = 'retail.inventory.reservations-changed.v3'
const requested = 'retail.fulfillment-order.reroute-requested.v1'
const moved = 'retail.inventory.reservations-rerouted.v1'

/** A process that dies with SIGKILL in the turn in which it takes an event in, before or after its commit. */
async function die(world: FulfillmentWorld, process: string, at: Moment['at'], type: string): Promise<void> {
  await readable(world.database)
  await using child = startChild('fulfillment-child.ts', [world.url, process, at, type])
  expect(await child.ended).toBeNull()
}

it('a reroute whose process is killed at every step is taken to its end once, by whoever comes next (K053)', async () => {
  await using world = await openFulfillmentWorld({ runs: false })
  await world.stock('A', { S1: 5, S2: 9, S3: 6 })
  const orderId = (await world.order('R-1', { A: 4 }, { locationId: world.locationId('S1'), method: 'PICKUP' })) ?? ''

  await die(world, 'orders.fulfillment', 'committed', reserved)
  const [first] = await world.fulfillmentOrders(orderId)
  expect(first).toMatchObject({ state: 'OPEN', locationId: world.locationId('S1'), version: 1 })

  const input = { idempotencyKey: 'once', fulfillmentOrderId: first.id, expectedVersion: 1 }
  const pending = await world.reroute(input)
  expect(pending).toMatchObject({ replayed: false, reroute: { state: 'REQUESTED', to: null, confirmations: [] } })

  await die(world, 'inventory.reroutes', 'decided', requested)
  expect(await world.confirmedAt('A')).toEqual({ S1: 4 })
  await die(world, 'inventory.reroutes', 'committed', requested)
  expect(await world.confirmedAt('A')).toEqual({ S2: 4 })
  await die(world, 'orders.fulfillment', 'decided', moved)
  expect(await world.fulfillmentOrders(orderId)).toMatchObject([{ id: first.id, state: 'OPEN' }])
  await die(world, 'orders.fulfillment', 'committed', moved)
  expect(await world.fulfillmentOrders(orderId)).toMatchObject([
    { id: first.id, state: 'CANCELLED' },
    { state: 'OPEN', locationId: world.locationId('S2') },
  ])

  await world.report('t2', 'R-1', 'S2', 'REJECTED', { reason: 'roof leaks' })

  await using last = startChild('fulfillment-child.ts', [world.url])
  await last.line('ready', 30_000)
  const asked = () => world.reroute(input)
  const answer = await until('the reroute has found a third location', async () => {
    const now = await asked()
    return now.reroute.state === 'MOVED' && now.reroute.attempts === 2 ? now : null
  })
  expect(answer).toMatchObject({
    replayed: true,
    reroute: {
      to: { state: 'OPEN', location: { id: world.locationId('S3') }, lines: [{ quantity: 4 }] },
      rejectedLocations: [{ id: world.locationId('S1') }, { id: world.locationId('S2') }],
      confirmations: [
        { kind: 'RELEASE', state: 'PENDING' },
        { kind: 'ALLOCATION', state: 'REFUSED', system: 'wms-S2' },
        { kind: 'ALLOCATION', state: 'PENDING' },
      ],
    },
  })
  expect(await world.confirmedAt('A')).toEqual({ S3: 4 })
  expect(await world.drift()).toEqual([])
  const told = await world.told(orderId)
  expect(
    told.map(({ type, data }) => [type.replace(/^retail\.|\.v1$/g, ''), world.codeOf(String(data.locationId))]),
  ).toEqual([
    ['fulfillment-order.routed', 'S1'],
    ['fulfillment-order.reroute-requested', 'undefined'],
    ['fulfillment-order.cancelled', 'S1'],
    ['fulfillment-order.rerouted', 'S2'],
    ['notification.requested', 'S2'],
    ['fulfillment-order.rejected', 'S2'],
    ['fulfillment-order.reroute-requested', 'undefined'],
    ['fulfillment-order.cancelled', 'S2'],
    ['fulfillment-order.rerouted', 'S3'],
    ['notification.requested', 'S3'],
  ])
  expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, at) => at + 1))
}, 120_000)
