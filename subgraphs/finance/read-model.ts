import { z } from 'zod'
import { parseEvent, peekEvent } from '../../platform/event-log/event-schema.ts'
import type { CacheKey, Projection } from '../../platform/event-log/projection.ts'
import { groupBy } from '../../platform/group-by.ts'
import type { Transaction } from '../../platform/sql/database.ts'
import {
  invoiceEvents,
  invoiceFact,
  journalEvents,
  journalFact,
  paymentEvents,
  paymentFact,
  refundEvents,
  refundFact,
} from './events.ts'
import { foldInvoice, foldJournalEntry, foldPayment, foldRefund } from './fold.ts'

export const paymentsProjection: Projection = {
  name: 'finance.payments',
  types: Object.keys(paymentEvents),
  tables: ['finance.payments'],
  async apply(transaction, recorded) {
    const told = recorded.flatMap((event) => {
      const parsed = parseEvent(paymentEvents, event)
      return parsed === null ? [] : [toTold(parsed.data.paymentId, parsed)]
    })
    await foldInto(transaction, told, { ...paymentStore, fold: foldPayment })
  },
  keysOf(recorded) {
    const data = peekEvent(paymentEvents, recorded)?.data
    return data === undefined ? [] : keysOf('payment', data.paymentId, data)
  },
}

export const refundsProjection: Projection = {
  name: 'finance.refunds',
  types: Object.keys(refundEvents),
  tables: ['finance.refunds'],
  async apply(transaction, recorded) {
    const told = recorded.flatMap((event) => {
      const parsed = parseEvent(refundEvents, event)
      return parsed === null ? [] : [toTold(parsed.data.refundId, parsed)]
    })
    await foldInto(transaction, told, { ...refundStore, fold: foldRefund })
  },
  keysOf(recorded) {
    const data = peekEvent(refundEvents, recorded)?.data
    return data === undefined ? [] : keysOf('refund', data.refundId, data)
  },
}

export const invoicesProjection: Projection = {
  name: 'finance.invoices',
  types: Object.keys(invoiceEvents),
  tables: ['finance.invoices'],
  async apply(transaction, recorded) {
    const told = recorded.flatMap((event) => {
      const parsed = parseEvent(invoiceEvents, event)
      return parsed === null ? [] : [toTold(parsed.data.invoiceId, parsed)]
    })
    await foldInto(transaction, told, { ...invoiceStore, fold: foldInvoice })
  },
  keysOf(recorded) {
    const data = peekEvent(invoiceEvents, recorded)?.data
    if (data === undefined) return []
    const numbers = [data.number, data.formerNumber ?? data.number]
    const byNumber = numbers.map((key) => ({ cache: 'finance.invoice-by-number', key }))
    return [...keysOf('invoice', data.invoiceId, data), ...byNumber]
  },
}

export const journalProjection: Projection = {
  name: 'finance.journal-entries',
  types: Object.keys(journalEvents),
  tables: ['finance.journal_entries'],
  async apply(transaction, recorded) {
    const told = recorded.flatMap((event) => {
      const parsed = parseEvent(journalEvents, event)
      return parsed === null ? [] : [toTold(parsed.data.entryId, parsed)]
    })
    await foldInto(transaction, told, { ...journalStore, fold: foldJournalEntry })
  },
  keysOf(recorded) {
    const data = peekEvent(journalEvents, recorded)?.data
    return data === undefined ? [] : keysOf('journal-entry', data.entryId, data, 'journal-entries')
  },
}

function keysOf(
  thing: 'payment' | 'refund' | 'invoice' | 'journal-entry',
  id: string,
  { orderId, formerOrderId }: { readonly orderId: string; readonly formerOrderId: string | null },
  things = `${thing}s`,
): readonly CacheKey[] {
  const ofOrders = [orderId, formerOrderId ?? orderId].map((key) => ({ cache: `finance.${things}-of-order`, key }))
  return [{ cache: `finance.${thing}`, key: id }, ...ofOrders]
}

type Told<F> = { readonly id: string; readonly fact: F & { readonly time: string; readonly sequence: number } }

function toTold<D extends object>(
  id: string,
  { data, recorded }: { readonly data: D; readonly recorded: { readonly time: string; readonly sequence: number } },
): Told<D> {
  return { id, fact: { ...data, time: recorded.time, sequence: recorded.sequence } }
}

type Store<F> = {
  readonly facts: z.ZodType<readonly F[]>
  readonly select: string
  readonly upsert: string
}

/** Adds facts to what is known of each thing and folds it anew: two statements for a batch of any size. */
async function foldInto<F extends { readonly sequence: number }>(
  transaction: Transaction,
  told: readonly { readonly id: string; readonly fact: F }[],
  store: Store<F> & { readonly fold: (facts: readonly F[]) => { readonly origin: object } },
): Promise<void> {
  if (told.length === 0) return
  const fresh = groupBy(told, ({ id }) => id)
  const { rows } = await transaction.query<{ id: string; facts: unknown }>(store.select, [[...fresh.keys()]])
  const known = new Map(rows.map(({ id, facts }) => [id, store.facts.parse(facts)]))
  const folded = [...fresh].map(([id, added]) => {
    const all = [...(known.get(id) ?? []), ...added.map(({ fact }) => fact)]
    const facts = [...new Map(all.map((fact) => [fact.sequence, fact])).values()].sort(
      (a, b) => a.sequence - b.sequence,
    )
    const { origin, ...state } = store.fold(facts)
    return { id, ...state, ...origin, facts }
  })
  await transaction.query(store.upsert, [JSON.stringify(folded)])
}

const told = { time: z.string(), sequence: z.number() }

const paymentStore = {
  facts: z.array(paymentFact.extend(told)),
  select: 'SELECT id, facts FROM finance.payments WHERE id = ANY($1)',
  upsert: `
INSERT INTO finance.payments
  (id, order_id, psp, psp_reference, method, state, currency, authorized_minor, captured_minor, refunded_minor, authorized_at,
   captured_at, system, occurred_at, received_at, facts)
SELECT id, "orderId", psp, "pspReference", method, state, currency, "authorizedMinor", "capturedMinor", "refundedMinor", "authorizedAt",
  "capturedAt", system, "occurredAt", "receivedAt", facts
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, "orderId" text, psp text, "pspReference" text, method text, state text, currency text, "authorizedMinor" bigint,
  "capturedMinor" bigint, "refundedMinor" bigint, "authorizedAt" timestamptz, "capturedAt" timestamptz, system text,
  "occurredAt" timestamptz, "receivedAt" timestamptz, facts jsonb)
ON CONFLICT (id) DO UPDATE SET
  order_id = excluded.order_id, psp = excluded.psp, psp_reference = excluded.psp_reference, method = excluded.method,
  state = excluded.state, currency = excluded.currency, authorized_minor = excluded.authorized_minor,
  captured_minor = excluded.captured_minor, refunded_minor = excluded.refunded_minor, authorized_at = excluded.authorized_at,
  captured_at = excluded.captured_at, system = excluded.system, occurred_at = excluded.occurred_at,
  received_at = excluded.received_at, facts = excluded.facts`,
}

const refundStore = {
  facts: z.array(refundFact.extend(told)),
  select: 'SELECT id, facts FROM finance.refunds WHERE id = ANY($1)',
  upsert: `
INSERT INTO finance.refunds
  (id, order_id, payment_id, amount_minor, currency, state, reason, created_at, system, occurred_at, received_at, facts)
SELECT id, "orderId", "paymentId", "amountMinor", currency, state, reason, "createdAt", system, "occurredAt", "receivedAt", facts
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, "orderId" text, "paymentId" text, "amountMinor" bigint, currency text, state text, reason text, "createdAt" timestamptz,
  system text, "occurredAt" timestamptz, "receivedAt" timestamptz, facts jsonb)
ON CONFLICT (id) DO UPDATE SET
  order_id = excluded.order_id, payment_id = excluded.payment_id, amount_minor = excluded.amount_minor, currency = excluded.currency,
  state = excluded.state, reason = excluded.reason, created_at = excluded.created_at, system = excluded.system,
  occurred_at = excluded.occurred_at, received_at = excluded.received_at, facts = excluded.facts`,
}

const invoiceStore = {
  facts: z.array(invoiceFact.extend(told)),
  select: 'SELECT id, facts FROM finance.invoices WHERE id = ANY($1)',
  upsert: `
INSERT INTO finance.invoices
  (id, order_id, number, issued_at, currency, amount_minor, state, system, occurred_at, received_at, facts)
SELECT id, "orderId", number, "issuedAt", currency, "amountMinor", state, system, "occurredAt", "receivedAt", facts
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, "orderId" text, number text, "issuedAt" timestamptz, currency text, "amountMinor" bigint, state text, system text,
  "occurredAt" timestamptz, "receivedAt" timestamptz, facts jsonb)
ON CONFLICT (id) DO UPDATE SET
  order_id = excluded.order_id, number = excluded.number, issued_at = excluded.issued_at, currency = excluded.currency,
  amount_minor = excluded.amount_minor, state = excluded.state, system = excluded.system, occurred_at = excluded.occurred_at,
  received_at = excluded.received_at, facts = excluded.facts`,
}

const journalStore = {
  facts: z.array(journalFact.extend(told)),
  select: 'SELECT id, facts FROM finance.journal_entries WHERE id = ANY($1)',
  upsert: `
INSERT INTO finance.journal_entries
  (id, order_id, number, rule, document_ref, currency, amount_minor, state, reason, created_at, posted_at, system, occurred_at,
   received_at, facts)
SELECT id, "orderId", number, rule, "documentRef", currency, "amountMinor", state, reason, "createdAt", "postedAt", system, "occurredAt",
  "receivedAt", facts
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, "orderId" text, number text, rule text, "documentRef" text, currency text, "amountMinor" bigint, state text, reason text,
  "createdAt" timestamptz, "postedAt" timestamptz, system text, "occurredAt" timestamptz, "receivedAt" timestamptz, facts jsonb)
ON CONFLICT (id) DO UPDATE SET
  order_id = excluded.order_id, number = excluded.number, rule = excluded.rule, document_ref = excluded.document_ref,
  currency = excluded.currency, amount_minor = excluded.amount_minor, state = excluded.state, reason = excluded.reason,
  created_at = excluded.created_at, posted_at = excluded.posted_at, system = excluded.system, occurred_at = excluded.occurred_at,
  received_at = excluded.received_at, facts = excluded.facts`,
}
