import { expect, it } from 'vitest'
import type { Figure, Subgraph } from '../../../platform/subgraph/subgraph.ts'
import { createInventory } from '../../../subgraphs/inventory/index.ts'
import { openSubgraphWorld } from '../../support/subgraph-world.ts'
import { staff } from '../../support/viewers.ts'

const base = Date.now()
const ago = (seconds: number) => new Date(base - seconds * 1_000).toISOString()

const byChannel = (figure: Figure | undefined) => {
  if (typeof figure !== 'object') throw new TypeError('Cannot read the figure: it is no list')
  return Object.fromEntries(figure.map(({ labels, value }) => [labels.channel, value]))
}

it('tells per marketplace when our stock was sent, when it was confirmed, and how long that takes (K149, K186)', async () => {
  let inventory: Subgraph | undefined
  await using world = await openSubgraphWorld((deps) => {
    inventory = createInventory(deps)
    return inventory
  })
  const figures = async () => (await inventory?.figures?.read()) ?? {}
  expect(byChannel((await figures()).inventory_feed_latency_seconds)).toEqual({})

  const amazon = { channelId: 'amazon', items: 50 }
  const open = { ...amazon, sentAt: ago(600) }
  await world.deliver('channel-feed', {
    1: { ...amazon, sentAt: ago(3_600), confirmedAt: ago(3_570), rejected: 2 },
    2: { ...amazon, sentAt: ago(1_800), confirmedAt: ago(1_710) },
    3: open,
    4: { channelId: 'walmart', items: 1, sentAt: ago(9 * 86_400), confirmedAt: ago(9 * 86_400 - 5) },
  })
  const before = await figures()
  expect(byChannel(before.inventory_feed_latency_seconds)).toEqual({ amazon: 60 })
  expect(byChannel(before.inventory_feed_rejected_items)).toEqual({ amazon: 2 })
  expect(byChannel(before.inventory_feed_unconfirmed_seconds).amazon).toBeGreaterThanOrEqual(600)

  await world.deliver('channel-feed', { 3: { ...open, confirmedAt: open.sentAt } })
  const after = await figures()
  expect(byChannel(after.inventory_feed_unconfirmed_seconds)).toEqual({ amazon: 0 })
  expect(byChannel(after.inventory_feed_latency_seconds)).toEqual({ amazon: 30 })

  const query = '{ channelFeeds(channelId: "amazon", first: 2) { id sentAt confirmedAt items rejected } }'
  expect(await world.ask(query)).toMatchObject({
    channelFeeds: [
      { id: 'erp:3', sentAt: open.sentAt, confirmedAt: open.sentAt, items: 50, rejected: 0 },
      { id: 'erp:2', rejected: 0 },
    ],
  })
  const associate = staff(['store-associate'], ['loc_1'])
  expect((await world.tryToAsk(query, {}, associate)).data).toEqual({ channelFeeds: [] })

  await world.deliver('channel-feed', { bad: { ...open, confirmedAt: ago(700) }, worse: { ...open, rejected: 51 } })
  expect(await world.deadLetters()).toEqual({
    bad: expect.stringContaining('confirmedAt'),
    worse: expect.stringContaining('rejected'),
  })
  const dump = await world.dump()
  await world.rebuild()
  expect(await world.dump()).toEqual(dump)
  const tidy = inventory?.tasks?.find(({ name }) => name === 'inventory.tidy-feeds')
  expect(await tidy?.run()).toBe(1)
})
