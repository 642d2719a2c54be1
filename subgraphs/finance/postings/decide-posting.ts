import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import { formatDecimal } from '../../../platform/money.ts'
import { accounts, type KeptPosting, postingIdOf } from './posting.ts'
import type { journalEvents } from './posting-events.ts'
import { applyRule, type Carried } from './posting-rules.ts'
import type { Terms } from './posting-terms.ts'
import type { Asked } from './what-is-posted.ts'

export type JournalEvent = EventOf<typeof journalEvents>

export function createPosting(tenant: string, { id, returnId, orderId, about, cause }: Asked): KeptPosting {
  return {
    ...{ id, tenant, returnId, orderId, rule: about.rule, sourceEventId: cause.causationId, at: cause.time, about },
    ...{ stage: null, waitsFor: [], lines: [], rate: null, journalEntryId: null, heard: {}, reason: null, version: 0 },
  }
}

/**
 * What its rule makes of what is known now. One that waits for nothing is not changed any more: what was told is corrected by whoever
 * keeps the books. @returns the same object where nothing changed
 */
export function decidePosting(
  before: KeptPosting,
  terms: Terms,
  postingOf: (id: string) => KeptPosting | null,
): KeptPosting {
  const { about, orderId, at } = before
  const { needed, waitsFor, lines, rate } = applyRule(about, {
    cost: terms.costOf(orderId),
    entityCurrencyOf: terms.entityCurrencyOf,
    rateBetween: (from, to) => terms.rateBetween(from, to, at),
    carried: about.rule === 'P9B' ? carriedBy(about.receiptId, postingOf) : null,
  })
  const stage = !needed ? null : waitsFor.length > 0 ? 'WAITING' : 'PENDING'
  const same = before.version > 0 && stage === before.stage && waitsFor.join() === before.waitsFor.join()
  return same ? before : { ...before, stage, waitsFor, lines, rate, version: before.version + 1 }
}

/** What the units of a receipt stand in the books with: in the currency of where they are, if they were moved there. */
function carriedBy(receiptId: string, postingOf: (id: string) => KeptPosting | null): Carried | null {
  const [cost, there] = [postingOf(postingIdOf('P9A', receiptId)), postingOf(postingIdOf('P15', receiptId))]
  const from = there?.stage == null ? cost : there
  if (from?.stage == null || !('quantity' in from.about)) return null
  if (from.waitsFor.length > 0) return { waitsFor: from.waitsFor }
  const line = from.lines.find(({ account, side }) => account === accounts.returnsInInspection && side === 'DEBIT')
  // Confirmed without our lines: its amount is the finance system's alone.
  if (line === undefined) return null
  return { amountMinor: BigInt(line.amountMinor), currency: line.currency, quantity: from.about.quantity }
}

/** What a finance system made of it; heard again, nothing. It posts what it knows even of one that waits here: then it is the one to know. */
export function confirm(before: KeptPosting, { type, data, recorded: { sequence } }: JournalEvent): KeptPosting {
  const { entryId: journalEntryId, currency, amountMinor } = data
  if ((before.heard[journalEntryId] ?? 0) >= sequence) return before
  const heard = { ...before.heard, [journalEntryId]: sequence }
  const next = { ...before, journalEntryId, heard, version: before.version + 1 }
  if (type !== 'retail.finance.journal-posted.v1') {
    const reason = data.reason ?? (type === 'retail.finance.journal-reversed.v1' ? 'reversed' : 'rejected')
    return { ...next, stage: 'REJECTED', reason }
  }
  const told = before.lines
    .filter((line) => line.side === 'DEBIT' && line.currency === currency)
    .reduce((sum, line) => sum + BigInt(line.amountMinor), 0n)
  if (before.lines.length > 0 && told !== BigInt(amountMinor)) {
    const [got, wanted] = [formatDecimal(BigInt(amountMinor), currency), formatDecimal(told, currency)]
    return { ...next, stage: 'REJECTED', reason: `posted ${got} ${currency}, told was ${wanted} ${currency}` }
  }
  return { ...next, stage: 'CONFIRMED', waitsFor: [], reason: null }
}
