import { z } from 'zod'
import type { NormalizeContext, SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
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
import { type paymentFact, paymentStates, paymentTypeOf } from './events.ts'
import type { PaymentState } from './state-machines.ts'

const paymentDocument = z.object({
  order: referenceField,
  psp: textField,
  pspReference: textField,
  method: textField,
  status: z.enum(paymentStates),
  currency: currencyField,
  authorized: decimalField,
  captured: decimalField,
  refunded: optional(decimalField),
  authorizedAt: optional(timestampField),
  capturedAt: optional(timestampField),
})

type PaymentDocument = z.output<typeof paymentDocument>
type Details = Pick<z.output<typeof paymentFact>, 'orderId' | 'psp' | 'pspReference' | 'method' | 'currency'>

/** One step of a payment's life, with the whole payment as it was then. */
type Stage = Omit<z.output<typeof paymentFact>, keyof Details | 'paymentId' | 'formerOrderId' | 'origin'>

/**
 * A payment at its provider. The document says where the payment stands; each step on the way there becomes a
 * fact of its own, once. A payment its source no longer has stays as it was: money that moved did move.
 */
export const paymentSource: SourceHandler = {
  kind: 'payment',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const now = parseDocument(paymentDocument, document)
    const before = parsePrevious(paymentDocument, context)
    const paymentId = context.ids.idOf('payment', document.system, document.key, [
      { namespace: now.psp, value: now.pspReference },
    ])
    const details = detailsOf(now, context)
    const detailsBefore = before === null ? null : detailsOf(before, context)
    const formerOrderId =
      detailsBefore !== null && detailsBefore.orderId !== details.orderId ? detailsBefore.orderId : null
    const told = new Set(before === null ? [] : stagesOf(before, document).map(signatureOf))
    const stages = stagesOf(now, document)
    const fresh = stages.filter((stage) => !told.has(signatureOf(stage)))
    const toFact = (stage: Stage): Fact => ({
      type: paymentTypeOf[stage.state],
      aggregate: 'finance/payment',
      id: paymentId,
      data: { ...details, ...stage, paymentId, formerOrderId },
      occurredAt: timeOf(stage),
    })
    const current = stages.at(-1)
    const amended = detailsBefore !== null && JSON.stringify(details) !== JSON.stringify(detailsBefore)
    const facts = fresh.map(toFact)
    if (amended && fresh.length === 0 && current !== undefined) {
      facts.push({ ...toFact(current), type: 'retail.payment.amended.v1', occurredAt: null })
    }
    return facts.map((fact) => toFactEvent(fact, document, context))
  },
}

function detailsOf(
  { order, psp, pspReference, method, currency }: PaymentDocument,
  { ids }: NormalizeContext,
): Details {
  return { orderId: ids.idOf('order', order.namespace, order.value), psp, pspReference, method, currency }
}

/** The steps a document implies, in the order they happened; the last is where the payment stands. */
function stagesOf(payment: PaymentDocument, document: SourceDocument): readonly Stage[] {
  const { currency, authorizedAt, capturedAt, status } = payment
  const authorizedMinor = toAmountMinor(document, 'authorized', payment.authorized, currency)
  const capturedMinor = toAmountMinor(document, 'captured', payment.captured, currency)
  const refundedMinor = toAmountMinor(document, 'refunded', payment.refunded ?? '0', currency)
  const authorized: Stage = {
    state: 'AUTHORIZED',
    amountMinor: authorizedMinor,
    authorizedMinor,
    capturedMinor: '0',
    refundedMinor: '0',
    authorizedAt,
    capturedAt: null,
  }
  const captured: Stage = {
    ...authorized,
    state: BigInt(capturedMinor) < BigInt(authorizedMinor) ? 'PARTIALLY_CAPTURED' : 'CAPTURED',
    amountMinor: capturedMinor,
    capturedMinor,
    capturedAt,
  }
  const current: Stage = { ...captured, state: status, amountMinor: amountOf(status), refundedMinor }

  function amountOf(state: PaymentState): string {
    if (isRefund(state)) return refundedMinor
    return isCapture(state) || BigInt(capturedMinor) > 0n ? capturedMinor : authorizedMinor
  }

  return [
    ...(authorizedAt !== null && status !== 'AUTHORIZED' && status !== 'INITIATED' ? [authorized] : []),
    ...(capturedAt !== null && !isCapture(status) && BigInt(capturedMinor) > 0n ? [captured] : []),
    current,
  ]
}

function signatureOf({ state, authorizedMinor, capturedMinor, refundedMinor }: Stage): string {
  return [state, authorizedMinor, capturedMinor, refundedMinor].join('/')
}

function timeOf({ state, authorizedAt, capturedAt }: Stage): string | null {
  if (state === 'AUTHORIZED') return authorizedAt
  return isCapture(state) ? capturedAt : null
}

function isCapture(state: PaymentState): boolean {
  return state === 'CAPTURED' || state === 'PARTIALLY_CAPTURED'
}

function isRefund(state: PaymentState): boolean {
  return state === 'REFUNDED' || state === 'PARTIALLY_REFUNDED'
}
