import { expect, it } from 'vitest'
import { createInventory } from '../../../subgraphs/inventory/index.ts'
import { fresh, openSubgraphWorld } from '../../support/subgraph-world.ts'
import { withCatalogue } from './catalogue.ts'
import { channelDocument, locationDocument, stockDocument } from './documents.ts'

it('explain names the reservations that hold units, and a ring-fence counts those of its channel', async () => {
  await using world = await openSubgraphWorld(withCatalogue(createInventory), [fresh('erp')])
  await world.deliver('channel', { web: channelDocument('web'), amazon: channelDocument('amazon') })
  await world.deliver('location', { 1: locationDocument('S1') })
  await world.deliver('catalogue', { A: {} })
  await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 20 }) })
  await world.deliver('channel-allocation', {
    fence: { channelId: 'amazon', variant: { namespace: 'sku', value: 'A' }, mode: 'RING_FENCED', units: 8 },
  })
  const reserve = `mutation ($channelId: ID!, $key: ID!) { reserveStock(input: { idempotencyKey: $key, channelId: $channelId, method: SHIP,
    owner: { kind: CART, id: $key }, lines: [{ lineId: "1", sku: "A", quantity: 3 }] }) {
    ... on ReserveStockSuccess { reservations { id } } ... on DomainError { message } } }`
  const held = await world.ask(reserve, { channelId: 'amazon', key: 'amazon-cart-0001' })
  const { reservations } = held.reserveStock as { reservations: readonly { id: string }[] }
  const query = `query ($channelId: ID!) { availability(channelId: $channelId, items: [{ sku: "A" }]) {
    ats explain { terms { kind units reservationIds } } } }`
  expect(await world.ask(query, { channelId: 'web' })).toEqual({
    availability: [
      {
        // 20 - 3 held - 5 still fenced in.
        ats: 12,
        explain: {
          terms: [
            { kind: 'ON_HAND', units: 20, reservationIds: [] },
            { kind: 'RESERVED', units: -3, reservationIds: [reservations[0]?.id] },
            { kind: 'OTHER_ALLOCATION', units: -5, reservationIds: [] },
          ],
        },
      },
    ],
  })
  expect(await world.ask(query, { channelId: 'amazon' })).toMatchObject({ availability: [{ ats: 5 }] })
})
