import { z } from 'zod'
import { factOrigin } from '../../platform/connector/fact.ts'
import type { EventOf } from '../../platform/event-log/event-schema.ts'
import {
  type InvoiceState,
  invoiceTransitions,
  type PaymentState,
  type PostingStatus,
  paymentTransitions,
  postingTransitions,
  type RefundState,
  refundTransitions,
} from './state-machines.ts'

export const paymentStates = Object.keys(paymentTransitions) as [PaymentState, ...PaymentState[]]
export const refundStates = Object.keys(refundTransitions) as [RefundState, ...RefundState[]]
export const invoiceStates = Object.keys(invoiceTransitions) as [InvoiceState, ...InvoiceState[]]
export const postingStatuses = Object.keys(postingTransitions) as [PostingStatus, ...PostingStatus[]]

const text = z.string()
const nullableText = text.nullable()
/** int64 as text: a JSON number is not exact past 2^53. */
const minorUnits = text.regex(/^-?\d{1,19}$/)

/** The whole payment as it was when the fact happened; `amountMinor` is what the fact itself is about. */
export const paymentFact = z.object({
  paymentId: text,
  orderId: text,
  /** The order it belonged to before an amendment; null where it is the same. */
  formerOrderId: nullableText,
  psp: text,
  pspReference: text,
  method: text,
  state: z.enum(paymentStates),
  currency: text,
  amountMinor: minorUnits,
  authorizedMinor: minorUnits,
  capturedMinor: minorUnits,
  refundedMinor: minorUnits,
  authorizedAt: nullableText,
  capturedAt: nullableText,
  origin: factOrigin,
})

export const refundFact = z.object({
  refundId: text,
  /** The return it is for; events of before it was told have none. */
  returnId: nullableText.default(null),
  orderId: text,
  formerOrderId: nullableText,
  paymentId: nullableText,
  amountMinor: minorUnits,
  currency: text,
  state: z.enum(refundStates),
  reason: nullableText,
  createdAt: text,
  origin: factOrigin,
})

export const invoiceFact = z.object({
  invoiceId: text,
  orderId: text,
  formerOrderId: nullableText,
  number: text,
  formerNumber: nullableText,
  issuedAt: text,
  currency: text,
  amountMinor: minorUnits,
  state: z.enum(invoiceStates),
  origin: factOrigin,
})

export const journalFact = z.object({
  entryId: text,
  /** The posting it was made of; events of before it was told have none. */
  postingId: nullableText.default(null),
  orderId: text,
  formerOrderId: nullableText,
  number: text,
  rule: text,
  documentRef: nullableText,
  currency: text,
  amountMinor: minorUnits,
  state: z.enum(postingStatuses),
  /** Where it stood before; null where it is new. */
  formerState: z.enum(postingStatuses).nullable(),
  reason: nullableText,
  createdAt: text,
  postedAt: nullableText,
  origin: factOrigin,
})

export const paymentEvents = {
  'retail.payment.initiated.v1': paymentFact,
  'retail.payment.authorized.v1': paymentFact,
  'retail.payment.captured.v1': paymentFact,
  'retail.payment.settled.v1': paymentFact,
  'retail.payment.voided.v1': paymentFact,
  'retail.payment.expired.v1': paymentFact,
  'retail.payment.failed.v1': paymentFact,
  'retail.payment.refunded.v1': paymentFact,
  'retail.payment.disputed.v1': paymentFact,
  /** Its details changed, not how far it is. */
  'retail.payment.amended.v1': paymentFact,
} as const

export const refundEvents = {
  'retail.refund.due.v1': refundFact,
  'retail.refund.approved.v1': refundFact,
  'retail.refund.submitted.v1': refundFact,
  'retail.refund.succeeded.v1': refundFact,
  'retail.refund.failed.v1': refundFact,
  'retail.refund.reversed.v1': refundFact,
  'retail.refund.alternate-given.v1': refundFact,
  'retail.refund.written-off.v1': refundFact,
  'retail.refund.cancelled.v1': refundFact,
  'retail.refund.amended.v1': refundFact,
} as const

export const invoiceEvents = {
  'retail.order.invoiced.v1': invoiceFact,
  'retail.invoice.paid.v1': invoiceFact,
  'retail.invoice.credited.v1': invoiceFact,
  'retail.invoice.cancelled.v1': invoiceFact,
  'retail.invoice.amended.v1': invoiceFact,
} as const

export const journalEvents = {
  'retail.finance.journal-drafted.v1': journalFact,
  'retail.finance.journal-ready.v1': journalFact,
  'retail.finance.journal-queued.v1': journalFact,
  'retail.finance.journal-sent.v1': journalFact,
  'retail.finance.journal-posted.v1': journalFact,
  'retail.finance.journal-rejected.v1': journalFact,
  'retail.finance.journal-parked.v1': journalFact,
  'retail.finance.journal-reversed.v1': journalFact,
  'retail.finance.journal-amended.v1': journalFact,
} as const

export type PaymentEvent = EventOf<typeof paymentEvents>
export type RefundEvent = EventOf<typeof refundEvents>
export type InvoiceEvent = EventOf<typeof invoiceEvents>
export type JournalEvent = EventOf<typeof journalEvents>

export const paymentTypeOf: Readonly<Record<PaymentState, PaymentEvent['type']>> = {
  INITIATED: 'retail.payment.initiated.v1',
  AUTHORIZED: 'retail.payment.authorized.v1',
  PARTIALLY_CAPTURED: 'retail.payment.captured.v1',
  CAPTURED: 'retail.payment.captured.v1',
  SETTLED: 'retail.payment.settled.v1',
  VOIDED: 'retail.payment.voided.v1',
  EXPIRED: 'retail.payment.expired.v1',
  FAILED: 'retail.payment.failed.v1',
  PARTIALLY_REFUNDED: 'retail.payment.refunded.v1',
  REFUNDED: 'retail.payment.refunded.v1',
  DISPUTED: 'retail.payment.disputed.v1',
}

export const refundTypeOf: Readonly<Record<RefundState, RefundEvent['type']>> = {
  DUE: 'retail.refund.due.v1',
  APPROVED: 'retail.refund.approved.v1',
  SUBMITTED: 'retail.refund.submitted.v1',
  SUCCEEDED: 'retail.refund.succeeded.v1',
  FAILED: 'retail.refund.failed.v1',
  REVERSED: 'retail.refund.reversed.v1',
  ALTERNATE: 'retail.refund.alternate-given.v1',
  WRITTEN_OFF: 'retail.refund.written-off.v1',
  CANCELLED: 'retail.refund.cancelled.v1',
}

export const invoiceTypeOf: Readonly<Record<InvoiceState, InvoiceEvent['type']>> = {
  ISSUED: 'retail.order.invoiced.v1',
  PAID: 'retail.invoice.paid.v1',
  CREDITED: 'retail.invoice.credited.v1',
  CANCELLED: 'retail.invoice.cancelled.v1',
}

export const journalTypeOf: Readonly<Record<PostingStatus, JournalEvent['type']>> = {
  DRAFT: 'retail.finance.journal-drafted.v1',
  READY: 'retail.finance.journal-ready.v1',
  QUEUED: 'retail.finance.journal-queued.v1',
  SENT: 'retail.finance.journal-sent.v1',
  POSTED: 'retail.finance.journal-posted.v1',
  REJECTED: 'retail.finance.journal-rejected.v1',
  PARKED: 'retail.finance.journal-parked.v1',
  REVERSED: 'retail.finance.journal-reversed.v1',
}
