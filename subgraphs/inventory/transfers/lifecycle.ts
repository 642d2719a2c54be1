import { type Decision, type KeptTransfer, stateOf, type TransferState } from './transfer.ts'

/** What may become of a transfer; anything else is refused. What is received in parts stays PARTIALLY_RECEIVED meanwhile. */
export const transitions: Readonly<Record<TransferState, readonly TransferState[]>> = {
  DRAFT: ['REQUESTED', 'CANCELLED'],
  REQUESTED: ['APPROVED', 'CANCELLED'],
  APPROVED: ['DISPATCHED', 'CANCELLED'],
  CANCELLED: [],
  DISPATCHED: ['PARTIALLY_RECEIVED', 'RECEIVED', 'SHORT'],
  PARTIALLY_RECEIVED: ['RECEIVED', 'SHORT'],
  RECEIVED: [],
  SHORT: [],
}

/** A step that is not one of what arrived. */
export type Step = {
  readonly to: 'REQUESTED' | 'APPROVED' | 'CANCELLED' | 'DISPATCHED'
  readonly expectedVersion: number
  readonly decision: Decision
  /** RFC 3339: when it happened. */
  readonly at: string
  /** Of DISPATCHED; null: as it was planned. */
  readonly expectedAt: string | null
}

export type StepRefusal =
  | { readonly kind: 'version-conflict'; readonly currentVersion: number }
  | { readonly kind: 'illegal-step'; readonly state: TransferState }

/** The transfer after a step, of which nothing else is checked than that it is legal and meant for this version. */
export function takeStep(
  before: KeptTransfer,
  step: Step,
): { readonly kind: 'taken'; readonly after: KeptTransfer } | StepRefusal {
  const { to, expectedVersion, decision, at } = step
  if (before.version !== expectedVersion) return { kind: 'version-conflict', currentVersion: before.version }
  const state = stateOf(before)
  if (!transitions[state].includes(to)) return { kind: 'illegal-step', state }
  const after = { ...before, stage: to, decision, version: before.version + 1 }
  if (to === 'CANCELLED') return { kind: 'taken', after: { ...after, closedAt: at } }
  if (to !== 'DISPATCHED') return { kind: 'taken', after }
  const lines = before.lines.map((line) => ({ ...line, dispatched: line.quantity }))
  const expectedAt = step.expectedAt ?? before.expectedAt
  return { kind: 'taken', after: { ...after, lines, dispatchedAt: at, expectedAt } }
}
