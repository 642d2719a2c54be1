import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lineData, orderData } from './documents.ts'
import { day, openSixtyOrders, type SixtyOrders } from './sixty-orders.ts'
import { linked } from './start.ts'

let world: SixtyOrders

beforeAll(async () => {
  world = await openSixtyOrders()
})
afterAll(() => world[Symbol.asyncDispose]())

describe('finding an order', () => {
  it('answers totals, lines and what is known of its shipments', async () => {
    expect(
      await world.answer(`{ order(number: "R-5") { channelId externalNumber state publicStatus currency version
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
    expect(await world.answer(query, { channel: 'web' })).toEqual({ order: { number: 'R-4' } })
    expect(await world.answer(query, { channel: 'store' })).toEqual({ order: null })
  })

  it('answers a partner in the order asked, null where none is known', async () => {
    expect(
      await world.answer(
        '{ ordersByExternalNumber(channelId: "web", externalNumbers: ["X-6", "no", "X-2", "X-3"]) { number } }',
      ),
    ).toEqual({ ordersByExternalNumber: [{ number: 'R-6' }, null, { number: 'R-2' }, null] })
  })

  it('refuses no key, two keys and half a key', async () => {
    expect(await world.refusal('{ order { id } }')).toContain('BAD_USER_INPUT: Cannot find orders: 0 keys are given')
    expect(await world.refusal('{ order(id: "x", number: "y") { id } }')).toContain(
      '2 keys are given, allowed is exactly one',
    )
    expect(await world.refusal('{ order(channelId: "web") { id } }')).toContain('allowed is both or none')
  })

  it('refuses more than 100 numbers', async () => {
    const externalNumbers = Array.from({ length: 101 }, (_, index) => `X-${index}`)
    const query = 'query($n: [String!]!) { ordersByExternalNumber(channelId: "web", externalNumbers: $n) { id } }'
    expect(await world.refusal(query, { n: externalNumbers })).toContain(
      'externalNumbers has 101 entries, allowed is at most 100',
    )
  })

  it('resolves orders, lines and shipments by reference', async () => {
    const found = JSON.parse(
      JSON.stringify(
        await world.answer(
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
      await world.answer(
        'query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { number } ... on OrderLine { sku } ... on Shipment { carrier } } }',
        { r: references },
      ),
    ).toEqual({ _entities: [{ number: 'R-1' }, { sku: 'B-2' }, { carrier: 'Post' }, null] })
  })
})

describe('the list of all orders', () => {
  const query =
    'query($first: Int, $filter: OrderFilter) { orders(first: $first, filter: $filter) { edges { node { number publicStatus channelId placedAt } } } }'

  it('is newest first, 25 unless asked', async () => {
    const { orders: list } = JSON.parse(JSON.stringify(await world.answer(query)))
    const placed = list.edges.map(({ node }: { node: { placedAt: string } }) => node.placedAt)
    expect(placed).toHaveLength(25)
    expect(placed).toEqual([...placed].sort().reverse())
  })

  it('merges several statuses in order', async () => {
    const filter = { publicStatus: ['CANCELLED', 'ON_ITS_WAY', 'CONFIRMED'] }
    const { orders: list } = JSON.parse(JSON.stringify(await world.answer(query, { first: 100, filter })))
    expect(list.edges).toHaveLength(60)
    const placed = list.edges.map(({ node }: { node: { placedAt: string } }) => node.placedAt)
    expect(placed).toEqual([...placed].sort().reverse())
    const few = JSON.parse(
      JSON.stringify(
        await world.answer(query, { first: 100, filter: { publicStatus: ['CANCELLED'], channelId: 'web' } }),
      ),
    )
    expect(few.orders.edges).toHaveLength(6)
  })

  it('refuses a time that is none', async () => {
    expect(await world.refusal(query, { filter: { placedFrom: 'yesterday' } })).toMatch(/^BAD_USER_INPUT/)
  })
})

describe('changes', () => {
  it('are seen by the next read once they are applied', async () => {
    const query =
      '{ order(number: "R-59") { state customer { id } timeline(first: 2) { edges { node { kind title inferred } } } } }'
    expect(await world.answer(query)).toMatchObject({ order: { state: 'ACCEPTED', customer: { id: 'cus_1' } } })
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
    await world.orders.deliver('oms', [{ kind: 'order', key: 'o59', data }])
    const { c2 } = await world.profilesByKey()
    await world.orders.append([linked(c2, 'cus_9')])
    await world.orders.drain()
    expect(await world.answer(query)).toMatchObject({
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
    const { numbers } = await world.history({ first: 100 }, 'cus_9')
    expect(numbers).toContain('R-59')
    expect((await world.history({ first: 100 })).numbers).not.toContain('R-59')
  })
})

describe('the timeline', () => {
  it('tells reported and inferred states newest first, and pages', async () => {
    const query =
      'query($first: Int, $after: String) { order(number: "R-7") { timeline(first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node { kind title inferred eventId } } } } }'
    const whole = JSON.parse(JSON.stringify(await world.answer(query)))
    const nodes = whole.order.timeline.edges.map(({ node }: { node: { title: string; inferred: boolean } }) => [
      node.title,
      node.inferred,
    ])
    expect(nodes).toEqual([
      ['Lines accepted', false],
      ['Lines validating', true],
      ['Order received', false],
    ])
    const first = JSON.parse(JSON.stringify(await world.answer(query, { first: 2 })))
    expect(first.order.timeline.pageInfo.hasNextPage).toBe(true)
    const rest = JSON.parse(
      JSON.stringify(await world.answer(query, { first: 2, after: first.order.timeline.pageInfo.endCursor })),
    )
    expect([...first.order.timeline.edges, ...rest.order.timeline.edges]).toEqual(whole.order.timeline.edges)
  })
})
