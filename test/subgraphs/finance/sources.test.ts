import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { financeSources } from '../../../subgraphs/finance/sources.ts'
import { createMemoryIdentities } from '../../support/identity-resolver.ts'
import { captured, invoiceDocument, journalDocument, paymentDocument, posted, refundDocument } from './documents.ts'

function given(kind: string, previous: JsonObject | null = null) {
  const source = financeSources.find((candidate) => candidate.kind === kind)
  const context = { tenant: 't', ids: createMemoryIdentities(), previous }
  return (data: JsonObject | null) =>
    source?.normalize({ system: 'psp', kind, key: '7', data, receivedAt: '2026-10-01T00:00:00.000Z' }, context) ?? []
}

function told(kind: string, previous: JsonObject | null, data: JsonObject | null) {
  return given(
    kind,
    previous,
  )(data).map(({ type, time, data: { state, amountMinor } }) => [type, time, state, amountMinor])
}

const authorizedFact = ['retail.payment.authorized.v1', '2026-09-01T10:00:00.000Z', 'AUTHORIZED', '5000']
const capturedFact = ['retail.payment.captured.v1', '2026-09-02T10:00:00.000Z', 'CAPTURED', '5000']
const received = '2026-10-01T00:00:00.000Z'

describe('payment documents', () => {
  it('tell each step on the way to where the payment stands, at its own time', () => {
    const refunded = paymentDocument('1', { ...captured, status: 'PARTIALLY_REFUNDED', refunded: '20.00' })
    expect(told('payment', null, refunded)).toEqual([
      authorizedFact,
      capturedFact,
      ['retail.payment.refunded.v1', received, 'PARTIALLY_REFUNDED', '2000'],
    ])
    expect(told('payment', null, paymentDocument('1'))).toEqual([authorizedFact])
    expect(told('payment', null, paymentDocument('1', { status: 'FAILED', authorizedAt: null }))).toEqual([
      ['retail.payment.failed.v1', received, 'FAILED', '5000'],
    ])
  })

  it('tell only what is new since the last', () => {
    expect(told('payment', paymentDocument('1'), paymentDocument('1', captured))).toEqual([capturedFact])
    const disputed = paymentDocument('1', { ...captured, status: 'DISPUTED' })
    const settled = paymentDocument('1', { ...captured, status: 'SETTLED' })
    expect(told('payment', disputed, settled)).toEqual([['retail.payment.settled.v1', received, 'SETTLED', '5000']])
  })

  it('carry the whole payment and the ids it belongs to', () => {
    const [event] = given('payment')(paymentDocument('1'))
    expect(event?.data).toEqual({
      paymentId: 'payment:psp:7',
      orderId: 'order:order-number:1',
      formerOrderId: null,
      psp: 'adyen',
      pspReference: 'psp-1',
      method: 'visa',
      currency: 'EUR',
      state: 'AUTHORIZED',
      amountMinor: '5000',
      authorizedMinor: '5000',
      capturedMinor: '0',
      refundedMinor: '0',
      authorizedAt: '2026-09-01T10:00:00.000Z',
      capturedAt: null,
      origin: { system: 'psp', occurredAt: '2026-09-01T10:00:00.000Z', receivedAt: received },
    })
  })

  it('whose details alone changed are amendments, and those that went away change nothing', () => {
    const [event, ...rest] = given('payment', paymentDocument('1'))(paymentDocument('2', { pspReference: 'psp-1' }))
    expect(rest).toEqual([])
    expect(event).toMatchObject({
      type: 'retail.payment.amended.v1',
      time: received,
      data: { orderId: 'order:order-number:2', formerOrderId: 'order:order-number:1', state: 'AUTHORIZED' },
    })
    expect(told('payment', paymentDocument('1'), null)).toEqual([])
  })

  it('are refused with the field, its value and what is allowed', () => {
    const refused = (overrides: JsonObject) => () => given('payment')(paymentDocument('1', overrides))
    expect(refused({ authorized: '-1.00' })).toThrow(
      'Cannot read payment document of psp: authorized is "-1.00", allowed is 0 or more',
    )
    expect(refused({ captured: '1.001' })).toThrow(
      'captured is "1.001", allowed is at most 2 digits after the point for EUR',
    )
    expect(refused({ status: 'PAID' })).toThrow('status is "PAID", allowed is "INITIATED"')
    expect(refused({ order: null })).toThrow('order is null')
    expect(refused({ currency: null })).toThrow('currency is null')
  })
})

describe('journal documents', () => {
  const queued = journalDocument('1')
  it('tell each status an entry came to, and from which', () => {
    const moves = (previous: JsonObject | null, data: JsonObject) =>
      given(
        'journal-entry',
        previous,
      )(data).map(({ type, time, data: told }) => [type, time, told.formerState, told.state])
    const rejected = journalDocument('1', { status: 'REJECTED', reason: 'account is locked' })
    expect(moves(null, queued)).toEqual([
      ['retail.finance.journal-queued.v1', '2026-09-02T11:00:00.000Z', null, 'QUEUED'],
    ])
    expect(moves(queued, rejected)).toEqual([['retail.finance.journal-rejected.v1', received, 'QUEUED', 'REJECTED']])
    expect(moves(rejected, journalDocument('1', posted))).toEqual([
      ['retail.finance.journal-posted.v1', '2026-09-02T11:10:00.000Z', 'REJECTED', 'POSTED'],
    ])
    expect(moves(queued, journalDocument('1', { documentRef: 'INV-2' }))).toEqual([
      ['retail.finance.journal-amended.v1', received, 'QUEUED', 'QUEUED'],
    ])
    expect(given('journal-entry', queued)(null)).toEqual([])
  })

  it('carry the whole entry and its order', () => {
    expect(given('journal-entry', journalDocument('1'))(journalDocument('2', posted))[0]).toMatchObject({
      partitionKey: 'order:order-number:2',
      data: {
        entryId: 'journal-entry:psp:7',
        orderId: 'order:order-number:2',
        formerOrderId: 'order:order-number:1',
        number: 'J-2',
        rule: 'REVENUE',
        documentRef: 'INV-2',
        amountMinor: '5000',
        postedAt: '2026-09-02T11:10:00.000Z',
      },
    })
  })

  it('are refused when they make no sense, or step back', () => {
    const refused =
      (overrides: JsonObject, previous: JsonObject | null = null) =>
      () =>
        given('journal-entry', previous)(journalDocument('1', overrides))
    expect(refused({ status: 'POSTED' })).toThrow(
      'postedAt is missing, allowed is a time when POSTED or REVERSED, else none',
    )
    expect(refused({ ...posted, status: 'QUEUED' })).toThrow('postedAt is "2026-09-02T11:10:00.000Z"')
    expect(refused({ amount: '-1' })).toThrow('amount is "-1", allowed is 0 or more')
    expect(refused({}, journalDocument('1', posted))).toThrow(
      'Cannot read journal-entry document of psp: status is QUEUED after POSTED, allowed is POSTED, REVERSED',
    )
  })
})

describe('refund and invoice documents', () => {
  it('tell a refund when it was created, and its changes when they were received', () => {
    const succeeded = refundDocument('1', { status: 'SUCCEEDED' })
    expect(told('refund', null, refundDocument('1'))).toEqual([
      ['retail.refund.submitted.v1', '2026-09-10T10:00:00.000Z', 'SUBMITTED', '2000'],
    ])
    expect(told('refund', refundDocument('1'), succeeded)).toEqual([
      ['retail.refund.succeeded.v1', received, 'SUCCEEDED', '2000'],
    ])
    expect(told('refund', succeeded, refundDocument('1', { status: 'SUCCEEDED', reason: 'torn' }))).toEqual([
      ['retail.refund.amended.v1', received, 'SUCCEEDED', '2000'],
    ])
    expect(given('refund')(refundDocument('1'))[0]).toMatchObject({
      partitionKey: 'payment:adyen:psp-1',
      data: { orderId: 'order:order-number:1', paymentId: 'payment:adyen:psp-1', currency: 'EUR', reason: 'too small' },
    })
  })

  it('tell that an order was invoiced before anything else of the invoice', () => {
    const invoiced = ['retail.order.invoiced.v1', '2026-09-02T11:00:00.000Z', 'ISSUED', '5000']
    const paid = ['retail.invoice.paid.v1', received, 'PAID', '5000']
    expect(told('invoice', null, invoiceDocument('1', { status: 'PAID' }))).toEqual([invoiced, paid])
    expect(told('invoice', invoiceDocument('1'), invoiceDocument('1', { status: 'PAID' }))).toEqual([paid])
  })

  it('are refused with the field, its value and what is allowed', () => {
    expect(() => given('refund')(refundDocument('1', { createdAt: 'yesterday' }))).toThrow(
      'Cannot read refund document of psp: createdAt is "yesterday", allowed is RFC 3339',
    )
    expect(() => given('invoice')(invoiceDocument('1', { total: '1,50' }))).toThrow(
      'total is "1,50", allowed is a decimal',
    )
    expect(() => given('invoice')(invoiceDocument('1', { number: null }))).toThrow(
      'number is null, allowed is a string',
    )
  })
})
