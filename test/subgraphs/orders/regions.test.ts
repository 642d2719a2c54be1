import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewEvent } from '../../../platform/event-log/event-log.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { createOrders } from '../../../subgraphs/orders/index.ts'
import { openSubgraphWorld, type SubgraphWorld } from '../../support/subgraph-world.ts'
import { staff } from '../../support/viewers.ts'
import { orderData } from './documents.ts'
import { linked } from './start.ts'

const stores = { inParis: 'FR', inTurin: 'IT', somewhere: 'Atlantis' } as const

/** By number: the channel, the store, and the region that follows. */
const sold = {
  'web, no store': { channelId: 'web', store: null, region: 'DE' },
  'web, collected in Paris': { channelId: 'web', store: 'inParis', region: 'FR' },
  'till in Turin': { channelId: 'till', store: 'inTurin', region: 'IT' },
  'web, in a store of no known country': { channelId: 'web', store: 'somewhere', region: 'DE' },
  'till, in a store never heard of': { channelId: 'till', store: 'unheard', region: null },
} as const
const numbers = Object.keys(sold)

describe('the region of an order', () => {
  let world: SubgraphWorld
  const append = async (...events: NewEvent[]) => {
    await world.append(events)
    await world.settle()
  }
  beforeAll(async () => {
    world = await openSubgraphWorld(createOrders)
    const documents = Object.entries(sold).map(([number, { channelId, store }], index) => {
      const location = store === null ? null : { namespace: 'location-code', value: store }
      const of = { number, externalNumber: number, channelId, location, placedAt: `2026-02-0${index + 1}T10:00:00Z` }
      return [String(index), orderData(of)] as const
    })
    await world.deliver('order', Object.fromEntries(documents), 'oms')
    const { rows } = await world.database.query<{ number: string; location_id: string | null; profile_id: string }>(
      'select number, location_id, profile_id from orders.orders',
    )
    const places = Object.entries(sold).flatMap(([number, { store }]) => {
      const id = rows.find((row) => row.number === number)?.location_id
      return store === null || store === 'unheard' || id == null ? [] : [located(id, stores[store])]
    })
    expect(places).toHaveLength(3)
    // Last, as a location system read after the orders tells of them.
    await append(...places, channel('web', 'DE'), channel('till', null), linked(rows[0]?.profile_id ?? '', 'cus_1'))
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const desk = (...regions: string[]) => staff(['service-desk'], [], regions)

  /** Over each of the ways; they must agree. */
  async function seenBy(viewer: Viewer): Promise<readonly string[]> {
    const ask = async (query: string, variables = {}) => (await world.tryToAsk(query, variables, viewer)).data
    const single: string[] = []
    for (const number of numbers) {
      const found = JSON.parse(
        JSON.stringify(await ask('query($n: String!) { order(number: $n) { number } }', { n: number })),
      )
      if (found.order !== null) single.push(found.order.number)
    }
    // No longer than what is seen: rows that are hidden after they are read would leave it short.
    const first = Math.max(single.length, 1)
    const fields = '{ pageInfo { hasNextPage } edges { node { number } } }'
    const byStatus = `byStatus: orders(first: ${first}, filter: { publicStatus: [CONFIRMED] }) ${fields}`
    const lists = JSON.parse(
      JSON.stringify(
        await ask(
          `query($of: [_Any!]!) { all: orders(first: ${first}) ${fields} ${byStatus} _entities(representations: $of) { ... on Customer { orders(first: ${first}) ${fields} } } }`,
          { of: [{ __typename: 'Customer', id: 'cus_1' }] },
        ),
      ),
    )
    const numbersOf = (list: { edges: { node: { number: string } }[] }) => list.edges.map(({ node }) => node.number)
    const ways = [lists.all, lists.byStatus, lists._entities[0].orders].map((list) => numbersOf(list).sort())
    for (const way of ways) expect(way).toEqual(single.sort())
    for (const list of [lists.all, lists.byStatus, lists._entities[0].orders])
      expect(list.pageInfo.hasNextPage).toBe(false)
    return single
  }
  const soldIn = (...regions: (string | null)[]) =>
    numbers.filter((number) => regions.includes(sold[number as keyof typeof sold].region)).sort()

  it('is its store’s, else its channel’s; one without is seen by those alone who are bound to none', async () => {
    expect(await seenBy(desk())).toEqual([...numbers].sort())
    expect(await seenBy(desk('DE'))).toEqual(soldIn('DE'))
    expect(await seenBy(desk('FR'))).toEqual(soldIn('FR'))
    expect(await seenBy(desk('DE', 'IT'))).toEqual(soldIn('DE', 'IT'))
    expect(await seenBy(desk('XX'))).toEqual([])
  })

  it('follows a channel that moves, through every cache', async () => {
    await append(channel('till', 'FR'))
    expect(await seenBy(desk('FR'))).toEqual([...soldIn('FR'), 'till, in a store never heard of'].sort())
    await append(channel('till', null))
    expect(await seenBy(desk('FR'))).toEqual(soldIn('FR'))
  })
})

function channel(channelId: string, region: string | null): NewEvent {
  return told('channel', channelId, { channelId, region })
}

function located(locationId: string, country: string): NewEvent {
  return told('location', locationId, { locationId, address: { country } })
}

/** What the inventory subgraph says of a place, as far as it is read here. */
function told(kind: 'channel' | 'location', id: string, data: NewEvent['data']): NewEvent {
  return {
    type: `retail.inventory.${kind}-changed.v1`,
    source: `/tenants/test/inventory/${kind}/${id}`,
    subject: id,
    time: '2026-03-01T00:00:00.000Z',
    data,
    partitionKey: id,
    authority: 'estate',
  }
}
