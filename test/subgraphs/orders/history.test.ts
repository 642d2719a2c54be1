import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { historyQuery, openSixtyOrders, type SixtyOrders } from './sixty-orders.ts'
import { askOrdersAnew } from './start.ts'

let world: SixtyOrders

beforeAll(async () => {
  world = await openSixtyOrders()
})
afterAll(() => world[Symbol.asyncDispose]())

describe('the history of a customer', () => {
  it('is one list over all profiles and channels, newest first', async () => {
    const { placed, numbers } = await world.history({ first: 100 })
    expect(numbers).toHaveLength(58)
    expect(placed).toEqual([...placed].sort().reverse())
    expect([...(await world.history({ first: 100 }, 'cus_3')).numbers].sort()).toEqual(['R-0', 'R-1'])
    expect((await world.history({}, 'cus_unknown')).numbers).toEqual([])
  })

  it('pages forward and back over the same orders', async () => {
    const all = await world.history({ first: 100 })
    const first = await world.history({ first: 20 })
    const second = await world.history({ first: 20, after: first.pageInfo.endCursor })
    const third = await world.history({ first: 20, after: second.pageInfo.endCursor })
    expect([...first.numbers, ...second.numbers, ...third.numbers]).toEqual(all.numbers)
    expect([first, second, third].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, true, false])
    const back = await world.history({ last: 20, before: third.pageInfo.startCursor })
    expect(back.numbers).toEqual(second.numbers)
    expect(back.pageInfo.hasPreviousPage).toBe(true)
    expect((await world.history({ last: 3 })).numbers).toEqual(all.numbers.slice(-3))
  })

  it('filters by channel, status and time', async () => {
    const { numbers } = await world.history({ first: 100, filter: { channelId: 'web', publicStatus: ['CANCELLED'] } })
    expect([...numbers].sort()).toEqual(['R-10', 'R-20', 'R-30', 'R-40', 'R-50'])
    const { placed } = await world.history({
      first: 100,
      filter: { placedFrom: '2026-01-10T00:00:00.000Z', placedTo: '2026-01-11T00:00:00.000Z' },
    })
    expect(placed.map((at) => at.slice(0, 10))).toEqual(
      ['2026-01-10', '2026-01-10', '2026-01-10'].slice(0, placed.length),
    )
    expect(placed.length).toBeGreaterThan(1)
  })

  it('refuses a cursor of another customer, another filter or nobody', async () => {
    const { pageInfo } = await world.history({ first: 5 })
    const after = pageInfo.endCursor
    const ask = (variables: JsonObject, id = 'cus_1') =>
      world.refusal(historyQuery, { customer: { __typename: 'Customer', id }, ...variables })
    expect(await ask({ first: 5, after }, 'cus_3')).toMatch(/^CURSOR_INVALID/)
    expect(await ask({ first: 5, after, filter: { channelId: 'web' } })).toMatch(/^CURSOR_INVALID/)
    expect(await ask({ first: 5, after: 'made-up' })).toMatch(/^CURSOR_INVALID/)
  })

  it('refuses sizes out of range', async () => {
    const customer = { __typename: 'Customer', id: 'cus_1' }
    expect(await world.refusal(historyQuery, { customer, first: -1 })).toContain(
      'BAD_USER_INPUT: Cannot page: first is -1, allowed is 1 to 100',
    )
    expect(await world.refusal(historyQuery, { customer, first: 101 })).toContain('first is 101, allowed is 1 to 100')
  })

  it('costs the same few statements for 50 orders as for one', async () => {
    const query = `query($customer: _Any!, $first: Int) { _entities(representations: [$customer]) { ... on Customer { orders(first: $first) {
      edges { node { number state totals { total { amount } } customer { id } lines { sku stateCounts { state quantity } }
        shipments { state lines { line { sku } } } timeline(first: 10) { edges { node { title at } } } } } } } } }`
    const customer = { __typename: 'Customer', id: 'cus_1' }
    const statements = async (first: number) => {
      await using fresh = await askOrdersAnew(world.orders)
      const { data, errors } = await fresh.ask(query, { customer, first })
      expect(errors).toBeUndefined()
      expect(JSON.parse(JSON.stringify(data))._entities[0].orders.edges).toHaveLength(first)
      return fresh.statementCount()
    }
    expect(await statements(50)).toBe(4)
    expect(await statements(1)).toBe(4)
  })

  it('reads the histories of many customers with one statement', async () => {
    await using fresh = await askOrdersAnew(world.orders)
    const r = Array.from({ length: 30 }, (_, index) => ({ __typename: 'Customer', id: `cus_${index}` }))
    await fresh.ask(
      'query($r: [_Any!]!) { _entities(representations: $r) { ... on Customer { orders(first: 2) { edges { cursor } } } } }',
      { r },
    )
    expect(fresh.statementCount()).toBe(2)
  })
})
