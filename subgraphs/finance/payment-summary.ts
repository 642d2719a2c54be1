import type { PaymentState } from './state-machines.ts'

export type SummedPayment = {
  readonly state: PaymentState
  readonly currency: string
  readonly authorizedMinor: string
  readonly capturedMinor: string
  readonly refundedMinor: string
}

/** What the summary rests on: payments that came to nothing count only when there is no other. */
const dead: readonly PaymentState[] = ['FAILED', 'VOIDED', 'EXPIRED']

/**
 * All payments of an order as one. An order paid by gift card and credit card is captured when both are.
 * @param payments by age, oldest first
 * @returns null where there are none, or where their currencies differ, since no sum would be true
 */
export function summarizePayments(payments: readonly SummedPayment[]): SummedPayment | null {
  const alive = payments.filter(({ state }) => !dead.includes(state))
  const [first] = alive
  if (first === undefined) return payments.at(-1) ?? null
  if (alive.some(({ currency }) => currency !== first.currency)) return null
  const sum = (pick: (payment: SummedPayment) => string) =>
    alive.reduce((total, payment) => total + BigInt(pick(payment)), 0n)
  const authorized = sum((payment) => payment.authorizedMinor)
  const captured = sum((payment) => payment.capturedMinor)
  const refunded = sum((payment) => payment.refundedMinor)
  return {
    state: stateOf(alive, authorized, captured, refunded),
    currency: first.currency,
    authorizedMinor: authorized.toString(),
    capturedMinor: captured.toString(),
    refundedMinor: refunded.toString(),
  }
}

function stateOf(
  payments: readonly SummedPayment[],
  authorized: bigint,
  captured: bigint,
  refunded: bigint,
): PaymentState {
  if (payments.some(({ state }) => state === 'DISPUTED')) return 'DISPUTED'
  if (refunded > 0n) return refunded >= captured ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
  if (captured > 0n && captured < authorized) return 'PARTIALLY_CAPTURED'
  if (captured > 0n) return payments.every(({ state }) => state === 'SETTLED') ? 'SETTLED' : 'CAPTURED'
  return authorized > 0n && payments.some(({ state }) => state !== 'INITIATED') ? 'AUTHORIZED' : 'INITIATED'
}
