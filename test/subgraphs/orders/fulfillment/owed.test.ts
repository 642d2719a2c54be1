import { expect, it } from 'vitest'
import { openFulfillmentWorld } from './world.ts'

it('what an order waits for is fulfilled from where it was placed when it had come', async () => {
  await using world = await openFulfillmentWorld()
  await world.stock('A', { S1: 0, S2: 0 })
  const variant = { namespace: 'sku', value: 'A' }
  const releaseAt = new Date(Date.now() + 86_400_000).toISOString()
  await world.deliver('selling-terms', { A: { variant, preorder: { releaseAt, threshold: 9 } } })
  const lines = [{ lineId: '1', sku: 'A', quantity: 4, allowPreorder: true }]
  const orderId = (await world.order('O-1', { A: 4 }, { lines })) ?? ''
  await world.settle()
  expect((await world.fulfillmentOrders(orderId)).filter(({ locationId }) => locationId !== null)).toEqual([])

  await world.stock('A', { S2: 6 })
  await world.edit('O-1', { A: 5 })
  await world.settle()
  expect(await world.parts.inventory.figures?.read()).toMatchObject({ inventory_owed_units: 5 })
  await world.database.query('update inventory.owed_variants set due_at = clock_timestamp()')
  const task = world.parts.inventory.tasks?.find(({ name }) => name === 'inventory.place-owed')
  expect(await task?.run()).toBe(1)
  await world.settle()
  expect(await world.confirmedAt('A')).toEqual({ S2: 5 })
  const open = (await world.fulfillmentOrders(orderId)).filter(({ state }) => state === 'OPEN')
  expect(open.every(({ locationId }) => locationId === world.locationId('S2'))).toBe(true)
  const units = open.flatMap(({ lines: all }) => all.map(({ quantity }: { quantity: number }) => quantity))
  expect(units.reduce((sum, quantity) => sum + quantity, 0)).toBe(5)
  expect(await world.parts.inventory.figures?.read()).toMatchObject({ inventory_owed_units: 0 })
  expect(await world.drift()).toEqual([])
}, 60_000)
