import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import type { Change } from '../reservations/command.ts'
import type { ReservationRow } from '../reservations/legs.ts'
import type { SectionState } from '../reservations/section-state.ts'
import { type demandEvents, type EditRequested, type Refusal, toKeptEvent, toRefusedEvent } from './demand-events.ts'
import { type DemandLine, type Followed, type Following, followDemand } from './follow-demand.ts'

export type Word = EventOf<typeof demandEvents>

/** What is made of one word: what was followed, and the answer where it asks for one. */
export type Decided = { readonly followed: Followed; readonly answer: NewEvent | null }

export type Names = Pick<Following, 'keptAsOf'> & {
  /** null: there is no variant of this SKU. */
  readonly variantOf: (sku: string) => string | null
}

/** A source's word is followed as far as there is stock; what somebody asks for is kept whole, or changes nothing. */
export function decideWord(
  state: SectionState,
  rows: readonly ReservationRow[],
  word: Word,
  { variantOf, ...following }: Names & Omit<Following, 'pinned'>,
): Decided {
  // Nothing of it is missing any more, however its units were had; what is kept of it is its own affair.
  if (word.type === 'retail.order.public-status-changed.v1')
    return { followed: { ...nothing, wants: none }, answer: null }
  if (word.type !== 'retail.order.edit-requested.v1') {
    return { followed: followDemand(state, rows, word.data, { ...following, pinned: none }), answer: null }
  }
  const { data, recorded } = word
  const refuse = (reason: Refusal, { changes, shortfalls }: Followed): Decided => {
    for (const change of changes.toReversed()) state.undo(change)
    return { followed: nothing, answer: toRefusedEvent(data, reason, shortfalls, recorded, state.now) }
  }
  const after = withVariants(data, variantOf)
  if (after === null) return refuse('UNKNOWN_VARIANT', nothing)
  const followed = followDemand(state, rows, { ...data, after }, { ...following, pinned: new Set(data.pinned) })
  if (followed.stuck.length > 0) return refuse('UNITS_GONE', followed)
  if (followed.shortfalls.length > 0) return refuse('INSUFFICIENT_STOCK', followed)
  // What it says nothing of may have changed since it was asked: that stays missing as it was told.
  const wants = new Set([...(followed.wants ?? none), ...following.short])
  return { followed: { ...followed, wants }, answer: kept(data, after, recorded, state.now) }
}

const none: ReadonlySet<string> = new Set()
const nothing: Followed = { changes: [] as readonly Change[], units: [], wants: null, shortfalls: [], stuck: [] }

function withVariants({ after }: EditRequested, variantOf: Names['variantOf']): readonly DemandLine[] | null {
  const lines = after.map(({ sku, variantId, ...line }) => ({
    ...line,
    sku,
    variantId: variantId ?? (sku === null ? null : variantOf(sku)),
  }))
  return lines.some(({ sku, variantId }) => sku !== null && variantId === null) ? null : lines
}

function kept(data: EditRequested, after: readonly DemandLine[], cause: RecordedEvent, now: Date): NewEvent {
  const added = new Set(data.after.flatMap(({ lineId, sku }) => (sku === null ? [] : [lineId])))
  const named = after.flatMap(({ lineId, variantId }) =>
    variantId !== null && added.has(lineId) ? [{ lineId, variantId }] : [],
  )
  return toKeptEvent(data, named, cause, now)
}
