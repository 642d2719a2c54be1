/** From each state to those that may follow it directly. Whatever is not listed is not allowed. */
export type TransitionTable<S extends string> = Readonly<Record<S, readonly S[]>>

export type PaymentState = keyof typeof paymentTransitions
export type RefundState = keyof typeof refundTransitions
export type InvoiceState = keyof typeof invoiceTransitions
export type PostingStatus = keyof typeof postingTransitions

export const paymentTransitions = {
  INITIATED: ['AUTHORIZED', 'CAPTURED', 'FAILED'],
  AUTHORIZED: ['PARTIALLY_CAPTURED', 'CAPTURED', 'VOIDED', 'EXPIRED', 'FAILED'],
  // VOIDED gives back the rest of the authorisation.
  PARTIALLY_CAPTURED: ['CAPTURED', 'PARTIALLY_REFUNDED', 'VOIDED'],
  // FAILED: a capture that its provider took back later.
  CAPTURED: ['SETTLED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'FAILED'],
  SETTLED: ['PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED'],
  PARTIALLY_REFUNDED: ['REFUNDED', 'DISPUTED'],
  DISPUTED: ['SETTLED', 'REFUNDED'],
  VOIDED: [],
  EXPIRED: [],
  FAILED: [],
  REFUNDED: [],
} as const

export const refundTransitions = {
  DUE: ['APPROVED', 'CANCELLED'],
  APPROVED: ['SUBMITTED'],
  SUBMITTED: ['SUCCEEDED', 'FAILED'],
  SUCCEEDED: ['REVERSED'],
  FAILED: ['SUBMITTED', 'ALTERNATE', 'WRITTEN_OFF'],
  REVERSED: [],
  ALTERNATE: [],
  WRITTEN_OFF: [],
  CANCELLED: [],
} as const

export const invoiceTransitions = {
  ISSUED: ['PAID', 'CREDITED', 'CANCELLED'],
  PAID: ['CREDITED'],
  CREDITED: [],
  CANCELLED: [],
} as const

export const postingTransitions = {
  DRAFT: ['READY'],
  READY: ['QUEUED'],
  QUEUED: ['SENT', 'PARKED'],
  PARKED: ['QUEUED'],
  // QUEUED: no answer came in time, so it is sent again.
  SENT: ['POSTED', 'REJECTED', 'QUEUED'],
  // READY: it was corrected.
  REJECTED: ['READY'],
  POSTED: ['REVERSED'],
  REVERSED: [],
} as const

/** Whether `to` may be reached from `from`, by states the source did not tell of as well; always from a state to itself. */
export function reaches<S extends string>(table: TransitionTable<S>, from: S, to: S): boolean {
  const seen = new Set<S>([from])
  for (const state of seen) for (const next of table[state]) seen.add(next)
  return seen.has(to)
}

type Told<S extends string> = { readonly state: S; readonly time: string; readonly sequence: number }

/**
 * Where facts leave a thing, whatever order they arrived in: taken by the time they happened, one that cannot
 * follow what is known already changes nothing, so a late fact never moves a state back.
 * @param facts one or more
 * @returns the last fact that was accepted, and the facts in the order they happened
 */
export function foldFacts<S extends string, F extends Told<S>>(
  table: TransitionTable<S>,
  facts: readonly F[],
): { readonly current: F; readonly history: readonly F[] } {
  const history = facts.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.sequence - b.sequence))
  const [first, ...rest] = history
  if (first === undefined) throw new TypeError('Cannot fold facts: there are none')
  const current = rest.reduce((known, fact) => (reaches(table, known.state, fact.state) ? fact : known), first)
  return { current, history }
}
