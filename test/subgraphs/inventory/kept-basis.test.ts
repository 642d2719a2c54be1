import { expect, it } from 'vitest'
import { fresh } from '../../support/subgraph-world.ts'
import { channelDocument, locationDocument, stockDocument } from './documents.ts'
import { location, openShop, sku } from './shop.ts'

it('what availability was made of is kept until an event changes any of it, and no longer', async () => {
  await using shop = await openShop([fresh('erp'), fresh('pos')])
  const { world } = shop
  /** The second answer comes from what the first one left. */
  const ats = async () => {
    const [first, second] = [await shop.ats('web'), await shop.ats('web')]
    expect(second).toBe(first)
    return first
  }
  expect(await ats()).toBe(35)
  // Its positions.
  await world.deliver('stock', { a2: stockDocument('A', 'S1', { onHand: 9 }) })
  expect(await ats()).toBe(39)
  // Its own terms.
  await world.deliver('safety-rule', { a: { variant: sku('A'), location: location('DC'), units: 6 } })
  expect(await ats()).toBe(33)
  // Terms of all.
  await world.deliver('safety-rule', {
    tents: { category: 'Outdoor/Tents', units: 20 },
    store: { location: location('S1'), units: 1 },
  })
  expect(await ats()).toBe(32)
  // Its categories.
  await world.deliver('safety-rule', { a: null })
  expect(await ats()).toBe(38)
  await world.deliver('category', { A: { categoryPath: ['Outdoor', 'Tents'] } })
  expect(await ats()).toBe(10)
  // The network.
  await world.deliver('location', { 1: locationDocument('DC', { kind: 'DC', capabilities: ['SHIP'], active: false }) })
  expect(await ats()).toBe(0)
  await world.deliver('location', { 1: locationDocument('DC', { kind: 'DC', capabilities: ['SHIP'] }) })
  await world.deliver('channel', { web: channelDocument('web', { methods: ['SHIP'] }) })
  expect(await ats()).toBe(10)
  // What is held of it.
  const reserve = `mutation { reserveStock(input: { idempotencyKey: "cart-of-web-0001", channelId: "web", method: SHIP,
    owner: { kind: CART, id: "c1" }, lines: [{ lineId: "1", sku: "A", quantity: 4 }] }) { __typename } }`
  expect(await world.ask(reserve)).toEqual({ reserveStock: { __typename: 'ReserveStockSuccess' } })
  expect(await ats()).toBe(6)
})
