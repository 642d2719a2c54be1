import type { SystemFreshness } from '../../../platform/connector/freshness.ts'
import { createInventory } from '../../../subgraphs/inventory/index.ts'
import { openSubgraphWorld, type SubgraphWorld, worldNow } from '../../support/subgraph-world.ts'
import { withCatalogue } from './catalogue.ts'
import { channelDocument, locationDocument, stockDocument } from './documents.ts'

export const sku = (value: string) => ({ namespace: 'sku', value })
export const location = (value: string) => ({ namespace: 'location-code', value })
export const hours = (count: number) => new Date(worldNow.getTime() + count * 3_600_000).toISOString()

export type Answer = Readonly<Record<string, unknown>>

/** A centre and two stores that sell `A` (45 units, 10 of them promised) and `B` (13), and a kit without components. */
export type Shop = AsyncDisposable & {
  readonly world: SubgraphWorld
  ask(channelId: string, fields: string, sku?: string, method?: string): Promise<Answer>
  ats(channelId: string, sku?: string, method?: string): Promise<unknown>
}

/** @param systems may be changed while it is open */
export async function openShop(systems: readonly SystemFreshness[], now?: () => Date): Promise<Shop> {
  const world = await openSubgraphWorld(withCatalogue(createInventory), systems, now)
  await world.deliver('channel', {
    web: channelDocument('web', { methods: ['SHIP', 'PICKUP'] }),
    amazon: channelDocument('amazon', { methods: ['SHIP'] }),
    early: channelDocument('early', { methods: ['SHIP'], inTransit: { horizonHours: 48 } }),
  })
  await world.deliver('location', {
    1: locationDocument('DC', { kind: 'DC', capabilities: ['SHIP'] }),
    2: locationDocument('S1', { geo: { latitude: 48.86, longitude: 2.35 } }),
    3: locationDocument('S2', { geo: { latitude: 45.76, longitude: 4.84 } }),
  })
  await world.deliver('catalogue', { A: { backorderable: true }, B: {}, KIT: {} })
  await world.deliver('stock', {
    a1: stockDocument('A', 'DC', { onHand: 40, committed: 10 }),
    a2: stockDocument('A', 'S1', { onHand: 5 }),
    b1: stockDocument('B', 'DC', { onHand: 9 }),
    b2: stockDocument('B', 'S2', { onHand: 4 }),
  })
  const ask = async (channelId: string, fields: string, of = 'A', method = 'SHIP'): Promise<Answer> => {
    const query = `query ($items: [AvailabilityItem!]!) {
      availability(channelId: "${channelId}", items: $items, method: ${method}) { ${fields} } }`
    const { availability } = await world.ask(query, { items: [{ sku: of }] })
    return (availability as readonly Answer[])[0] ?? {}
  }
  return {
    world,
    ask,
    ats: async (channelId, of, method) => (await ask(channelId, 'ats', of, method)).ats,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}
