import type { z } from 'zod'
import type { invoiceFact, journalFact, paymentFact, refundFact } from './events.ts'
import {
  foldFacts,
  type InvoiceState,
  invoiceTransitions,
  type PaymentState,
  type PostingStatus,
  paymentTransitions,
  postingTransitions,
  type RefundState,
  refundTransitions,
} from './state-machines.ts'

/** When a fact happened and its place in the thing's own sequence. */
type Told = { readonly time: string; readonly sequence: number }

export type PaymentFact = z.output<typeof paymentFact> & Told
export type RefundFact = z.output<typeof refundFact> & Told
export type InvoiceFact = z.output<typeof invoiceFact> & Told
export type JournalFact = z.output<typeof journalFact> & Told

// State and amounts follow the accepted facts; what merely describes follows the newest word of the source.

export function foldPayment(facts: readonly PaymentFact[]) {
  const { current, history } = foldFacts<PaymentState, PaymentFact>(paymentTransitions, facts)
  const { orderId, psp, pspReference, method, currency, origin } = newestOf(facts)
  const { state, authorizedMinor, capturedMinor, refundedMinor } = current
  return {
    ...{ orderId, psp, pspReference, method, currency, state, authorizedMinor, capturedMinor, refundedMinor },
    authorizedAt: current.authorizedAt ?? firstOf(history.map((fact) => fact.authorizedAt)),
    capturedAt: current.capturedAt ?? firstOf(history.map((fact) => fact.capturedAt)),
    origin: { ...origin, occurredAt: current.origin.occurredAt },
  }
}

export function foldRefund(facts: readonly RefundFact[]) {
  const { current } = foldFacts<RefundState, RefundFact>(refundTransitions, facts)
  const { orderId, paymentId, reason, createdAt, currency, origin } = newestOf(facts)
  const { state, amountMinor } = current
  return {
    ...{ orderId, paymentId, amountMinor, currency, state, reason, createdAt },
    origin: { ...origin, occurredAt: current.origin.occurredAt },
  }
}

export function foldInvoice(facts: readonly InvoiceFact[]) {
  const { current } = foldFacts<InvoiceState, InvoiceFact>(invoiceTransitions, facts)
  const { orderId, number, issuedAt, currency, amountMinor, origin } = newestOf(facts)
  return {
    ...{ orderId, number, issuedAt, currency, amountMinor, state: current.state },
    origin: { ...origin, occurredAt: current.origin.occurredAt },
  }
}

export function foldJournalEntry(facts: readonly JournalFact[]) {
  const { current } = foldFacts<PostingStatus, JournalFact>(postingTransitions, facts)
  const { orderId, number, rule, documentRef, currency, createdAt, origin } = newestOf(facts)
  const { state, amountMinor, reason, postedAt } = current
  return {
    ...{ orderId, number, rule, documentRef, currency, amountMinor, state, reason, createdAt, postedAt },
    origin: { ...origin, occurredAt: current.origin.occurredAt },
  }
}

function newestOf<F extends Told>(facts: readonly F[]): F {
  return facts.reduce((newest, fact) => (fact.sequence > newest.sequence ? fact : newest))
}

function firstOf(times: readonly (string | null)[]): string | null {
  return times.find((time) => time !== null) ?? null
}
