import { afterEach, beforeEach, expect, it } from 'vitest'
import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import { createInventory } from '../../../../subgraphs/inventory/index.ts'
import { openSubgraphWorld, type SubgraphWorld } from '../../../support/subgraph-world.ts'
import { withCatalogue } from '../catalogue.ts'
import { locationDocument, stockDocument } from '../documents.ts'

let world: SubgraphWorld
beforeEach(async () => {
  world = await openSubgraphWorld(withCatalogue(createInventory))
  await world.deliver('location', { 1: locationDocument('S1') })
  await world.deliver('catalogue', { A: {}, B: {} })
  await world.deliver('category', { A: { categoryPath: ['Outdoor', 'Tents'] }, B: { categoryPath: ['Indoor'] } })
})
afterEach(() => world[Symbol.asyncDispose]())

const count = (onHand: number) =>
  world.deliver('stock', { a: stockDocument('A', 'S1', { onHand }), b: stockDocument('B', 'S1', { onHand }) })

const rules = (documents: Readonly<Record<string, JsonObject>>) => world.deliver('safety-rule', documents)

async function breaches(): Promise<readonly unknown[]> {
  const events = (await world.events()).filter(({ type }) => type === 'retail.inventory.safety-stock-breached.v1')
  return events.map(({ data: { level, threshold, ruleId } }) => [level, threshold, ruleId])
}

it('a rule of a category holds on the shelves of what is in it, before that of all', async () => {
  await rules({ tents: { category: 'Outdoor/Tents', units: 5 }, all: { units: 2 } })
  await count(10)
  await count(4)
  expect(await breaches()).toEqual([[4, 5, 'safety-rule:erp:tents']])
  await count(1)
  expect(await breaches()).toEqual([
    [4, 5, 'safety-rule:erp:tents'],
    [1, 2, 'safety-rule:erp:all'],
  ])
})

it('a rule that is over, or of one channel, holds on no shelf', async () => {
  const now = Date.now()
  const validTo = new Date(now - 60_000).toISOString()
  const validFrom = new Date(now + 3_600_000).toISOString()
  await world.deliver('channel', { web: { id: 'web', name: 'Web', kind: 'WEB', methods: ['SHIP'] } })
  await rules({
    over: { units: 8, validTo },
    later: { units: 7, validFrom },
    web: { units: 6, channelId: 'web' },
    now: { units: 2 },
  })
  await count(10)
  await count(5)
  expect(await breaches()).toEqual([])
  await count(1)
  expect(await breaches()).toEqual(Array(2).fill([1, 2, 'safety-rule:erp:now']))
})
