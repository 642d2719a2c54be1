import { expect, it } from 'vitest'
import type { SystemFreshness } from '../../../platform/connector/freshness.ts'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import type { Figure, Subgraph } from '../../../platform/subgraph/subgraph.ts'
import { createInventory } from '../../../subgraphs/inventory/index.ts'
import { fresh, openSubgraphWorld, worldNow } from '../../support/subgraph-world.ts'
import { staff } from '../../support/viewers.ts'
import { withCatalogue } from './catalogue.ts'
import { channelDocument, locationDocument, stockDocument } from './documents.ts'

const at = (time: string) => `2026-10-01T${time}:00.000Z`

function movement(code: string, kind: string, quantity: number, occurredAt: string): JsonObject {
  const { variant = null, location = null } = stockDocument('A', code)
  return { variant, location, kind, quantity, occurredAt: at(occurredAt) }
}

const older: SystemFreshness = { ...fresh('pos'), syncedAt: new Date(worldNow.getTime() - 3_600_000) }

const byChannel = (figure: Figure | undefined) => {
  if (typeof figure !== 'object') throw new TypeError('Cannot read the figure: it is no list')
  return Object.fromEntries(figure.map(({ labels, value }) => [labels.channel, value]))
}

it('figures tell by channel how old its numbers are, how true counts found them, what was there and not for sale, and how often it was oversold (K147, K150, K171, K205)', async () => {
  let inventory: Subgraph | undefined
  await using world = await openSubgraphWorld(
    (deps) => {
      inventory = withCatalogue(createInventory)(deps)
      return inventory
    },
    [fresh('erp'), older],
  )
  await world.deliver('channel', {
    web: channelDocument('web'),
    amazon: channelDocument('amazon', { locationCodes: ['DC'] }),
  })
  await world.deliver('location', { 1: locationDocument('DC'), 2: locationDocument('S1') })
  await world.deliver('catalogue', { A: {} })
  await world.deliver('stock', {
    d: stockDocument('A', 'DC', { onHand: 10, occurredAt: at('08:00') }),
    s: stockDocument('A', 'S1', { onHand: 3, occurredAt: at('08:00') }),
  })
  const figures = async () => (await inventory?.figures?.read()) ?? {}
  const none = { web: 0, amazon: 0 }
  const before = await figures()
  expect(byChannel(before.inventory_counts)).toEqual(none)
  expect(byChannel(before.inventory_understated_units)).toEqual(none)
  expect(byChannel(before.inventory_accuracy_ratio)).toEqual({})

  // The store's till tells at 11:59 what came at nine, and what it has just sold.
  await world.deliver('movement', { 1: movement('S1', 'RECEIPT', 4, '09:00') }, 'pos')
  await world.deliver('movement', { 2: movement('S1', 'SALE_ISSUE', 1, '11:58') }, 'pos')
  // Six are found where six were believed, and eight where ten were.
  await world.deliver('movement', { 3: movement('S1', 'PHYSICAL_COUNT', 6, '11:59') })
  await world.deliver('movement', { 4: movement('DC', 'PHYSICAL_COUNT', 8, '11:59') })
  const after = await figures()
  expect(byChannel(after.inventory_understated_units)).toEqual({ web: 4, amazon: 0 })
  expect(byChannel(after.inventory_counts)).toEqual({ web: 2, amazon: 1 })
  expect(byChannel(after.inventory_accuracy_ratio)).toEqual({ web: 0.5, amazon: 0 })
  expect(byChannel(after.inventory_miscounted_units)).toEqual({ web: 2, amazon: 2 })
  const ages = byChannel(after.inventory_age_seconds)
  expect(Math.round((ages.web ?? 0) - (ages.amazon ?? 0))).toBe(3_598)

  // The centre is short of two that its system gave out, and then of three; the store was, and is no more (K171).
  expect(byChannel(after.inventory_oversell_incidents)).toEqual(none)
  const given = (code: string, onHand: number, committed: number, time: string) =>
    stockDocument('A', code, { onHand, committed, occurredAt: at(time) })
  await world.deliver('stock', { d: given('DC', 8, 10, '11:59') })
  await world.deliver('stock', { d: given('DC', 8, 11, '12:00'), s: given('S1', 6, 7, '11:59') })
  expect(byChannel((await figures()).inventory_oversell_incidents)).toEqual({ web: 2, amazon: 1 })
  await world.deliver('stock', { s: given('S1', 6, 0, '12:00') })
  expect(byChannel((await figures()).inventory_oversell_incidents)).toEqual({ web: 2, amazon: 1 })
  await world.deliver('stock', { d: given('DC', 8, 0, '12:01'), s: given('S1', 6, 7, '12:01') })
  expect(byChannel((await figures()).inventory_oversell_incidents)).toEqual({ web: 3, amazon: 1 })
  await world.deliver('stock', { s: given('S1', 6, 0, '12:02') })

  const query = 'query ($names: [String!]) { inventoryFigures(names: $names) { name channelId value } }'
  const names = ['inventory_counts', 'inventory_shortfalls']
  expect(await world.ask(query, { names })).toEqual({
    inventoryFigures: [
      { name: 'inventory_counts', channelId: 'amazon', value: 1 },
      { name: 'inventory_counts', channelId: 'web', value: 2 },
      { name: 'inventory_shortfalls', channelId: null, value: 0 },
    ],
  })
  const all = await world.ask('{ inventoryFigures { name help } }')
  expect(all.inventoryFigures).toContainEqual({
    name: 'inventory_short_units',
    help: 'Units promised that are not there',
  })
  expect((await world.tryToAsk(query, { names }, staff(['store-associate'], ['loc_1']))).data).toEqual({
    inventoryFigures: [],
  })
  await expect(world.ask(query, { names: ['none'] })).rejects.toThrow(/BAD_USER_INPUT.*names has \\?"none\\?"/)

  const dump = await world.dump()
  await world.rebuild()
  expect(await world.dump()).toEqual(dump)
})
