import type { AcknowledgementFact, OrderFacts } from './order-facts.ts'

export const acknowledgementStates = ['PENDING', 'PARTIALLY_ACKNOWLEDGED', 'ACKNOWLEDGED', 'REJECTED'] as const
export type AcknowledgementState = (typeof acknowledgementStates)[number]

/** quantity = acknowledged + rejected + pending */
export type LineAcknowledgement = {
  readonly state: AcknowledgementState
  readonly acknowledged: number
  readonly rejected: number
  readonly pending: number
  /** Of the newest rejection. */
  readonly reason: string | null
}

export type OrderAcknowledgement = {
  readonly state: AcknowledgementState
  /** Units that the channel was told nothing of. */
  readonly pending: number
  /** When it was last told; null: never. */
  readonly acknowledgedAt: string | null
}

export type Acknowledged = {
  readonly ackDeadline: string | null
  /** null: the channel asks for none. */
  readonly order: OrderAcknowledgement | null
  readonly lines: ReadonlyMap<string, LineAcknowledgement>
}

/** What a channel was told of an order's lines, from all its acknowledgements: each carries what it alone is about. */
export function acknowledgedOf({ content, acknowledgements = [] }: OrderFacts): Acknowledged {
  const told = acknowledgements.toSorted((a, b) => (a.at === b.at ? a.sequence - b.sequence : a.at < b.at ? -1 : 1))
  const ackDeadline = content?.acknowledgeBy ?? told.findLast(({ deadline }) => deadline !== null)?.deadline ?? null
  if (content === null || (ackDeadline === null && told.length === 0)) {
    return { ackDeadline, order: null, lines: new Map() }
  }
  const lines = new Map(content.lines.map(({ lineId, quantity }) => [lineId, lineOf(lineId, quantity, told)]))
  const sum = (of: 'acknowledged' | 'rejected' | 'pending') =>
    [...lines.values()].reduce((total, line) => total + line[of], 0)
  const [acknowledged, rejected, pending] = [sum('acknowledged'), sum('rejected'), sum('pending')]
  const state = stateOf({ acknowledged, rejected, pending })
  return { ackDeadline, order: { state, pending, acknowledgedAt: told.at(-1)?.at ?? null }, lines }
}

/** How long after the deadline the channel was told of the last unit, or it is now; null where there is no deadline. */
export function lateSecondsOf(
  { pending, acknowledgedAt }: OrderAcknowledgement,
  ackDeadline: string | null,
  now: Date,
): number | null {
  if (ackDeadline === null) return null
  const at = pending > 0 || acknowledgedAt === null ? now.getTime() : Date.parse(acknowledgedAt)
  return Math.max(0, Math.round((at - Date.parse(ackDeadline)) / 1_000))
}

/** A channel that was told of more units than were ordered is believed as far as there are any. */
function lineOf(lineId: string, quantity: number, told: readonly AcknowledgementFact[]): LineAcknowledgement {
  const own = told.flatMap(({ lines }) => lines.filter((line) => line.lineId === lineId))
  const rejected = Math.min(
    quantity,
    own.reduce((sum, line) => sum + line.rejected, 0),
  )
  const acknowledged = Math.min(
    quantity - rejected,
    own.reduce((sum, line) => sum + line.acknowledged, 0),
  )
  const pending = quantity - rejected - acknowledged
  const reason = own.findLast((line) => line.rejected > 0)?.reason ?? null
  return { state: stateOf({ acknowledged, rejected, pending }), acknowledged, rejected, pending, reason }
}

/** A unit that is still to be told of, or was rejected beside others, makes it partial. */
function stateOf({
  acknowledged,
  rejected,
  pending,
}: Omit<LineAcknowledgement, 'state' | 'reason'>): AcknowledgementState {
  if (acknowledged + rejected === 0) return 'PENDING'
  if (pending === 0 && rejected === 0) return 'ACKNOWLEDGED'
  return pending === 0 && acknowledged === 0 ? 'REJECTED' : 'PARTIALLY_ACKNOWLEDGED'
}
