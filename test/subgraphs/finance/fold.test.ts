import { describe, expect, it } from 'vitest'
import { foldPayment, type PaymentFact } from '../../../subgraphs/finance/fold.ts'
import { summarizePayments } from '../../../subgraphs/finance/payment-summary.ts'
import {
  invoiceTransitions,
  type PaymentState,
  type PostingStatus,
  paymentTransitions,
  postingTransitions,
  reaches,
  refundTransitions,
} from '../../../subgraphs/finance/state-machines.ts'

function fact(
  sequence: number,
  day: number,
  state: PaymentState,
  amounts: readonly [number, number, number],
): PaymentFact {
  const time = `2026-09-0${day}T00:00:00.000Z`
  const [authorizedMinor, capturedMinor, refundedMinor] = amounts.map(String)
  return {
    paymentId: 'pay_1',
    orderId: 'ord_1',
    formerOrderId: null,
    psp: 'adyen',
    pspReference: 'x',
    method: 'visa',
    state,
    currency: 'EUR',
    amountMinor: '0',
    authorizedMinor: authorizedMinor ?? '0',
    capturedMinor: capturedMinor ?? '0',
    refundedMinor: refundedMinor ?? '0',
    authorizedAt: state === 'AUTHORIZED' ? time : null,
    capturedAt: state === 'CAPTURED' ? time : null,
    origin: { system: 'psp', occurredAt: time, receivedAt: time },
    sequence,
    time,
  }
}

describe('a payment', () => {
  it('goes where its facts lead', () => {
    const facts = [fact(1, 1, 'AUTHORIZED', [50, 0, 0]), fact(2, 2, 'CAPTURED', [50, 50, 0])]
    expect(foldPayment(facts)).toMatchObject({
      state: 'CAPTURED',
      authorizedMinor: '50',
      capturedMinor: '50',
      authorizedAt: '2026-09-01T00:00:00.000Z',
      capturedAt: '2026-09-02T00:00:00.000Z',
    })
  })

  it('is not moved back by a fact that arrives late', () => {
    const facts = [fact(1, 2, 'CAPTURED', [50, 50, 0]), fact(2, 1, 'AUTHORIZED', [50, 0, 0])]
    expect(foldPayment(facts)).toMatchObject({
      state: 'CAPTURED',
      capturedMinor: '50',
      authorizedAt: '2026-09-01T00:00:00.000Z',
    })
  })

  it('is not moved by what cannot follow, whatever its time', () => {
    const facts = [fact(1, 1, 'VOIDED', [50, 0, 0]), fact(2, 2, 'CAPTURED', [50, 50, 0])]
    expect(foldPayment(facts)).toMatchObject({ state: 'VOIDED', capturedMinor: '0' })
  })

  it('may skip states its source did not tell of', () => {
    const facts = [fact(1, 1, 'INITIATED', [0, 0, 0]), fact(2, 2, 'SETTLED', [50, 50, 0])]
    expect(foldPayment(facts).state).toBe('SETTLED')
  })

  it('comes back from a dispute that was won', () => {
    const settled = (sequence: number) => fact(sequence, sequence, 'SETTLED', [50, 50, 0])
    expect(foldPayment([settled(1), fact(2, 2, 'DISPUTED', [50, 50, 0]), settled(3)]).state).toBe('SETTLED')
  })
})

describe('the state machines', () => {
  it('lead only forward', () => {
    expect(reaches<PaymentState>(paymentTransitions, 'AUTHORIZED', 'REFUNDED')).toBe(true)
    expect(reaches<PaymentState>(paymentTransitions, 'CAPTURED', 'AUTHORIZED')).toBe(false)
    expect(reaches<PaymentState>(paymentTransitions, 'VOIDED', 'CAPTURED')).toBe(false)
    expect(reaches<PaymentState>(paymentTransitions, 'EXPIRED', 'EXPIRED')).toBe(true)
    expect(reaches<keyof typeof refundTransitions>(refundTransitions, 'FAILED', 'SUCCEEDED')).toBe(true)
    expect(reaches<keyof typeof refundTransitions>(refundTransitions, 'REVERSED', 'SUCCEEDED')).toBe(false)
    expect(reaches<keyof typeof invoiceTransitions>(invoiceTransitions, 'PAID', 'ISSUED')).toBe(false)
    expect(reaches<PostingStatus>(postingTransitions, 'REJECTED', 'POSTED')).toBe(true)
    expect(reaches<PostingStatus>(postingTransitions, 'POSTED', 'REJECTED')).toBe(false)
  })
})

describe('the payment summary', () => {
  const paid = (state: PaymentState, amounts: readonly [number, number, number]) => fact(1, 1, state, amounts)

  it('adds up what was paid by several means', () => {
    expect(summarizePayments([paid('CAPTURED', [30, 30, 0]), paid('AUTHORIZED', [20, 0, 0])])).toEqual({
      state: 'PARTIALLY_CAPTURED',
      currency: 'EUR',
      authorizedMinor: '50',
      capturedMinor: '30',
      refundedMinor: '0',
    })
  })

  it('leaves out what came to nothing, unless there is nothing else', () => {
    expect(summarizePayments([paid('FAILED', [50, 0, 0]), paid('CAPTURED', [50, 50, 0])])).toMatchObject({
      state: 'CAPTURED',
      authorizedMinor: '50',
    })
    expect(summarizePayments([paid('FAILED', [50, 0, 0])])?.state).toBe('FAILED')
    expect(summarizePayments([])).toBeNull()
  })

  it('says how much went back', () => {
    expect(summarizePayments([paid('PARTIALLY_REFUNDED', [50, 50, 20])])?.state).toBe('PARTIALLY_REFUNDED')
    expect(summarizePayments([paid('REFUNDED', [50, 50, 50]), paid('REFUNDED', [5, 5, 5])])?.state).toBe('REFUNDED')
    expect(summarizePayments([paid('SETTLED', [5, 5, 0]), paid('DISPUTED', [5, 5, 0])])?.state).toBe('DISPUTED')
  })

  it('gives no sum over different currencies', () => {
    const dollars = { ...paid('CAPTURED', [5, 5, 0]), currency: 'USD' }
    expect(summarizePayments([paid('CAPTURED', [5, 5, 0]), dollars])).toBeNull()
  })
})
