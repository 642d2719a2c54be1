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
describe('who may have what: storefronts, service desk, stores', () => {
  let signedIn: SignedIn
  let ada: string
  let centre: string
  const ask = (...asked: Parameters<SignedIn['ask']>) => signedIn.ask(...asked)
  beforeAll(async () => {
    signedIn = await startSignedIn()
    ada = signedIn.ada
    centre = signedIn.centre
  }, 180_000)
  afterAll(() => signedIn[Symbol.asyncDispose]())

  describe('anonymous storefront', () => {
    it('inventory: what may be sold, in bands above ten; no positions', async () => {
      const answer = await ask('anonymous', stock)
      const { ats } = answer.data.variantsBySku[0].availability
      expect(ats <= 10 || [11, 20, 50, 100, 500, 1_000].includes(ats)).toBe(true)
      expect(positionsOf(answer)).toBeNull()
      expect(answer.errors).toMatchObject([
        { path: ['variantsBySku', 0, 'positions'], extensions: { code: 'FORBIDDEN' } },
      ])
    })
    it('orders: none', async () => {
      const answer = await ask('anonymous', order, adas)
      expect([answer.data, codesOf(answer)]).toEqual([{ order: null }, 'FORBIDDEN'])
      expect([(await ask('anonymous', list)).data, codesOf(await ask('anonymous', list))]).toEqual([
        { orders: null },
        'FORBIDDEN',
      ])
    })
    it('products: all that is published, with prices', async () => {
      const answer = await ask('anonymous', product)
      expect(answer.errors).toBeUndefined()
      expect(answer.data.variantsBySku[0].price.amount.currency).toBe('EUR')
    })
    it('customers: nobody', async () => {
      expect((await ask('anonymous', customer, { id: ada })).data).toEqual({ customer: null })
      expect(codesOf(await ask('anonymous', finding))).toBe('FORBIDDEN')
    })
    it('finance: nothing', async () => {
      expect(codesOf(await ask('anonymous', '{ invoice(number: "R-1") { id } payment(id: "pay_1") { id } }'))).toBe(
        'FORBIDDEN',
      )
    })
  })

  describe('shopper', () => {
    it('inventory: as the anonymous storefront', async () => {
      const answer = await ask('shopper', stock)
      expect(positionsOf(answer)).toBeNull()
      expect(codesOf(answer)).toBe('FORBIDDEN')
    })
    it('orders: their own, with their address, without the internal timeline and costs', async () => {
      expect((await ask('shopper', order, adas)).data.order).toMatchObject({
        number: 'O-1000001',
        shipTo: { line1: expect.not.stringContaining('•') },
      })
      const inside = await ask('shopper', timeline, adas)
      expect(inside.data.order.timeline).toBeNull()
      expect(inside.data.order.shipments[0].cost).toBeNull()
      expect(codesOf(inside)).toBe('FORBIDDEN')
    })
    it('orders: nobody else’s', async () => {
      expect((await ask('shopper', order, amazons)).data).toEqual({ order: null })
      expect((await ask('stranger', order, adas)).data).toEqual({ order: null })
      const own = (await ask('shopper', list)).data.orders.edges
      expect(own).toHaveLength(4)
      expect(new Set(own.map((edge: { node: { customer: { id: string } } }) => edge.node.customer.id))).toEqual(
        new Set([ada]),
      )
      expect((await ask('stranger', list)).data.orders.edges).toEqual([])
    })
    it('products: as the anonymous storefront', async () => {
      expect((await ask('shopper', product)).errors).toBeUndefined()
    })
    it('customers: themselves in clear, nobody else, no search', async () => {
      const { data } = await ask('shopper', customer, { id: ada })
      expect(data.customer.displayName).toBe('A. Lind')
      expect(data.customer.identifiers).toContainEqual({ kind: 'EMAIL', value: 'ada.lind@example.com' })
      expect((await ask('stranger', customer, { id: ada })).data).toEqual({ customer: null })
      expect(codesOf(await ask('shopper', finding))).toBe('FORBIDDEN')
    })
    it('finance: receipts of their own orders', async () => {
      const { data, errors } = await ask('shopper', money, adas)
      expect(errors).toBeUndefined()
      expect(data.order.payments.length).toBeGreaterThan(0)
      expect(data.order.paymentSummary.state).toMatch(/CAPTURED|SETTLED/)
      expect((await ask('stranger', money, adas)).data).toEqual({ order: null })
      const posting = await ask('shopper', journal, adas)
      expect([posting.data.order.journalEntries, codesOf(posting)]).toEqual([null, 'FORBIDDEN'])
    })
  })

  describe('service desk', () => {
    it('inventory: every position, exactly', async () => {
      const answer = await ask('agent', stock)
      expect(answer.errors).toBeUndefined()
      expect(positionsOf(answer)?.length).toBeGreaterThan(1)
    })
    it('orders: all, with the timeline, without costs, addresses masked', async () => {
      expect((await ask('agent', order, adas)).data.order.shipTo).toMatchObject({ line1: '•••' })
      const inside = await ask('agent', timeline, amazons)
      expect(inside.data.order.timeline.edges).toHaveLength(1)
      expect(inside.data.order.shipments[0].cost).toBeNull()
      expect((await ask('agent', list)).data.orders.edges.length).toBe(100)
    })
    it('products: all', async () => expect((await ask('agent', product)).errors).toBeUndefined())
    it('customers: anyone, masked', async () => {
      const { data } = await ask('agent', customer, { id: ada })
      expect(data.customer.displayName).toBe('A••• L•••')
      expect(data.customer.identifiers).toContainEqual({ kind: 'EMAIL', value: 'a•••@e•••.com' })
      expect(data.customer.identifiers).toContainEqual({ kind: 'PHONE', value: '•••67' })
      expect(JSON.stringify(data)).not.toContain('ada.lind')
    })
    it('finance: payment state of any order', async () => {
      expect((await ask('agent', money, amazons)).errors).toBeUndefined()
      expect(codesOf(await ask('agent', journal, amazons))).toBe('FORBIDDEN')
    })
  })

  describe('store associate', () => {
    it('inventory: positions of their own store, and what the network may sell', async () => {
      const answer = await ask('associate', stock)
      expect(answer.errors).toBeUndefined()
      expect(answer.data.variantsBySku[0].availability.status).toBeDefined()
      expect(positionsOf(answer)).toEqual([centre])
    })
    it('orders: those their store handles', async () => {
      expect((await ask('associate', order, adas)).data.order.number).toBe('O-1000001')
      expect((await ask('otherAssociate', order, adas)).data).toEqual({ order: null })
    })
    it('orders: those sold in their store, though no parcel left it, with what was paid', async () => {
      const atTheTill = { number: 'O-1000003' }
      const { data } = await ask('cashier', money, atTheTill)
      expect(data.order.payments.length).toBeGreaterThan(0)
      expect((await ask('cashier', order, adas)).data).toEqual({ order: null })
      expect((await ask('associate', order, atTheTill)).data).toEqual({ order: null })
      expect((await ask('otherAssociate', money, atTheTill)).data).toEqual({ order: null })
    })
    it('products: all', async () => expect((await ask('associate', product)).errors).toBeUndefined())
    it('customers: looked up, masked', async () => {
      expect((await ask('associate', finding)).data.customerByIdentifier.id).toBe(ada)
      expect((await ask('associate', customer, { id: ada })).data.customer.displayName).toBe('A••• L•••')
    })
    it('finance: of orders their store handles', async () => {
      expect((await ask('associate', money, adas)).data.order.payments.length).toBeGreaterThan(0)
      expect((await ask('otherAssociate', money, adas)).data).toEqual({ order: null })
      expect(codesOf(await ask('associate', journal, adas))).toBe('FORBIDDEN')
    })
  })
})
