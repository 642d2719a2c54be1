import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFinance } from '../../../subgraphs/finance/index.ts'
import { shuffle } from '../../support/shuffle.ts'
import { openSubgraphWorld, type SubgraphWorld } from '../../support/subgraph-world.ts'
import { staff } from '../../support/viewers.ts'
import { captured, invoiceDocument, journalDocument, paymentDocument, posted, refundDocument } from './documents.ts'

let world: SubgraphWorld
beforeEach(async () => {
  world = await openSubgraphWorld(createFinance)
})
afterEach(() => world[Symbol.asyncDispose]())

async function orderIdOf(number: string): Promise<string> {
  const { rows } = await world.database.query<{ order_id: string }>(
    'select order_id from finance.payments where psp_reference = $1',
    [`psp-${number}`],
  )
  return rows[0]?.order_id ?? ''
}

async function askOrders(ids: readonly string[], fields: string) {
  const of = ids.map((id) => ({ __typename: 'Order', id }))
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Order { ${fields} } } }`
  return { query, of, answer: async () => (await world.ask(query, { of }))._entities }
}

describe('finance', () => {
  it('answers the payments, refunds, invoices and sum of an order', async () => {
    const payment = paymentDocument('1', { ...captured, status: 'PARTIALLY_REFUNDED', refunded: '20.00' })
    await world.deliver('payment', { 1: payment })
    await world.deliver('refund', { 1: refundDocument('1', { status: 'SUCCEEDED' }) })
    await world.deliver('invoice', { 1: invoiceDocument('1', { status: 'PAID' }) })
    const { answer } = await askOrders(
      [await orderIdOf('1'), 'ord_unknown'],
      `payments { psp pspReference method state authorized { amount currency } captured { amountMinor } refunded { amount }
         authorizedAt capturedAt provenance { system staleness } }
       refunds { amount { amount } state reason createdAt payment { pspReference } }
       invoices { number total { amount } state issuedAt }
       paymentSummary { state authorized { amount } captured { amount } refunded { amount } }`,
    )
    expect(await answer()).toEqual([
      {
        payments: [
          {
            psp: 'adyen',
            pspReference: 'psp-1',
            method: 'visa',
            state: 'PARTIALLY_REFUNDED',
            authorized: { amount: '50.00', currency: 'EUR' },
            captured: { amountMinor: '5000' },
            refunded: { amount: '20.00' },
            authorizedAt: '2026-09-01T10:00:00.000Z',
            capturedAt: '2026-09-02T10:00:00.000Z',
            provenance: { system: 'erp', staleness: 'FRESH' },
          },
        ],
        refunds: [
          {
            amount: { amount: '20.00' },
            state: 'SUCCEEDED',
            reason: 'too small',
            createdAt: '2026-09-10T10:00:00.000Z',
            payment: { pspReference: 'psp-1' },
          },
        ],
        invoices: [
          { number: 'INV-1', total: { amount: '50.00' }, state: 'PAID', issuedAt: '2026-09-02T11:00:00.000Z' },
        ],
        paymentSummary: {
          state: 'PARTIALLY_REFUNDED',
          authorized: { amount: '50.00' },
          captured: { amount: '50.00' },
          refunded: { amount: '20.00' },
        },
      },
      { payments: [], refunds: [], invoices: [], paymentSummary: null },
    ])
  })

  it('answers what is posted of an order to finance alone, and keeps what was posted when the source steps back', async () => {
    await world.deliver('payment', { 1: paymentDocument('1') })
    await world.deliver('journal-entry', {
      1: journalDocument('1', { status: 'REJECTED', reason: 'account is locked' }),
    })
    const orderId = await orderIdOf('1')
    const query = `query ($id: ID!, $of: [_Any!]!) {
      financialPosting(orderId: $id) { number rule documentRef amount { amount currency } status reason createdAt postedAt order { id } }
      _entities(representations: $of) { ... on Order { journalEntries { status provenance { system } } } } }`
    const variables = { id: orderId, of: [{ __typename: 'Order', id: orderId }] }
    const entry = {
      ...{ number: 'J-1', rule: 'REVENUE', documentRef: 'INV-1', amount: { amount: '50.00', currency: 'EUR' } },
      ...{ createdAt: '2026-09-02T11:00:00.000Z', order: { id: orderId } },
    }
    const provenance = { system: 'erp' }
    expect(await world.ask(query, variables)).toEqual({
      financialPosting: [{ ...entry, status: 'REJECTED', reason: 'account is locked', postedAt: null }],
      _entities: [{ journalEntries: [{ status: 'REJECTED', provenance }] }],
    })
    await world.deliver('journal-entry', { 1: journalDocument('1', posted) })
    await world.deliver('journal-entry', { 1: journalDocument('1') })
    expect(await world.deadLetters()).toEqual({ 1: expect.stringContaining('status is QUEUED after POSTED') })
    const answer = {
      financialPosting: [{ ...entry, ...posted, reason: null }],
      _entities: [{ journalEntries: [{ status: 'POSTED', provenance }] }],
    }
    expect((await world.tryToAsk(query, variables, staff(['finance']))).data).toEqual(answer)
    const desk = await world.tryToAsk(query, variables, staff(['service-desk']))
    expect(desk.data).toEqual({ financialPosting: null, _entities: [{ journalEntries: [] }] })
  })

  it('reads the money of 50 orders with one statement per kind, and none when nothing changed', async () => {
    const numbers = Array.from({ length: 50 }, (_, n) => `N${n}`)
    await world.deliver('payment', Object.fromEntries(numbers.map((n) => [n, paymentDocument(n, captured)])))
    await world.deliver('refund', Object.fromEntries(numbers.map((n) => [n, refundDocument(n)])))
    await world.deliver('invoice', Object.fromEntries(numbers.map((n) => [n, invoiceDocument(n)])))
    await world.deliver('journal-entry', Object.fromEntries(numbers.map((n) => [n, journalDocument(n)])))
    const { rows } = await world.database.query<{ order_id: string }>('select order_id from finance.payments')
    const fields =
      'payments { state } refunds { state payment { state } } invoices { number } journalEntries { number } paymentSummary { state }'
    const { query, of } = await askOrders(
      rows.map((row) => row.order_id),
      fields,
    )
    expect(of).toHaveLength(50)
    expect(await world.statementsOf(query, { of })).toBe(5)
    expect(await world.statementsOf(query, { of })).toBe(0)
  })

  it('shows a change at the next read, also when a payment turns out to be of another order', async () => {
    await world.deliver('payment', { 1: paymentDocument('1'), 2: paymentDocument('2') })
    const orders = [await orderIdOf('1'), await orderIdOf('2')]
    const { answer } = await askOrders(orders, 'payments { state pspReference }')
    const of = (reference: string, state: string) => ({ state, pspReference: `psp-${reference}` })
    expect(await answer()).toEqual([{ payments: [of('1', 'AUTHORIZED')] }, { payments: [of('2', 'AUTHORIZED')] }])
    await world.deliver('payment', { 1: paymentDocument('1', captured) })
    expect(await answer()).toEqual([{ payments: [of('1', 'CAPTURED')] }, { payments: [of('2', 'AUTHORIZED')] }])
    await world.deliver('payment', { 1: paymentDocument('2', { ...captured, pspReference: 'psp-1' }) })
    expect(await answer()).toEqual([{ payments: [] }, { payments: [of('1', 'CAPTURED'), of('2', 'AUTHORIZED')] }])
  })

  it('keeps its state when a source steps back', async () => {
    await world.deliver('payment', { 1: paymentDocument('1', captured) })
    await world.deliver('payment', { 1: paymentDocument('1') })
    const { answer } = await askOrders([await orderIdOf('1')], 'payments { state captured { amount } }')
    expect(await answer()).toEqual([{ payments: [{ state: 'CAPTURED', captured: { amount: '50.00' } }] }])
  })

  it('finds payments and invoices by their keys and answers entity references', async () => {
    await world.deliver('payment', { 1: paymentDocument('1') })
    await world.deliver('invoice', { 1: invoiceDocument('1') })
    const { invoice } = (await world.ask('{ invoice(number: "INV-1") { id order { id } } }')) as {
      invoice: { id: string; order: { id: string } }
    }
    expect(invoice.order.id).toBe(await orderIdOf('1'))
    await world.deliver('invoice', { 1: invoiceDocument('1', { number: 'INV-2' }) })
    const query = `query ($id: ID!, $of: [_Any!]!) {
      old: invoice(number: "INV-1") { number } byNumber: invoice(number: "INV-2") { number } byId: invoice(id: $id) { number }
      payment(id: "nothing") { id } _entities(representations: $of) { ... on Invoice { number } } }`
    const number = { number: 'INV-2' }
    expect(await world.ask(query, { id: invoice.id, of: [{ __typename: 'Invoice', id: invoice.id }] })).toEqual({
      ...{ old: null, byNumber: number, byId: number, payment: null },
      _entities: [number],
    })
    const { errors } = await world.tryToAsk('{ invoice { id } }')
    expect(errors?.[0]?.message).toBe('Cannot find an invoice: neither of id and number is given, allowed is one')
  })
})

describe('the finance read models', () => {
  it('equal a rebuild from zero, and do not depend on the order or number of deliveries', async () => {
    await world.deliver('payment', { 1: paymentDocument('1'), 2: paymentDocument('2', captured) })
    await world.deliver('refund', { 1: refundDocument('1'), 2: refundDocument('2', { status: 'DUE' }) })
    await world.deliver('invoice', { 1: invoiceDocument('1'), 2: invoiceDocument('2') })
    await world.deliver('journal-entry', { 1: journalDocument('1'), 2: journalDocument('2', posted) })
    await world.deliver('payment', { 1: paymentDocument('1', captured), 2: paymentDocument('3', captured) })
    await world.deliver('refund', { 1: refundDocument('1', { status: 'FAILED' }), 2: null })
    await world.deliver('refund', { 1: refundDocument('1', { status: 'SUCCEEDED' }) })
    await world.deliver('invoice', { 1: invoiceDocument('1', { status: 'CREDITED' }) })
    await world.deliver('journal-entry', { 1: journalDocument('1', { status: 'REJECTED' }), 2: null })
    await world.deliver('journal-entry', { 1: journalDocument('1', posted), 2: journalDocument('3', posted) })
    const before = await world.dump()
    expect(before['finance.journal_entries']).toMatchObject([{ state: 'POSTED' }, { state: 'POSTED' }])
    expect(before['finance.payments']).toMatchObject([{ state: 'CAPTURED' }, { state: 'CAPTURED' }])
    await world.rebuild()
    expect(await world.dump()).toEqual(before)
    const events = await world.events()
    for (const seed of [1, 2, 3]) {
      await world.reapply(shuffle([...events, ...events], seed))
      expect(await world.dump()).toEqual(before)
    }
  })

  it('dead-letter a bad document and take the others', async () => {
    await world.deliver('payment', { bad: paymentDocument('1', { authorized: '-5' }), good: paymentDocument('2') })
    expect(await world.deadLetters()).toEqual({ bad: expect.stringContaining('authorized is "-5"') })
    const { answer } = await askOrders([await orderIdOf('2')], 'payments { state }')
    expect(await answer()).toEqual([{ payments: [{ state: 'AUTHORIZED' }] }])
  })
})
