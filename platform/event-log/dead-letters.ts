import type { Queryable, Transaction } from '../sql/database.ts'
import type { LogPosition, RecordedEvent } from './event-log.ts'
import { type EventRow, eventColumns, toRecordedEvent } from './event-row.ts'

/** An event set aside, or one of the same partition key that waits behind it (`reason` null). */
export type ParkedEvent = { readonly event: RecordedEvent; readonly reason: string | null }

/** Sets events aside; one that was parked before has its attempts counted on. */
export async function parkEvents(
  transaction: Transaction,
  consumer: string,
  parked: readonly ParkedEvent[],
): Promise<void> {
  if (parked.length === 0) return
  await transaction.query(parkText, [
    consumer,
    parked.map(({ event }) => String(event.position.transactionId)),
    parked.map(({ event }) => event.position.row),
    parked.map(({ event }) => event.partitionKey),
    parked.map(({ reason }) => reason),
  ])
}

const parkText = `
  insert into event_log.dead_letters as known (consumer, transaction_id, row_id, partition_key, reason, attempts)
  select $1, transaction_id::xid8, row_id, partition_key, reason, case when reason is null then 0 else 1 end
  from unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) as parked (transaction_id, row_id, partition_key, reason)
  on conflict (consumer, transaction_id, row_id) do update
    set reason = coalesce(excluded.reason, known.reason), attempts = known.attempts + excluded.attempts`

/** @returns those of `keys` whose events are set aside */
export async function readParkedKeys(
  queryable: Queryable,
  consumer: string,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await queryable.query<{ partition_key: string }>(
    `select distinct partition_key from event_log.dead_letters
      where consumer = $1 and partition_key = any($2::text[])`,
    [consumer, keys],
  )
  return new Set(rows.map((row) => row.partition_key))
}

/** Parked events in log order, those of one partition key when it is given. */
export async function readDeadLetters(
  queryable: Queryable,
  consumer: string,
  options: { readonly after: LogPosition; readonly limit: number; readonly partitionKey?: string | undefined },
): Promise<readonly RecordedEvent[]> {
  const { rows } = await queryable.query<EventRow>(readText, [
    consumer,
    String(options.after.transactionId),
    options.after.row,
    options.partitionKey ?? null,
    options.limit,
  ])
  return rows.map(toRecordedEvent)
}

const readText = `
  select ${eventColumns} from event_log.events
  join (
    select transaction_id as letter_transaction_id, row_id as letter_row_id from event_log.dead_letters
    where consumer = $1 and (transaction_id, row_id) > ($2::xid8, $3::bigint)
      and ($4::text is null or partition_key = $4)
    order by transaction_id, row_id limit $5
  ) as letter on transaction_id = letter_transaction_id and row_id = letter_row_id
  order by transaction_id, row_id`

/** How many events each consumer has set aside; none of those without. */
export async function countDeadLetters(queryable: Queryable): Promise<ReadonlyMap<string, number>> {
  const { rows } = await queryable.query<{ consumer: string; letters: number }>(
    'select consumer, count(*)::float8 as letters from event_log.dead_letters group by consumer',
    [],
  )
  return new Map(rows.map(({ consumer, letters }) => [consumer, letters]))
}

/** Takes events out again, once applied. */
export async function dropDeadLetters(
  transaction: Transaction,
  consumer: string,
  events: readonly RecordedEvent[],
): Promise<void> {
  if (events.length === 0) return
  await transaction.query(
    `delete from event_log.dead_letters
      using unnest($2::text[], $3::bigint[]) as applied (transaction_id, row_id)
      where consumer = $1 and dead_letters.transaction_id = applied.transaction_id::xid8
        and dead_letters.row_id = applied.row_id`,
    [consumer, events.map((event) => String(event.position.transactionId)), events.map((event) => event.position.row)],
  )
}

export async function dropAllDeadLetters(transaction: Transaction, consumer: string): Promise<void> {
  await transaction.query('delete from event_log.dead_letters where consumer = $1', [consumer])
}
