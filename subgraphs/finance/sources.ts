import { z } from 'zod'
import type { SourceHandler } from '../../platform/connector/connector.ts'
import {
  currencyField,
  decimalField,
  optional,
  parseDocument,
  parsePrevious,
  referenceField,
  textField,
  timestampField,
  toAmountMinor,
} from '../../platform/connector/document-fields.ts'
import { type Fact, toFactEvent } from '../../platform/connector/fact.ts'
import { invoiceStates, invoiceTypeOf, refundStates, refundTypeOf } from './events.ts'
import { journalSource } from './journal-source.ts'
import { paymentSource } from './payment-source.ts'
import { postingSources } from './postings/posting-sources.ts'

const refundDocument = z.object({
  order: referenceField,
  payment: optional(referenceField),
  returnId: optional(textField),
  amount: decimalField,
  currency: currencyField,
  status: z.enum(refundStates),
  reason: optional(textField),
  createdAt: timestampField,
})

const invoiceDocument = z.object({
  number: textField,
  order: referenceField,
  issuedAt: timestampField,
  currency: currencyField,
  total: decimalField,
  status: z.enum(invoiceStates),
})

/** Money given back, or owed back. One its source no longer has stays as it was. */
const refundSource: SourceHandler = {
  kind: 'refund',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const now = parseDocument(refundDocument, document)
    const before = parsePrevious(refundDocument, context)
    const refundId = context.ids.idOf('refund', document.system, document.key)
    const orderOf = ({ order }: typeof now) => context.ids.idOf('order', order.namespace, order.value)
    const orderId = orderOf(now)
    const paymentId = now.payment && context.ids.idOf('payment', now.payment.namespace, now.payment.value)
    const { currency, reason, createdAt, returnId, status: state } = now
    const amountMinor = toAmountMinor(document, 'amount', now.amount, currency)
    const moved = before?.status !== state
    const fact: Fact = {
      type: moved ? refundTypeOf[state] : 'retail.refund.amended.v1',
      aggregate: 'finance/refund',
      id: refundId,
      partitionKey: paymentId ?? refundId,
      data: {
        ...{ refundId, returnId, orderId, paymentId, amountMinor, currency, state, reason, createdAt },
        formerOrderId: before !== null && orderOf(before) !== orderId ? orderOf(before) : null,
      },
      occurredAt: before === null ? createdAt : null,
    }
    return [toFactEvent(fact, document, context)]
  },
}

/** A document that asks for money. One its source no longer has stays as it was. */
const invoiceSource: SourceHandler = {
  kind: 'invoice',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const now = parseDocument(invoiceDocument, document)
    const before = parsePrevious(invoiceDocument, context)
    const invoiceId = context.ids.idOf('invoice', document.system, document.key)
    const orderOf = ({ order }: typeof now) => context.ids.idOf('order', order.namespace, order.value)
    const orderId = orderOf(now)
    const { number, issuedAt, currency } = now
    const details = {
      ...{ invoiceId, orderId, number, issuedAt, currency },
      formerOrderId: before !== null && orderOf(before) !== orderId ? orderOf(before) : null,
      formerNumber: before !== null && before.number !== number ? before.number : null,
      amountMinor: toAmountMinor(document, 'total', now.total, currency),
    }
    const shared = { aggregate: 'finance/invoice', id: invoiceId }
    const factOf = (state: typeof now.status, occurredAt: string | null): Fact => ({
      ...shared,
      type: invoiceTypeOf[state],
      data: { ...details, state },
      occurredAt,
    })
    const facts: Fact[] = []
    if (before === null) facts.push(factOf('ISSUED', issuedAt))
    if (before === null ? now.status !== 'ISSUED' : before.status !== now.status) facts.push(factOf(now.status, null))
    if (facts.length === 0) {
      const data = { ...details, state: now.status }
      facts.push({ ...shared, type: 'retail.invoice.amended.v1', data, occurredAt: null })
    }
    return facts.map((fact) => toFactEvent(fact, document, context))
  },
}

export const financeSources: readonly SourceHandler[] = [
  paymentSource,
  refundSource,
  invoiceSource,
  journalSource,
  ...postingSources,
]
