import { isDeepStrictEqual } from 'node:util'
import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { confirm, createPosting, decidePosting, type JournalEvent } from './decide-posting.ts'
import { accounts, type KeptPosting, type PostingNeed, postingIdOf, stageOf } from './posting.ts'
import {
  type Books,
  type Cause,
  journalEvents,
  refundEvents,
  returnEvents,
  termEvents,
  toBooksEvent,
  toPostingEvent,
} from './posting-events.ts'
import {
  readBooks,
  readPostings,
  readPostingsOfReturns,
  readWaiting,
  writeBooks,
  writePostings,
} from './posting-store.ts'
import { readTerms, type TermEvent, writeTerms } from './posting-terms.ts'
import { type Asked, aboutOfReturn, type RefundEvent, type ReturnEvent, refundRule } from './what-is-posted.ts'

type Heard = { readonly cause: Cause; readonly tenant: string } & (
  | { readonly kind: 'term'; readonly event: TermEvent }
  | { readonly kind: 'return'; readonly event: ReturnEvent }
  | { readonly kind: 'refund'; readonly event: RefundEvent }
  | { readonly kind: 'journal'; readonly event: JournalEvent }
)

/**
 * Says what is to be posted for returns, by rules and from what finance systems told; tells it, and follows what they made of it. All
 * in one transaction with the process's checkpoint, and by ids that follow from the event, so that nothing is posted twice.
 */
export const postingProcess: Process = {
  name: 'finance.return-postings',
  types: [returnEvents, termEvents, refundEvents, journalEvents].flatMap(Object.keys),
  async decide(transaction, recorded) {
    const decided: NewEvent[] = []
    for (const [tenant, heard] of groupBy(recorded.flatMap(hear), (one) => one.tenant)) {
      decided.push(...(await decideFor(transaction, tenant, heard)))
    }
    return decided
  },
}

async function decideFor(
  transaction: Transaction,
  tenant: string,
  heard: readonly Heard[],
): Promise<readonly NewEvent[]> {
  const terms = heard.flatMap((one) => (one.kind === 'term' ? [one.event] : []))
  await writeTerms(transaction, tenant, terms)
  const told = toldBy(terms)
  const waiting = await readWaiting(transaction, tenant, told)
  const books = await startBooks(transaction, tenant, heard, waiting)
  const asked = heard.flatMap((one) => askedBy(one, books))
  const journal = heard.flatMap((one) => (one.kind === 'journal' ? [one] : []))
  const named = [...asked.map(({ id }) => id), ...journal.map(({ event }) => event.data.postingId)]
  const receipts = [...asked, ...waiting].flatMap(({ about }) =>
    about.rule === 'P9B' ? [postingIdOf('P9A', about.receiptId), postingIdOf('P15', about.receiptId)] : [],
  )
  const read = await readPostings(transaction, tenant, [...new Set([...named, ...receipts])])
  const before = new Map([...waiting, ...read].map((one) => [one.id, one]))
  const after = new Map(before)
  const causes = new Map<string, Cause>()
  const lastCause = heard.at(-1)?.cause
  const termCause = heard.findLast(({ kind }) => kind === 'term')?.cause
  const made = asked.filter(({ id }) => !before.has(id)).map((one) => createPosting(tenant, one))
  for (const one of asked) causes.set(one.id, one.cause)
  const open = [...made, ...waiting]
  const known = await readTerms(transaction, tenant, {
    orderIds: [...new Set(open.map(({ orderId }) => orderId))],
    ats: open.map(({ at }) => at),
  })
  // What was received comes before what was placed of it.
  for (const posting of open.toSorted((a, b) => Number(a.rule === 'P9B') - Number(b.rule === 'P9B'))) {
    after.set(
      posting.id,
      decidePosting(posting, known, (id) => after.get(id) ?? null),
    )
  }
  for (const { event, cause } of journal) {
    const posting = after.get(event.data.postingId)
    if (posting === undefined) continue
    after.set(posting.id, confirm(posting, event))
    causes.set(posting.id, cause)
  }
  const changed = [...after.values()].filter((one) => before.get(one.id) !== one)
  await writePostings(transaction, changed)
  const events = changed.flatMap((one) => {
    const cause = causes.get(one.id) ?? termCause ?? lastCause
    return one.stage === null || cause === undefined ? [] : [toPostingEvent(one, one.stage, cause)]
  })
  const moved = await settleBooks(transaction, tenant, books, changed)
  return [...events, ...moved.flatMap((one) => (lastCause === undefined ? [] : [toBooksEvent(one, lastCause)]))]
}

function toldBy(terms: readonly TermEvent[]): { readonly orderIds: string[]; readonly needs: PostingNeed[] } {
  const orderIds: string[] = []
  const needs = new Set<PostingNeed>()
  for (const { type, data } of terms) {
    if (type === 'retail.finance.sale-cost-told.v1') orderIds.push(data.orderId)
    else needs.add(type === 'retail.finance.rate-changed.v1' ? 'RATE' : 'ENTITY')
  }
  return { orderIds, needs: [...needs] }
}

type Kept = { readonly before: Books | null; after: Books }

/** The books of every return that something is said of; begun where it is new. */
async function startBooks(
  transaction: Transaction,
  tenant: string,
  heard: readonly Heard[],
  waiting: readonly KeptPosting[],
): Promise<Map<string, Kept>> {
  const returnIds = heard.flatMap((one) =>
    one.kind === 'return' || one.kind === 'refund' ? [one.event.data.returnId] : [],
  )
  const all = [...new Set([...returnIds, ...waiting.map(({ returnId }) => returnId)])]
  const known = await readBooks(transaction, tenant, all)
  const books = new Map([...known].map(([id, one]): [string, Kept] => [id, { before: one, after: one }]))
  for (const one of heard) {
    if (one.kind !== 'return') continue
    const { returnId, orderId, currency, version } = one.event.data
    const now = books.get(returnId) ?? {
      before: null,
      after: { tenant, returnId, orderId, currency, version: 0, stage: null, refunds: [] },
    }
    const moves = one.event.type !== 'retail.return.requested.v1'
    if (moves) now.after = { ...now.after, version: Math.max(version, now.after.version) }
    books.set(returnId, now)
  }
  return books
}

/** @returns those of which more is to be told */
async function settleBooks(
  transaction: Transaction,
  tenant: string,
  books: Map<string, Kept>,
  changed: readonly KeptPosting[],
): Promise<readonly Books[]> {
  const missing = [...new Set(changed.map(({ returnId }) => returnId))].filter((id) => !books.has(id))
  for (const [id, one] of await readBooks(transaction, tenant, missing)) books.set(id, { before: one, after: one })
  const postings = groupBy(await readPostingsOfReturns(transaction, tenant, [...books.keys()]), (one) => one.returnId)
  const told: Books[] = []
  const written: Books[] = []
  for (const [id, { before, after }] of books) {
    const own = postings.get(id) ?? []
    const refunds = refundsOf(own)
    const now = { ...after, stage: stageOf(own), refunds }
    if (before !== null && isDeepStrictEqual(before, now)) continue
    written.push(now)
    if (now.version > 0) told.push(now)
  }
  await writeBooks(transaction, written)
  return told
}

function refundsOf(postings: readonly KeptPosting[]): Books['refunds'] {
  return postings.flatMap(({ about, lines }) => {
    if (about.rule !== 'P10B') return []
    const owed = lines.find(({ account }) => account === accounts.refundsPayable)
    return [{ refundId: about.refundId, amountMinor: owed?.amountMinor ?? null }]
  })
}

function askedBy(one: Heard, books: ReadonlyMap<string, Kept>): readonly Asked[] {
  if (one.kind === 'return') return aboutOfReturn(one.event, one.cause)
  if (one.kind !== 'refund') return []
  const orderCurrency = books.get(one.event.data.returnId)?.after.currency
  // A refund that names a return there is not is nobody's to post here.
  return orderCurrency === undefined ? [] : [refundRule(one.event, orderCurrency, one.cause)]
}

function hear(recorded: RecordedEvent): readonly Heard[] {
  const [, , tenant = ''] = recorded.source.split('/')
  const { id: causationId, time, correlationId = null, data } = recorded
  const common = { tenant, cause: { time, causationId, correlationId } }
  // Most money is of no return: that is seen before anything is parsed.
  if (recorded.type in refundEvents) {
    if (typeof data.returnId !== 'string') return []
    const event = parseEvent(refundEvents, recorded)
    return event === null ? [] : [{ ...common, kind: 'refund', event }]
  }
  if (recorded.type in journalEvents) {
    if (typeof data.postingId !== 'string') return []
    const event = parseEvent(journalEvents, recorded)
    return event === null ? [] : [{ ...common, kind: 'journal', event }]
  }
  const term = parseEvent(termEvents, recorded)
  if (term !== null) return [{ ...common, kind: 'term', event: term }]
  const event = parseEvent(returnEvents, recorded)
  return event === null ? [] : [{ ...common, kind: 'return', event }]
}
