import { expect, it } from 'vitest'
import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import { createInventory } from '../../../../subgraphs/inventory/index.ts'
import { fresh, openSubgraphWorld } from '../../../support/subgraph-world.ts'
import { staff } from '../../../support/viewers.ts'
import { withCatalogue } from '../catalogue.ts'
import { channelDocument, locationDocument, stockDocument } from '../documents.ts'

const at = (time: string) => `2026-10-01T${time}:00.000Z`
const atLocation = (value: string) => ({ location: { namespace: 'location-code', value } })

function movement(kind: string, quantity: number, occurredAt: string, overrides: JsonObject): JsonObject {
  const { variant } = stockDocument('A', 'S1')
  return { variant: variant ?? null, kind, quantity, occurredAt: at(occurredAt), ...overrides }
}

it('the books show a store associate what concerns their store, and other staff all', async () => {
  await using world = await openSubgraphWorld(withCatalogue(createInventory), [
    fresh('erp'),
    fresh('pos'),
    fresh('wms'),
  ])
  await world.deliver('channel', { web: channelDocument('web', { methods: ['SHIP'] }) })
  await world.deliver('location', {
    1: locationDocument('S1'),
    2: locationDocument('S2'),
    3: locationDocument('DC', { kind: 'DC' }),
  })
  await world.deliver('catalogue', { A: {} })
  await world.deliver('stock', {
    d: stockDocument('A', 'DC', { onHand: 20, occurredAt: at('01:00') }),
    s: stockDocument('A', 'S1', { onHand: 5, committed: 4, occurredAt: at('01:00') }),
  })
  const sale = (sequence: number) =>
    movement('SALE_ISSUE', 1, '03:00', { ...atLocation('DC'), stream: 'till-7', sequence })
  await world.deliver('movement', { 1: sale(1), 3: sale(3) }, 'pos')
  await world.deliver(
    'movement',
    { out: movement('TRANSFER_OUT', 8, '02:00', { ...atLocation('DC'), transfer: 'T1' }) },
    'wms',
  )
  await world.deliver(
    'movement',
    { in: movement('TRANSFER_IN', 5, '04:00', { ...atLocation('S1'), transfer: 'T1' }) },
    'wms',
  )
  await world.deliver('movement', { c: movement('PHYSICAL_COUNT', 1, '09:00', atLocation('S1')) })

  const query = `{ shortfalls { edges { node { units } } } unreceivedTransfers { id } sequenceGaps { stream }
    availability(channelId: "web", items: [{ sku: "A" }]) { explain { ats } } }`
  const seenBy = async (roles: Parameters<typeof staff>[0], code?: string) => {
    const { rows } = await world.database.query<{ id: string }>('select id from inventory.locations where code = $1', [
      code ?? '',
    ])
    const { data } = await world.tryToAsk(
      query,
      {},
      staff(
        roles,
        rows.map(({ id }) => id),
      ),
    )
    const answer = data as {
      shortfalls: { edges: readonly unknown[] }
      unreceivedTransfers: readonly unknown[]
      sequenceGaps: readonly unknown[]
      availability: readonly { explain: unknown }[]
    }
    return {
      shortfalls: answer.shortfalls.edges.length,
      transfers: answer.unreceivedTransfers.length,
      gaps: answer.sequenceGaps.length,
      explained: answer.availability[0]?.explain !== null,
    }
  }
  expect(await seenBy(['ops-admin'])).toEqual({ shortfalls: 1, transfers: 1, gaps: 1, explained: true })
  expect(await seenBy(['store-associate'], 'S1')).toEqual({ shortfalls: 1, transfers: 1, gaps: 0, explained: false })
  expect(await seenBy(['store-associate'], 'S2')).toEqual({ shortfalls: 0, transfers: 0, gaps: 0, explained: false })
})
