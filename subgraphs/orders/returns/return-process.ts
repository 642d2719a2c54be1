import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import { refundEvents } from '../events.ts'
import { type KeptReturn, mayClose, refundTrackOf } from './return.ts'
import { returnEvents, returnNews } from './return-events.ts'
import { lockReturns, writeReturns } from './return-store.ts'
import { type Cause, toChangeEvent, toRefundEvent } from './tell-return.ts'

/** What one event says of one return. */
type Word = {
  readonly tenant: string
  readonly returnId: string
  readonly cause: Cause
  readonly take: (before: KeptReturn) => KeptReturn
}

const disposed = 'retail.return.disposition-recorded.v1'

/**
 * Follows what payment systems and the books say of returns, and closes those of which all is settled. A return is only looked at
 * where its id is told: most refunds are of none.
 */
export const returnProcess: Process = {
  name: 'orders.returns',
  types: [disposed, ...Object.keys(refundEvents), ...Object.keys(returnNews)],
  async decide(transaction, recorded) {
    const decided: NewEvent[] = []
    for (const [tenant, words] of groupBy(recorded.flatMap(wordsOf), (word) => word.tenant)) {
      const known = await lockReturns(transaction, tenant, [...new Set(words.map(({ returnId }) => returnId))])
      const after = new Map(known.map((one) => [one.id, one]))
      for (const { returnId, cause, take } of words) {
        const before = after.get(returnId)
        if (before === undefined) continue
        const next = follow(before, take(before), cause)
        after.set(returnId, next.after)
        decided.push(...next.events)
      }
      const changed = [...after.values()].filter((one) => !known.includes(one))
      await writeReturns(transaction, changed)
    }
    return decided
  },
}

function follow(
  before: KeptReturn,
  taken: KeptReturn,
  cause: Cause,
): { readonly after: KeptReturn; readonly events: readonly NewEvent[] } {
  const events: NewEvent[] = []
  let after = taken
  if (refundTrackOf(after) !== refundTrackOf(before)) {
    after = { ...after, version: after.version + 1 }
    // Money that came back is owed again, whatever was closed.
    if (refundTrackOf(after) !== 'SUCCEEDED') after = { ...after, closed: false }
    events.push(toRefundEvent(after, cause))
  }
  if (mayClose(after)) {
    after = { ...after, closed: true, version: after.version + 1 }
    events.push(toChangeEvent('closed', after, cause))
  }
  return { after, events }
}

function wordsOf(recorded: RecordedEvent): readonly Word[] {
  const [, , tenant = ''] = recorded.source.split('/')
  const { time, correlationId = null, id: causationId, sequence } = recorded
  const word = (returnId: string, take: Word['take']): readonly Word[] => [
    { tenant, returnId, cause: { time, correlationId, causationId }, take },
  ]
  if (recorded.type === disposed) {
    const event = parseEvent(returnEvents, recorded)
    return event === null ? [] : word(event.data.returnId, (before) => before)
  }
  const news = parseEvent(returnNews, recorded)
  if (news !== null) {
    const { returnId, state, returnVersion, refunds } = news.data
    return word(returnId, (before) =>
      (before.posted?.sequence ?? 0) >= sequence
        ? before
        : { ...before, posted: { sequence, state, version: returnVersion, refunds } },
    )
  }
  // Most refunds are of no return: that is seen before anything is parsed.
  if (typeof recorded.data.returnId !== 'string') return []
  const refund = parseEvent(refundEvents, recorded)
  const { returnId, refundId, state, amountMinor, currency } = refund?.data ?? {}
  if (returnId == null || refundId == null || state == null || currency == null) return []
  return word(returnId, (before) => {
    if (before.refunds.some((one) => one.id === refundId && one.sequence >= sequence)) return before
    const others = before.refunds.filter(({ id }) => id !== refundId)
    return {
      ...before,
      refunds: [...others, { id: refundId, sequence, state, amountMinor: amountMinor ?? '0', currency }],
    }
  })
}
