import { AppError } from '../errors/app-error.ts'
import type { IdMinter } from '../ids.ts'
import { jsonArray, textArray } from '../sql/array-literal.ts'
import type { Transaction } from '../sql/database.ts'
import { codeOf } from '../sql/postgres-errors.ts'
import type { AppendOptions, AppendResult, NewEvent, RecordedEvent } from './event-log.ts'

/** Most events one append takes. */
export const mostEventsPerAppend = 10_000

/** Appends in one statement; see `EventLog.append`. */
export async function appendEvents(
  transaction: Transaction,
  ids: IdMinter,
  events: readonly NewEvent[],
  options: AppendOptions,
): Promise<AppendResult> {
  if (events.length > mostEventsPerAppend) {
    throw new RangeError(`Cannot append ${events.length} events: at most ${mostEventsPerAppend} at once`)
  }
  checkExpectations(events, options)
  const drafts = firstOfEachIngressKey(events).map(([index, event]) => ({ index, event, id: ids.ulid() }))
  if (drafts.length === 0) return { events: [] }
  const stored = new Map<string, StoredRow>()
  try {
    const { rows } = await transaction.query<StoredRow>(appendText, columnsOf(drafts, options))
    for (const row of rows) stored.set(row.id, row)
  } catch (error) {
    throw toConflict(error)
  }
  const recorded: (RecordedEvent | null)[] = events.map(() => null)
  for (const { index, event, id } of drafts) {
    const row = stored.get(id)
    if (row !== undefined) recorded[index] = toRecorded(event, row)
  }
  return { events: recorded }
}

type Draft = { readonly index: number; readonly event: NewEvent; readonly id: string }

type StoredRow = {
  readonly id: string
  readonly sequence: bigint
  readonly transaction_id: bigint
  readonly row_id: bigint
  readonly recorded_at: Date
}

/*
 * Keys are claimed first and sources locked next, each in sorted order, so that two appends wait for each other
 * instead of deadlocking. Both claims see what concurrent transactions committed meanwhile (ON CONFLICT does), which a
 * plain SELECT of this statement's snapshot would not.
 *
 * A transaction that began to write early may get a source's lock late. Its rows then take the place of the younger
 * transaction that had the lock before, or a reader would meet the source's sequences out of order.
 */
const appendText = `
  with input as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
      $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::boolean[], $14::jsonb[], $15::bigint[])
      with ordinality as input (id, type, source, subject, occurred_at, partition_key, ingress_key, correlation_id,
      causation_id, traceparent, data_classification, authority, inferred, data, expected, ordinal)
  ), claimed as (
    insert into event_log.ingress_keys (ingress_key)
    select ingress_key from input where ingress_key is not null order by ingress_key
    on conflict do nothing
    returning ingress_key
  ), fresh as (
    select input.*, row_number() over (partition by source order by ordinal) as nth
    from input
    where ingress_key is null or ingress_key in (select ingress_key from claimed)
  ), counted as (
    select source, count(*) as total, min(expected) as expected from fresh group by source
  ), allocated as (
    insert into event_log.sources as known (source, last_sequence, last_transaction_id)
    select source, total, pg_current_xact_id() from counted order by source
    on conflict (source) do update set last_sequence = known.last_sequence + excluded.last_sequence,
      last_transaction_id = greatest(known.last_transaction_id, excluded.last_transaction_id)
    returning source, last_sequence, last_transaction_id
  ), based as (
    select source, last_transaction_id as transaction_id, event_log.next_base(source, last_sequence - total, expected) as base
    from allocated join counted using (source)
  )
  insert into event_log.events (transaction_id, id, type, source, sequence, subject, occurred_at, partition_key, ingress_key,
    correlation_id, causation_id, traceparent, data_classification, authority, inferred, data)
  select transaction_id, id, type, source, base + nth, subject, occurred_at, partition_key, ingress_key,
    correlation_id, causation_id, traceparent, data_classification, authority, inferred, data
  from fresh join based using (source)
  order by ordinal
  returning id, sequence, transaction_id, row_id, recorded_at`

function columnsOf(drafts: readonly Draft[], options: AppendOptions): unknown[] {
  const column = (pick: (event: NewEvent) => string | undefined): string =>
    textArray(drafts.map(({ event }) => pick(event) ?? null))
  return [
    textArray(drafts.map(({ id }) => id)),
    column((event) => event.type),
    column((event) => event.source),
    column((event) => event.subject),
    column((event) => event.time),
    column((event) => event.partitionKey),
    column((event) => event.ingressKey),
    column((event) => event.correlationId),
    column((event) => event.causationId),
    column((event) => event.traceparent),
    column((event) => event.dataClassification),
    column((event) => event.authority),
    drafts.map(({ event }) => event.inferred ?? null),
    jsonArray(drafts.map(({ event }) => JSON.stringify(event.data))),
    drafts.map(({ event }) => options.expectedSequences?.get(event.source) ?? null),
  ]
}

function checkExpectations(events: readonly NewEvent[], options: AppendOptions): void {
  if (options.expectedSequences === undefined) return
  const sources = new Set(events.map((event) => event.source))
  for (const source of options.expectedSequences.keys()) {
    if (!sources.has(source)) throw new RangeError(`Cannot expect a sequence of ${source}: no event of it is appended`)
  }
}

function firstOfEachIngressKey(events: readonly NewEvent[]): readonly (readonly [number, NewEvent])[] {
  const seen = new Set<string>()
  return [...events.entries()].filter(([, event]) => {
    if (event.ingressKey === undefined) return true
    if (seen.has(event.ingressKey)) return false
    seen.add(event.ingressKey)
    return true
  })
}

function toRecorded(event: NewEvent, row: StoredRow): RecordedEvent {
  return {
    ...event,
    id: row.id,
    sequence: Number(row.sequence),
    position: { transactionId: row.transaction_id, row: row.row_id },
    recordedTime: row.recorded_at.toISOString(),
  }
}

function toConflict(error: unknown): unknown {
  if (codeOf(error) !== 'SL409') return error
  const detail = typeof error === 'object' && error !== null && 'detail' in error ? String(error.detail) : '{}'
  const { source, expected, last } = JSON.parse(detail)
  return new AppError(
    'SEQUENCE_CONFLICT',
    `Cannot append: the last sequence is ${last}, expected ${expected}; read the changes and decide again`,
    { cause: error, details: { source, expected, last } },
  )
}
