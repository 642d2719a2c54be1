import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHttpStream } from '../gateway/push/http-client.ts'
import { type Ask, issueToken, signIn } from '../support/sign-in.ts'
import { startTestApp, type TestApp } from '../support/start-app.ts'
import { until } from '../support/until.ts'

const find = /* GraphQL */ `
  query Find($kind: IdentifierKind!, $value: String!) {
    customerByIdentifier(kind: $kind, value: $value) { id displayName profiles { system } }
  }
`
const history = /* GraphQL */ `
  query History($kind: IdentifierKind!, $value: String!, $first: Int!, $after: String) {
    customerByIdentifier(kind: $kind, value: $value) {
      orders(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges {
          node {
            number
            channelId
            placedAt
            state
            publicStatus
            totals { total { amount currency } }
            lines { sku quantity variant { title } stateCounts { state quantity } }
            shipments { carrier state }
            payments { state captured { amount } }
            refunds { state amount { amount } }
            timeline(first: 50) { edges { node { at kind system } } }
          }
        }
      }
    }
  }
`

type Order = { number: string; channelId: string; placedAt: string; timeline: { edges: { node: { at: string } }[] } }

describe('journey: a service desk reads one history across all channels', () => {
  let app: TestApp
  let ask: Ask
  beforeAll(async () => {
    app = await startTestApp()
    ask = await signIn(app, 'agent')
  }, 120_000)
  afterAll(async () => app[Symbol.asyncDispose]())

  it('finds the same customer by e-mail, phone, loyalty number and order number', async () => {
    const byEmail = await ask(find, { kind: 'EMAIL', value: ' Ada.LIND@example.com ' })
    expect(byEmail.errors).toBeUndefined()
    const { id, profiles } = byEmail.data.customerByIdentifier
    expect(profiles.map((profile: { system: string }) => profile.system).sort()).toEqual(['crm', 'oms'])
    const byPhone = await ask(find, { kind: 'PHONE', value: '+46 70 123 45 67' })
    const byLoyalty = await ask(find, { kind: 'LOYALTY_ID', value: 'L-1000001' })
    const byOrder = await ask(find, { kind: 'ORDER_NUMBER', value: 'O-1000003' })
    expect(byPhone.data.customerByIdentifier.id).toBe(id)
    expect(byLoyalty.data.customerByIdentifier.id).toBe(id)
    expect(byOrder.data.customerByIdentifier.id).toBe(id)
  })

  it('reads orders of every channel, newest first, with all that happened to them', async () => {
    const { data, errors } = await ask(history, { kind: 'EMAIL', value: 'ada.lind@example.com', first: 10 })
    expect(errors).toBeUndefined()
    const orders: Order[] = data.customerByIdentifier.orders.edges.map((edge: { node: Order }) => edge.node)
    expect(orders.map((order) => order.number).sort()).toEqual(['O-1000001', 'O-1000002', 'O-1000003', 'O-1000004'])
    expect(new Set(orders.map((order) => order.channelId))).toEqual(new Set(['web', 'app', 'store']))
    const times = orders.map((order) => order.placedAt)
    expect(times).toEqual([...times].sort().reverse())
    const refunded = orders.find((order) => order.number === 'O-1000004')
    expect(refunded).toMatchObject({ refunds: [{ state: 'SUCCEEDED' }], payments: [{ state: 'REFUNDED' }] })
    const delivered = orders.find((order) => order.number === 'O-1000001')
    expect(delivered).toMatchObject({ state: 'DELIVERED', shipments: [{ state: 'DELIVERED' }] })
    expect(delivered?.timeline.edges.length).toBeGreaterThan(3)
    const moments = delivered?.timeline.edges.map((edge) => edge.node.at) ?? []
    expect(moments).toEqual([...moments].sort().reverse())
  })

  it('pages through the history without a gap or a repetition', async () => {
    const numbers: string[] = []
    let after: string | null = null
    do {
      const { data } = await ask(history, { kind: 'EMAIL', value: 'ada.lind@example.com', first: 3, after })
      const { edges, pageInfo } = data.customerByIdentifier.orders
      numbers.push(...edges.map((edge: { node: Order }) => edge.node.number))
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after !== null)
    expect(numbers).toHaveLength(4)
    expect(new Set(numbers).size).toBe(4)
  })

  it('is refused a page that makes no sense, with what is allowed', async () => {
    for (const [variables, part] of [
      [{ first: -1 }, '-1'],
      [{ first: 101 }, '100'],
    ] as const) {
      const { errors } = await ask(history, { kind: 'EMAIL', value: 'ada.lind@example.com', ...variables })
      expect(errors?.[0].extensions.code).toBe('BAD_USER_INPUT')
      expect(errors?.[0].message).toContain(part)
    }
    const forged = { kind: 'EMAIL', value: 'ada.lind@example.com', first: 2, after: 'bm9uc2Vuc2U' }
    expect((await ask(history, forged)).errors?.[0].extensions.code).toBe('CURSOR_INVALID')
  })

  it('tells an ERP that another location fulfils an order, after that the first one does not (K053)', async () => {
    const headers = { authorization: `Bearer ${await issueToken(app.url, 'agent')}` }
    const items = Array.from({ length: 20 }, (_, at) => ({ sku: `DEMO-${String(at + 1).padStart(4, '0')}` }))
    const found = await app.ask(
      `query ($items: [AvailabilityItem!]!) { order(number: "O-1000002") { id }
        availability(channelId: "web", items: $items) { variant { sku } byLocation { available location { id } } } }`,
      { items },
      headers,
    )
    const places: readonly { variant: { sku: string }; byLocation: { location: { id: string } }[] }[] =
      found.data.availability
    const several = places.find(({ byLocation }) => byLocation.length > 1)
    const orderId: string = found.data.order.id
    const owner = { kind: 'CHECKOUT', id: 'rerouted' }
    const held = await app.ask(
      `mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { ... on ReserveStockSuccess { reservations { id } } } }`,
      {
        input: {
          ...{ idempotencyKey: 'r1', channelId: 'web', owner, locationId: several?.byLocation[0]?.location.id },
          lines: [{ lineId: '1', sku: several?.variant.sku, quantity: 1 }],
        },
      },
      headers,
    )
    const reservationId: string = held.data.reserveStock.reservations[0].id
    using stream = await openHttpStream(
      app.url,
      {
        query: `subscription ($ids: [ID!]) { fulfillmentOrderChanged(orderIds: $ids) {
          ... on FulfillmentOrderEvent { type state previousLocation { name } fulfillmentOrder { location { name } } } } }`,
        variables: { ids: [orderId] },
      },
      'text/event-stream',
      { headers },
    )
    await app.ask(
      `mutation ($input: ConfirmReservationInput!) { confirmReservation(input: $input) { __typename } }`,
      { input: { idempotencyKey: 'r2', orderId, owner, items: [{ reservationId }] } },
      headers,
    )
    await until('the first location is told', () => stream.text().includes('fulfillment-order.routed.v1'))
    const { data } = await app.ask(
      'query ($id: ID) { order(id: $id) { fulfillmentOrders { id version } } }',
      { id: orderId },
      headers,
    )
    const [{ id, version }] = data.order.fulfillmentOrders
    const input = { idempotencyKey: 'r3', fulfillmentOrderId: id, expectedVersion: version, reason: 'shelf is empty' }
    const answer = await app.ask(
      `mutation ($input: RerouteFulfillmentOrderInput!) { rerouteFulfillmentOrder(input: $input) { __typename } }`,
      { input },
      headers,
    )
    expect(answer.data.rerouteFulfillmentOrder).toEqual({ __typename: 'RerouteFulfillmentOrderSuccess' })
    await until('the other location is told', () => stream.text().includes('fulfillment-order.rerouted.v1'))
    const types = [...stream.text().matchAll(/retail\.fulfillment-order\.(\w+)\.v1/g)].map(([, type]) => type)
    expect(types).toEqual(['routed', 'cancelled', 'rerouted'])
  })

  it('tells an ERP of an edit as one set of changes, however the order system made it (K054)', async () => {
    const headers = { authorization: `Bearer ${await issueToken(app.url, 'agent')}` }
    const query = `subscription { orderEdited { ... on OrderEditEvent { order { number } edit { system priceDelta { amount }
      changes { __typename ... on OrderShippingPriceChanged { shipping { amount } } ... on OrderAddressChanged { members } } } } } }`
    using stream = await openHttpStream(app.url, { query }, 'text/event-stream', { headers })
    const client = new pg.Client({ connectionString: app.sourceUrl('oms') })
    await client.connect()
    await client.query(
      "update sales_order set shipping_amount = shipping_amount + 3, ship_city = 'Graz' where order_no = 'O-1000002'",
    )
    await client.end()
    await until('the edit is told', () => stream.text().includes('"OrderAddressChanged","members":["city"]'))
    expect(stream.text()).toContain(
      '"order":{"number":"O-1000002"},"edit":{"system":"oms","priceDelta":{"amount":"3.00"},"changes":[{"__typename":"OrderShippingPriceChanged"',
    )
  })
})
