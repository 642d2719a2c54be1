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

  it('has an order be of more: stock is kept, systems are told, and the order system’s own word confirms it (K054)', async () => {
    const headers = { authorization: `Bearer ${await issueToken(app.url, 'agent')}` }
    const items = Array.from({ length: 20 }, (_, at) => ({ sku: `DEMO-${String(at + 1).padStart(4, '0')}` }))
    const offers = await app.ask(
      'query ($items: [AvailabilityItem!]!) { availability(channelId: "web", items: $items) { ats variant { sku } } }',
      { items },
      headers,
    )
    const plenty = offers.data.availability.find(({ ats }: { ats: number }) => ats > 5)
    const sku: string = plenty.variant.sku
    const oms = new pg.Client({ connectionString: app.sourceUrl('oms') })
    await oms.connect()
    try {
      await oms.query(
        `insert into sales_order values (77, 'O-EDITED', 'WEB', 'WEB-EDITED', null, null, now(), 'EUR', true, 20, now(), 'PARCEL', null, 4,
           'Ada', 'Way 1', 'Graz', '8010', 'AT', null)`,
      )
      await oms.query("insert into sales_order_line values (77, 1, $1, 'Thing', 1, 10, 0, 2, 20, 0, 0)", [sku])
      const read = async () => {
        const { data } = await app.ask(
          '{ order(number: "O-EDITED") { id version lines { id quantity } } }',
          {},
          headers,
        )
        return data.order?.lines.length === 1 ? data.order : null
      }
      const order = await until('the order is known', read)
      const owner = { kind: 'ORDER', id: order.id }
      const held = await app.ask(
        `mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { ... on ReserveStockSuccess { reservations { id } } } }`,
        { input: { idempotencyKey: 'e1', channelId: 'web', owner, lines: [{ lineId: '1', sku, quantity: 1 }] } },
        headers,
      )
      const reservationId: string = held.data.reserveStock.reservations[0].id
      await app.ask(
        `mutation ($input: ConfirmReservationInput!) { confirmReservation(input: $input) { __typename } }`,
        { input: { idempotencyKey: 'e2', orderId: order.id, owner, items: [{ reservationId }] } },
        headers,
      )
      using stream = await openHttpStream(
        app.url,
        {
          query: `subscription ($ids: [ID!]) { orderEditRequestChanged(orderIds: $ids) {
            ... on OrderEditRequestEvent { state order { number } editRequest { reason changes { __typename } } } } }`,
          variables: { ids: [order.id] },
        },
        'text/event-stream',
        { headers },
      )
      const changes = [{ setQuantity: { lineId: order.lines[0].id, quantity: 3 } }]
      const input = {
        idempotencyKey: 'e3',
        orderId: order.id,
        expectedVersion: order.version,
        reason: 'two more',
        changes,
      }
      const asked = await app.ask(
        `mutation ($input: EditOrderInput!) { editOrder(input: $input) { __typename } }`,
        { input },
        headers,
      )
      expect(asked.data.editOrder).toEqual({ __typename: 'EditOrderSuccess' })
      await until('systems are told', () => stream.text().includes('"state":"PENDING"'))
      expect(stream.text()).toContain('"reason":"two more","changes":[{"__typename":"OrderLineQuantityChanged"}]')
      const units = async (): Promise<number> => {
        const query = 'query ($id: ID) { order(id: $id) { fulfillmentOrders { lines { quantity } } } }'
        const { data } = await app.ask(query, { id: order.id }, headers)
        const lines: { quantity: number }[] = data.order.fulfillmentOrders.flatMap(
          (one: { lines: object[] }) => one.lines,
        )
        return lines.reduce((sum, { quantity }) => sum + quantity, 0)
      }
      await until('its location is told of three', async () => (await units()) === 3)
      await oms.query('update sales_order_line set quantity = 3 where order_id = 77')
      await oms.query('update sales_order set status_at = now() where order_id = 77')
      await until('the order system’s word is taken', () => stream.text().includes('"state":"CONFIRMED"'))
      expect(await units()).toBe(3)
    } finally {
      await oms.end()
    }
  })
})
