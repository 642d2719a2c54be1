import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSubgraph } from '../../../app.ts'
import { readConfig } from '../../../platform/config.ts'
import { createSignedViewerCodec } from '../../../platform/identity/signed-viewer-codec.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec, viewerHeader } from '../../../platform/identity/viewer-header.ts'
import { silentLog } from '../../../platform/telemetry/log.ts'
import { codesOf, type SignedIn, startSignedIn } from '../../support/signed-in.ts'
import type { TestAnswer } from '../../support/start-app.ts'
import { anonymous, partner, service, shopper, staff } from '../../support/viewers.ts'

const internalSecret = 'an internal secret of at least 32 characters'

describe('back ways to what a viewer may not have', () => {
  let signedIn: SignedIn
  let ada: string
  let adasOrder: {
    id: string
    payments: { id: string }[]
    invoices: { id: string; number: string }[]
    lines: { id: string }[]
    shipments: { id: string }[]
  }
  const ask = (...asked: Parameters<SignedIn['ask']>) => signedIn.ask(...asked)
  beforeAll(async () => {
    signedIn = await startSignedIn({ STORELOOM_INTERNAL_SECRET: internalSecret })
    ada = signedIn.ada
    const { data } = await ask(
      'agent',
      '{ order(number: "O-1000001") { id payments { id } invoices { id number } lines { id } shipments { id } } }',
    )
    adasOrder = data.order
  }, 180_000)
  afterAll(() => signedIn[Symbol.asyncDispose]())

  describe('ids', () => {
    it('of an order tell a stranger nothing, and not even that it is there', async () => {
      const query = 'query($id: ID!) { order(id: $id) { id } }'
      expect((await ask('shopper', query, { id: adasOrder.id })).data.order.id).toBe(adasOrder.id)
      const foreign = await ask('stranger', query, { id: adasOrder.id })
      const unknown = await ask('stranger', query, { id: 'ord_none' })
      expect([foreign.data, foreign.errors]).toEqual([unknown.data, unknown.errors])
      expect(foreign.data).toEqual({ order: null })
    })
    it('of a payment and an invoice tell only whose order it is', async () => {
      const query =
        'query($id: ID!, $invoice: ID!, $number: String!) { payment(id: $id) { id } invoice(id: $invoice) { id } byNumber: invoice(number: $number) { id } }'
      const keys = {
        id: adasOrder.payments[0]?.id,
        invoice: adasOrder.invoices[0]?.id,
        number: adasOrder.invoices[0]?.number,
      }
      const nothing = { payment: null, invoice: null, byNumber: null }
      expect((await ask('shopper', query, keys)).data.payment.id).toBe(keys.id)
      expect((await ask('stranger', query, keys)).data).toEqual(nothing)
      expect((await ask('otherAssociate', query, keys)).data).toEqual(nothing)
      expect((await ask('associate', query, keys)).data.byNumber.id).toBe(keys.invoice)
      const partners = await ask('partner', query, keys)
      expect([partners.data, codesOf(partners)]).toEqual([nothing, 'FORBIDDEN'])
    })
    it('of another channel’s number find nothing for a partner', async () => {
      const query =
        '{ order(channelId: "web", externalNumber: "WEB-1000001") { id } ordersByExternalNumber(channelId: "web", externalNumbers: ["WEB-1000001"]) { id } }'
      expect((await ask('agent', query)).data.order.id).toBe(adasOrder.id)
      expect((await ask('partner', query)).data).toEqual({ order: null, ordersByExternalNumber: [null] })
    })
  })

  describe('nested paths', () => {
    it('from a customer lead to no orders of someone else', async () => {
      const query = 'query($id: ID!) { customer(id: $id) { id orders(first: 5) { edges { node { id } } } } }'
      expect((await ask('shopper', query, { id: ada })).data.customer.orders.edges).toHaveLength(4)
      expect((await ask('stranger', query, { id: ada })).data).toEqual({ customer: null })
      expect((await ask('otherAssociate', query, { id: ada })).data.customer.orders.edges).toEqual([])
    })
    it('from a payment back to its order lead no further than the order itself', async () => {
      const query =
        'query($id: ID!) { payment(id: $id) { order { id timeline(first: 1) { edges { node { kind } } } customer { displayName } } } }'
      const { data, ...answer } = await ask('shopper', query, { id: adasOrder.payments[0]?.id })
      expect(data.payment.order).toEqual({ id: adasOrder.id, timeline: null, customer: { displayName: 'A. Lind' } })
      expect(codesOf(answer)).toBe('FORBIDDEN')
    })
    it('from a shipment back to its order keep what is denied there', async () => {
      const query =
        '{ order(number: "O-1000005") { shipments { order { customer { displayName } payments { id } } cost { amount } } } }'
      const { data } = await ask('partner', query)
      expect(data.order.shipments[0]).toEqual({ order: { customer: null, payments: null }, cost: null })
    })
    it('over an order to its customer show no more of them than directly', async () => {
      const query = '{ order(number: "O-1000001") { customer { displayName identifiers { value } } } }'
      expect((await ask('analyst', query)).data.order.customer).toEqual({ displayName: null, identifiers: [] })
      expect((await ask('agent', query)).data.order.customer.displayName).toBe('A••• L•••')
    })
  })

  describe('aliases and fragments', () => {
    it('hide nothing that is denied', async () => {
      const query = `
        query { a: order(number: "O-1000005") { ...Inside } b: order(number: "O-1000006") { ... on Order { t: timeline(first: 1) { edges { node { kind } } } } } }
        fragment Inside on Order { number shipments { ...Money } pay: payments { captured { amount } } }
        fragment Money on Shipment { price: cost { ...Amount } }
        fragment Amount on Money { amount }`
      const { data, errors } = await ask('partner', query)
      expect(data.a).toMatchObject({ number: 'O-1000005', pay: null, shipments: [{ price: null }] })
      expect(data.b).toEqual({ t: null })
      expect(errors?.map(({ path }) => path)).toEqual(
        expect.arrayContaining([
          ['a', 'shipments', 0, 'price'],
          ['a', 'pay'],
          ['b', 't'],
        ]),
      )
    })
  })

  describe('errors', () => {
    it('name what was asked and nothing of the rule', async () => {
      const { errors } = await ask('partner', '{ order(number: "O-1000005") { payments { id } } }')
      expect(errors).toHaveLength(1)
      expect(errors?.[0]).toMatchObject({
        message: 'Cannot answer Order.payments: it is not for this client',
        extensions: { code: 'FORBIDDEN' },
      })
      expect(JSON.stringify(errors)).not.toMatch(/read-payments|staff|policy/)
    })
  })

  describe('cursors made by somebody else', () => {
    it('lead nowhere in the list of orders', async () => {
      const query =
        'query($after: String) { orders(first: 2, after: $after) { pageInfo { endCursor } edges { node { id } } } }'
      const after = (await ask('agent', query)).data.orders.pageInfo.endCursor
      expect(codesOf(await ask('agent', query, { after }))).toBe('')
      expect(codesOf(await ask('partner', query, { after }))).toBe('CURSOR_INVALID')
      expect(codesOf(await ask('otherPartner', query, { after }))).toBe('CURSOR_INVALID')
      expect(codesOf(await ask('shopper', query, { after }))).toBe('CURSOR_INVALID')
      const partners = (await ask('partner', query)).data.orders.pageInfo.endCursor
      expect(codesOf(await ask('otherPartner', query, { after: partners }))).toBe('CURSOR_INVALID')
    })
    it('lead nowhere in a customer’s orders', async () => {
      const query =
        'query($id: ID!, $after: String) { customer(id: $id) { orders(first: 1, after: $after) { pageInfo { endCursor } edges { node { id } } } } }'
      const after = (await ask('agent', query, { id: ada })).data.customer.orders.pageInfo.endCursor
      expect(codesOf(await ask('otherAssociate', query, { id: ada, after }))).toBe('CURSOR_INVALID')
    })
    it('lead nowhere in positions', async () => {
      const query =
        'query($after: String) { variantsBySku(skus: ["DEMO-0001"]) { positions(first: 1, after: $after) { pageInfo { endCursor } edges { node { id } } } } }'
      const after = (await ask('agent', query)).data.variantsBySku[0].positions.pageInfo.endCursor
      expect(codesOf(await ask('associate', query, { after }))).toBe('CURSOR_INVALID')
    })
  })

  describe('a subgraph’s own port', () => {
    const codec = createSignedViewerCodec({ secret: internalSecret, clock: () => new Date() })
    const references =
      'query($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Order { number } ... on OrderLine { sku } ... on Shipment { carrier } ... on Customer { orders(first: 1) { edges { node { number } } } } } }'
    let orders: Awaited<ReturnType<typeof startSubgraph>>
    let finance: Awaited<ReturnType<typeof startSubgraph>>
    beforeAll(async () => {
      const { environment } = signedIn.app
      const options = { config: readConfig(environment), environment, log: silentLog }
      orders = await startSubgraph(options, 'orders', 0)
      finance = await startSubgraph(options, 'finance', 0)
    }, 120_000)
    afterAll(async () => {
      await orders[Symbol.asyncDispose]()
      await finance[Symbol.asyncDispose]()
    })

    async function call(url: string, query: string, variables: object, header?: string) {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(header === undefined ? {} : { [viewerHeader]: header }) },
        body: JSON.stringify({ query, variables }),
      })
      return (await answer.json()) as TestAnswer
    }
    const as = (url: string, viewer: Viewer, query: string, variables: object = {}) =>
      call(url, query, variables, codec.encode({ ...viewer, tenant: 'demo' }))
    const order = () => ({ of: [{ __typename: 'Order', id: adasOrder.id }] })

    it('refuses calls that no gateway of this installation signed', async () => {
      const unsigned = await call(orders.url, '{ __typename }', {})
      expect([unsigned.data, codesOf(unsigned)]).toEqual([undefined, 'UNAUTHENTICATED'])
      expect(codesOf(await call(orders.url, references, order(), plainViewerCodec.encode(service)))).toBe(
        'UNAUTHENTICATED',
      )
      const other = createSignedViewerCodec({
        secret: 'another secret of at least 32 characters',
        clock: () => new Date(),
      })
      expect(codesOf(await call(orders.url, references, order(), other.encode(service)))).toBe('UNAUTHENTICATED')
      const old = createSignedViewerCodec({ secret: internalSecret, clock: () => new Date(Date.now() - 120_000) })
      expect(codesOf(await call(orders.url, references, order(), old.encode(service)))).toBe('UNAUTHENTICATED')
      expect((await as(orders.url, service, references, order())).data._entities[0].number).toBe('O-1000001')
    })
    it('answers references to rows in scope alone', async () => {
      expect((await as(orders.url, shopper(ada), references, order())).data._entities[0].number).toBe('O-1000001')
      expect((await as(orders.url, shopper('cus_x'), references, order())).data._entities).toEqual([null])
      const parts = {
        of: [
          { __typename: 'OrderLine', id: adasOrder.lines[0]?.id },
          { __typename: 'Shipment', id: adasOrder.shipments[0]?.id },
        ],
      }
      expect((await as(orders.url, partner(['amazon']), references, parts)).data._entities).toEqual([null, null])
      expect((await as(orders.url, partner(['web']), references, parts)).data._entities[0].sku).toMatch(/^DEMO-/)
      const desk = (region: string) => staff(['service-desk'], [], [region])
      expect((await as(orders.url, desk('FR'), references, order())).data._entities).toEqual([null])
      expect((await as(orders.url, desk('FR'), references, parts)).data._entities).toEqual([null, null])
      expect((await as(orders.url, desk('DE'), references, parts)).data._entities[0].sku).toMatch(/^DEMO-/)
      const customers = { of: [{ __typename: 'Customer', id: ada }] }
      expect((await as(orders.url, shopper('cus_x'), references, customers)).data._entities[0].orders.edges).toEqual([])
    })
    it('keeps to the policies itself', async () => {
      expect(codesOf(await as(orders.url, anonymous, references, order()))).toBe('FORBIDDEN')
      expect(
        codesOf(
          await as(
            orders.url,
            partner(['web']),
            '{ order(number: "O-1000001") { timeline(first: 1) { edges { node { kind } } } } }',
          ),
        ),
      ).toBe('FORBIDDEN')
      expect(codesOf(await as(orders.url, staff(['ops-admin']), '{ orders(first: 1) { edges { cursor } } }'))).toBe(
        'FORBIDDEN',
      )
      const ofOrder = 'query($of: [_Any!]!) { _entities(representations: $of) { ... on Order { payments { id } } } }'
      expect(codesOf(await as(finance.url, partner(['web']), ofOrder, order()))).toBe('FORBIDDEN')
      expect((await as(finance.url, shopper('cus_x'), ofOrder, order())).data._entities[0].payments).toEqual([])
      expect((await as(finance.url, shopper(ada), ofOrder, order())).data._entities[0].payments).toHaveLength(
        adasOrder.payments.length,
      )
    })
  })
})
