import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adas,
  amazons,
  customer,
  finding,
  journal,
  list,
  money,
  order,
  positionsOf,
  product,
  stock,
  timeline,
} from '../../support/policy-questions.ts'
import { codesOf, type SignedIn, startSignedIn } from '../../support/signed-in.ts'

/** Role by subgraph: what each may have through the running gateway. The back ways are in back-ways.test.ts. */
describe('who may have what: partners, finance, analysts, operations', () => {
  let signedIn: SignedIn
  let ada: string
  const ask = (...asked: Parameters<SignedIn['ask']>) => signedIn.ask(...asked)
  beforeAll(async () => {
    signedIn = await startSignedIn()
    ada = signedIn.ada
  }, 180_000)
  afterAll(() => signedIn[Symbol.asyncDispose]())

  describe('partner', () => {
    it('inventory: what may be sold; no positions', async () => {
      const answer = await ask('partner', stock)
      expect(answer.data.variantsBySku[0].availability.ats).toBeGreaterThanOrEqual(0)
      expect(positionsOf(answer)).toBeNull()
    })
    it('orders: of its channels, with the recipient, without customer, timeline and costs', async () => {
      expect((await ask('partner', order, amazons)).data.order).toMatchObject({
        number: 'O-1000005',
        shipTo: { city: 'Leipzig', line1: 'Ringweg 7' },
      })
      const inside = await ask('partner', timeline, amazons)
      expect([inside.data.order.timeline, codesOf(inside)]).toEqual([null, 'FORBIDDEN'])
      const own = (await ask('partner', list)).data.orders.edges
      expect(own.length).toBeGreaterThan(0)
      expect(new Set(own.map((edge: { node: { channelId: string } }) => edge.node.channelId))).toEqual(
        new Set(['amazon']),
      )
      expect(new Set(own.map((edge: { node: { customer: null } }) => edge.node.customer))).toEqual(new Set([null]))
    })
    it('orders: of no other channel', async () => {
      expect((await ask('partner', order, adas)).data).toEqual({ order: null })
      expect((await ask('otherPartner', order, amazons)).data).toEqual({ order: null })
      expect((await ask('otherPartner', list)).data.orders.edges).toEqual([])
      expect(
        (await ask('partner', '{ orders(filter: { channelId: "web" }) { edges { cursor } } }')).data.orders.edges,
      ).toEqual([])
    })
    it('products: published, with prices of its own channels and of all', async () => {
      const { data } = await ask(
        'otherPartner',
        '{ variantsBySku(skus: ["DEMO-0001"]) { title prices { channelId } } }',
      )
      expect(data.variantsBySku[0].title).not.toBe('')
      for (const { channelId } of data.variantsBySku[0].prices) expect(channelId).toBeNull()
    })
    it('customers: nobody', async () => {
      expect(codesOf(await ask('partner', customer, { id: ada }))).toBe('FORBIDDEN')
      expect(codesOf(await ask('partner', finding))).toBe('FORBIDDEN')
    })
    it('finance: no payments, not of its own orders either', async () => {
      const { data, errors } = await ask('partner', money, amazons)
      expect(data.order).toEqual({
        number: 'O-1000005',
        payments: null,
        refunds: null,
        invoices: null,
        paymentSummary: null,
      })
      expect(errors).toHaveLength(4)
      const posting = await ask('partner', journal, amazons)
      expect([posting.data.order.journalEntries, codesOf(posting)]).toEqual([null, 'FORBIDDEN'])
    })
  })

  describe('finance', () => {
    it('inventory: every position', async () =>
      expect(positionsOf(await ask('finance', stock))?.length).toBeGreaterThan(1))
    it('orders: all, with costs, without addresses', async () => {
      expect((await ask('finance', order, adas)).data.order).toEqual({ number: 'O-1000001', shipTo: null })
      const inside = await ask('finance', timeline, adas)
      expect(inside.errors).toBeUndefined()
      expect(inside.data.order.shipments[0].cost).toMatchObject({ amount: expect.any(String) })
    })
    it('products: all', async () => expect((await ask('finance', product)).errors).toBeUndefined())
    it('customers: as pseudonyms, no search', async () => {
      expect((await ask('finance', customer, { id: ada })).data.customer).toEqual({
        id: ada,
        displayName: null,
        identifiers: [],
        addresses: [],
      })
      expect(codesOf(await ask('finance', finding))).toBe('FORBIDDEN')
    })
    it('finance: all', async () => {
      const { data, errors } = await ask('finance', money, amazons)
      expect(errors).toBeUndefined()
      expect(data.order.payments.length).toBeGreaterThan(0)
      const posting = await ask('finance', journal, { number: 'O-1000006' })
      expect(posting.data.order.journalEntries).toEqual([{ status: 'POSTED' }])
    })
  })

  describe('analyst', () => {
    it('inventory: every position', async () =>
      expect(positionsOf(await ask('analyst', stock))?.length).toBeGreaterThan(1))
    it('orders: all, with the timeline, without costs and addresses', async () => {
      expect((await ask('analyst', order, amazons)).data.order).toEqual({ number: 'O-1000005', shipTo: null })
      const inside = await ask('analyst', timeline, adas)
      expect(inside.data.order.timeline.edges).toHaveLength(1)
      expect(inside.data.order.shipments[0].cost).toBeNull()
    })
    it('products: all', async () => expect((await ask('analyst', product)).errors).toBeUndefined())
    it('customers: as pseudonyms, no search', async () => {
      expect((await ask('analyst', customer, { id: ada })).data.customer).toEqual({
        id: ada,
        displayName: null,
        identifiers: [],
        addresses: [],
      })
      expect(codesOf(await ask('analyst', finding))).toBe('FORBIDDEN')
    })
    it('finance: nothing', async () => {
      const { data } = await ask('analyst', money, adas)
      expect(data.order).toEqual({
        number: 'O-1000001',
        payments: null,
        refunds: null,
        invoices: null,
        paymentSummary: null,
      })
      expect(codesOf(await ask('analyst', journal, adas))).toBe('FORBIDDEN')
    })
  })

  describe('operations', () => {
    it('inventory: every position', async () =>
      expect(positionsOf(await ask('admin', stock))?.length).toBeGreaterThan(1))
    it('orders: none', async () => {
      const answer = await ask('admin', order, adas)
      expect([answer.data, codesOf(answer)]).toEqual([{ order: null }, 'FORBIDDEN'])
    })
    it('products: all', async () => expect((await ask('admin', product)).errors).toBeUndefined())
    it('customers: nobody', async () => {
      expect(codesOf(await ask('admin', customer, { id: ada }))).toBe('FORBIDDEN')
    })
    it('finance: nothing', async () => {
      expect(codesOf(await ask('admin', '{ payment(id: "pay_1") { id } }'))).toBe('FORBIDDEN')
      expect(codesOf(await ask('admin', '{ financialPosting(orderId: "ord_1") { id } }'))).toBe('FORBIDDEN')
    })
  })
})
