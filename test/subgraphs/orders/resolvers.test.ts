import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import type { RunningSubgraph } from '../../support/run-subgraph.ts'
import { lineData, orderData, shipmentData } from './documents.ts'
import { askOrdersAnew, linked, startOrders } from './start.ts'

let orders: RunningSubgraph

const day = (index: number) =>
  `2026-01-${String((index % 28) + 1).padStart(2, '0')}T${String(index % 24).padStart(2, '0')}:00:00Z`

/** 60 orders in two channels of two profiles; the profiles `c1` and `c2` are one customer, `c3` another. */
beforeAll(async () => {
  orders = await startOrders()
  const documents = Array.from({ length: 60 }, (_, index) => ({
    kind: 'order',
    key: `o${index}`,
    data: orderData({
      number: `R-${index}`,
      externalNumber: `X-${index}`,
      channelId: index % 2 === 0 ? 'web' : 'store',
      customer: { namespace: 'crm', value: index < 2 ? 'c3' : `c${(index % 2) + 1}` },
      placedAt: day(index),
      statusAt: day(index),
      status: index % 10 === 0 ? 'CANCELLED' : 'ACCEPTED',
    }),
  }))
  await orders.deliver('oms', documents)
  await orders.deliver('wms', [{ kind: 'shipment', key: 's1', data: shipmentData() }])
  await orders.drain()
  const profiles = await profilesByKey()
  await orders.append([linked(profiles.c1, 'cus_1'), linked(profiles.c2, 'cus_1'), linked(profiles.c3, 'cus_3')])
  await orders.drain()
})
afterAll(() => orders[Symbol.asyncDispose]())

async function profilesByKey() {
  const { rows } = await orders.database.query<{ value: string; id: string }>(
    "SELECT value, id FROM connector.natural_keys WHERE kind = 'customer-profile'",
    [],
  )
  const ids = new Map(rows.map(({ value, id }) => [value, id]))
  return { c1: ids.get('c1') ?? '', c2: ids.get('c2') ?? '', c3: ids.get('c3') ?? '' }
}

async function answer(query: string, variables: JsonObject = {}): Promise<unknown> {
  const { data, errors } = await orders.ask(query, variables)
  expect(errors).toBeUndefined()
  return data
}

async function refusal(query: string, variables: JsonObject = {}) {
  const { errors = [] } = await orders.ask(query, variables)
  expect(errors).toHaveLength(1)
  return `${errors[0]?.extensions?.code}: ${errors[0]?.message}`
}

const historyQuery = `query History($customer: _Any!, $first: Int, $after: String, $last: Int, $before: String, $filter: OrderFilter) {
  _entities(representations: [$customer]) { ... on Customer {
    orders(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { number placedAt } } } } } }`

type Page = {
  readonly numbers: readonly string[]
  readonly placed: readonly string[]
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
}

async function history(variables: JsonObject, customerId = 'cus_1'): Promise<Page> {
  const customer = { __typename: 'Customer', id: customerId }
  const data = JSON.parse(JSON.stringify(await answer(historyQuery, { customer, ...variables })))
  const { edges, pageInfo } = data._entities[0].orders
  const nodes = edges.map(({ node }: { node: { number: string; placedAt: string } }) => node)
  return {
    numbers: nodes.map(({ number }: { number: string }) => number),
    placed: nodes.map(({ placedAt }: { placedAt: string }) => placedAt),
    pageInfo,
  }
}

describe('finding an order', () => {
  it('answers totals, lines and what is known of its shipments', async () => {
    expect(
      await answer(`{ order(number: "R-5") { channelId externalNumber state publicStatus currency version
        totals { subtotal { amount } discount { amount } shipping { amount } tax { amount } total { amountMinor amount } }
        lines { sku quantity total { amount } stateCounts { state quantity } }
        shipTo { city } refs { system value } provenance { system staleness } } }`),
    ).toEqual({
      order: {
        channelId: 'store',
        externalNumber: 'X-5',
        state: 'ACCEPTED',
        publicStatus: 'CONFIRMED',
        currency: 'EUR',
        version: 2,
        totals: {
          subtotal: { amount: '35.50' },
          discount: { amount: '2.00' },
          shipping: { amount: '4.90' },
          tax: { amount: '5.60' },
          total: { amountMinor: '4400', amount: '44.00' },
        },
        lines: [
          { sku: 'A-1', quantity: 3, total: { amount: '33.60' }, stateCounts: [{ state: 'ACCEPTED', quantity: 3 }] },
          { sku: 'B-2', quantity: 1, total: { amount: '5.50' }, stateCounts: [{ state: 'ACCEPTED', quantity: 1 }] },
        ],
        shipTo: { city: 'Lyon' },
        refs: [{ system: 'oms', value: 'o5' }],
        provenance: { system: 'oms', staleness: 'UNKNOWN' },
      },
    })
  })

  it('goes by a channel and its own number', async () => {
    const query = 'query($channel: ID) { order(channelId: $channel, externalNumber: "X-4") { number } }'
    expect(await answer(query, { channel: 'web' })).toEqual({ order: { number: 'R-4' } })
    expect(await answer(query, { channel: 'store' })).toEqual({ order: null })
  })

  it('answers a partner in the order asked, null where none is known', async () => {
    expect(
      await answer(
        '{ ordersByExternalNumber(channelId: "web", externalNumbers: ["X-6", "no", "X-2", "X-3"]) { number } }',
      ),
    ).toEqual({ ordersByExternalNumber: [{ number: 'R-6' }, null, { number: 'R-2' }, null] })
  })

  it('refuses no key, two keys and half a key', async () => {
    expect(await refusal('{ order { id } }')).toContain('BAD_USER_INPUT: Cannot find orders: 0 keys are given')
    expect(await refusal('{ order(id: "x", number: "y") { id } }')).toContain(
      '2 keys are given, allowed is exactly one',
    )
    expect(await refusal('{ order(channelId: "web") { id } }')).toContain('allowed is both or none')
  })

  it('refuses more than 100 numbers', async () => {
    const externalNumbers = Array.from({ length: 101 }, (_, index) => `X-${index}`)
    const query = 'query($n: [String!]!) { ordersByExternalNumber(channelId: "web", externalNumbers: $n) { id } }'
    expect(await refusal(query, { n: externalNumbers })).toContain(
      'externalNumbers has 101 entries, allowed is at most 100',
    )
  })

  it('resolves orders, lines and shipments by reference', async () => {
    const found = JSON.parse(
      JSON.stringify(
        await answer(
          '{ order(number: "R-1") { id lines { id } shipments { id lines { quantity line { id sku } } order { number } location { id } } } }',
        ),
      ),
    )
    expect(found.order.shipments).toMatchObject([
      {
        order: { number: 'R-1' },
        lines: [
          { quantity: 2, line: { sku: 'A-1' } },
          { quantity: 1, line: { sku: 'B-2' } },
        ],
      },
    ])
    const references = [
      { __typename: 'Order', id: found.order.id },
      { __typename: 'OrderLine', id: found.order.lines[1].id },
      { __typename: 'Shipment', id: found.order.shipments[0].id },
      { __typename: 'Order', id: 'ord_unknown' },
    ]
    expect(
      await answer(
        'query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { number } ... on OrderLine { sku } ... on Shipment { carrier } } }',
        { r: references },
      ),
    ).toEqual({ _entities: [{ number: 'R-1' }, { sku: 'B-2' }, { carrier: 'Post' }, null] })
  })
})

describe('the history of a customer', () => {
  it('is one list over all profiles and channels, newest first', async () => {
    const { placed, numbers } = await history({ first: 100 })
    expect(numbers).toHaveLength(58)
    expect(placed).toEqual([...placed].sort().reverse())
    expect([...(await history({ first: 100 }, 'cus_3')).numbers].sort()).toEqual(['R-0', 'R-1'])
    expect((await history({}, 'cus_unknown')).numbers).toEqual([])
  })

  it('pages forward and back over the same orders', async () => {
    const all = await history({ first: 100 })
    const first = await history({ first: 20 })
    const second = await history({ first: 20, after: first.pageInfo.endCursor })
    const third = await history({ first: 20, after: second.pageInfo.endCursor })
    expect([...first.numbers, ...second.numbers, ...third.numbers]).toEqual(all.numbers)
    expect([first, second, third].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, true, false])
    const back = await history({ last: 20, before: third.pageInfo.startCursor })
    expect(back.numbers).toEqual(second.numbers)
    expect(back.pageInfo.hasPreviousPage).toBe(true)
    expect((await history({ last: 3 })).numbers).toEqual(all.numbers.slice(-3))
  })

  it('filters by channel, status and time', async () => {
    const { numbers } = await history({ first: 100, filter: { channelId: 'web', publicStatus: ['CANCELLED'] } })
    expect([...numbers].sort()).toEqual(['R-10', 'R-20', 'R-30', 'R-40', 'R-50'])
    const { placed } = await history({
      first: 100,
      filter: { placedFrom: '2026-01-10T00:00:00.000Z', placedTo: '2026-01-11T00:00:00.000Z' },
    })
    expect(placed.map((at) => at.slice(0, 10))).toEqual(
      ['2026-01-10', '2026-01-10', '2026-01-10'].slice(0, placed.length),
    )
    expect(placed.length).toBeGreaterThan(1)
  })

  it('refuses a cursor of another customer, another filter or nobody', async () => {
    const { pageInfo } = await history({ first: 5 })
    const after = pageInfo.endCursor
    const ask = (variables: JsonObject, id = 'cus_1') =>
      refusal(historyQuery, { customer: { __typename: 'Customer', id }, ...variables })
    expect(await ask({ first: 5, after }, 'cus_3')).toMatch(/^CURSOR_INVALID/)
    expect(await ask({ first: 5, after, filter: { channelId: 'web' } })).toMatch(/^CURSOR_INVALID/)
    expect(await ask({ first: 5, after: 'made-up' })).toMatch(/^CURSOR_INVALID/)
  })

  it('refuses sizes out of range', async () => {
    const customer = { __typename: 'Customer', id: 'cus_1' }
    expect(await refusal(historyQuery, { customer, first: -1 })).toContain(
      'BAD_USER_INPUT: Cannot page: first is -1, allowed is 1 to 100',
    )
    expect(await refusal(historyQuery, { customer, first: 101 })).toContain('first is 101, allowed is 1 to 100')
  })

  it('costs the same few statements for 50 orders as for one', async () => {
    const query = `query($customer: _Any!, $first: Int) { _entities(representations: [$customer]) { ... on Customer { orders(first: $first) {
      edges { node { number state totals { total { amount } } customer { id } lines { sku stateCounts { state quantity } }
        shipments { state lines { line { sku } } } timeline(first: 10) { edges { node { title at } } } } } } } } }`
    const customer = { __typename: 'Customer', id: 'cus_1' }
    const statements = async (first: number) => {
      await using fresh = await askOrdersAnew(orders)
      const { data, errors } = await fresh.ask(query, { customer, first })
      expect(errors).toBeUndefined()
      expect(JSON.parse(JSON.stringify(data))._entities[0].orders.edges).toHaveLength(first)
      return fresh.statementCount()
    }
    expect(await statements(50)).toBe(4)
    expect(await statements(1)).toBe(4)
  })

  it('reads the histories of many customers with one statement', async () => {
    await using fresh = await askOrdersAnew(orders)
    const r = Array.from({ length: 30 }, (_, index) => ({ __typename: 'Customer', id: `cus_${index}` }))
    await fresh.ask(
      'query($r: [_Any!]!) { _entities(representations: $r) { ... on Customer { orders(first: 2) { edges { cursor } } } } }',
      { r },
    )
    expect(fresh.statementCount()).toBe(2)
  })
})

describe('the list of all orders', () => {
  const query =
    'query($first: Int, $filter: OrderFilter) { orders(first: $first, filter: $filter) { edges { node { number publicStatus channelId placedAt } } } }'

  it('is newest first, 25 unless asked', async () => {
    const { orders: list } = JSON.parse(JSON.stringify(await answer(query)))
    const placed = list.edges.map(({ node }: { node: { placedAt: string } }) => node.placedAt)
    expect(placed).toHaveLength(25)
    expect(placed).toEqual([...placed].sort().reverse())
  })

  it('merges several statuses in order', async () => {
    const filter = { publicStatus: ['CANCELLED', 'ON_ITS_WAY', 'CONFIRMED'] }
    const { orders: list } = JSON.parse(JSON.stringify(await answer(query, { first: 100, filter })))
    expect(list.edges).toHaveLength(60)
    const placed = list.edges.map(({ node }: { node: { placedAt: string } }) => node.placedAt)
    expect(placed).toEqual([...placed].sort().reverse())
    const few = JSON.parse(
      JSON.stringify(await answer(query, { first: 100, filter: { publicStatus: ['CANCELLED'], channelId: 'web' } })),
    )
    expect(few.orders.edges).toHaveLength(6)
  })

  it('refuses a time that is none', async () => {
    expect(await refusal(query, { filter: { placedFrom: 'yesterday' } })).toMatch(/^BAD_USER_INPUT/)
  })
})

describe('changes', () => {
  it('are seen by the next read once they are applied', async () => {
    const query =
      '{ order(number: "R-59") { state customer { id } timeline(first: 2) { edges { node { kind title inferred } } } } }'
    expect(await answer(query)).toMatchObject({ order: { state: 'ACCEPTED', customer: { id: 'cus_1' } } })
    const data = orderData({
      number: 'R-59',
      externalNumber: 'X-59',
      channelId: 'store',
      customer: { namespace: 'crm', value: 'c2' },
      placedAt: day(59),
      status: 'PICKED',
      statusAt: '2026-02-20T00:00:00Z',
      lines: [lineData()],
    })
    await orders.deliver('oms', [{ kind: 'order', key: 'o59', data }])
    const { c2 } = await profilesByKey()
    await orders.append([linked(c2, 'cus_9')])
    await orders.drain()
    expect(await answer(query)).toMatchObject({
      order: {
        state: 'PICKED',
        customer: { id: 'cus_9' },
        timeline: {
          edges: [
            { node: { kind: 'order.edited', inferred: false } },
            { node: { kind: 'order.line-state-changed', title: 'Lines picked', inferred: false } },
          ],
        },
      },
    })
    const { numbers } = await history({ first: 100 }, 'cus_9')
    expect(numbers).toContain('R-59')
    expect((await history({ first: 100 })).numbers).not.toContain('R-59')
  })
})

describe('the timeline', () => {
  it('tells reported and inferred states newest first, and pages', async () => {
    const query =
      'query($first: Int, $after: String) { order(number: "R-7") { timeline(first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node { kind title inferred eventId } } } } }'
    const whole = JSON.parse(JSON.stringify(await answer(query)))
    const nodes = whole.order.timeline.edges.map(({ node }: { node: { title: string; inferred: boolean } }) => [
      node.title,
      node.inferred,
    ])
    expect(nodes).toEqual([
      ['Lines accepted', false],
      ['Lines validating', true],
      ['Order received', false],
    ])
    const first = JSON.parse(JSON.stringify(await answer(query, { first: 2 })))
    expect(first.order.timeline.pageInfo.hasNextPage).toBe(true)
    const rest = JSON.parse(
      JSON.stringify(await answer(query, { first: 2, after: first.order.timeline.pageInfo.endCursor })),
    )
    expect([...first.order.timeline.edges, ...rest.order.timeline.edges]).toEqual(whole.order.timeline.edges)
  })
})
