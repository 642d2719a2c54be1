import type { Database, Queryable, Transaction } from '../sql/database.ts'
import type { LogPosition } from './event-log.ts'
import { toPosition } from './event-row.ts'

/** Where a consumer stands. `generation` rises when rows changed in another way than by moving on: a rebuild, dead letters applied. */
export type Checkpoint = { readonly position: LogPosition; readonly generation: number }

type CheckpointRow = { readonly transaction_id: bigint; readonly row_id: bigint; readonly generation: number }

/** Makes the checkpoint at the start of the log unless there is one. */
export async function createCheckpoint(queryable: Queryable, name: string): Promise<void> {
  await queryable.query('insert into event_log.consumers (name) values ($1) on conflict do nothing', [name])
}

/** @returns one entry per name that has a checkpoint, in no order */
export async function readCheckpoints(
  queryable: Queryable,
  names: readonly string[],
): Promise<ReadonlyMap<string, Checkpoint>> {
  const { rows } = await queryable.query<CheckpointRow & { name: string }>(
    'select name, transaction_id, row_id, generation from event_log.consumers where name = any($1::text[])',
    [names],
  )
  return new Map(rows.map((row) => [row.name, toCheckpoint(row)]))
}

/** Takes or renews the lease. @returns null when another holder's lease still runs */
export async function holdCheckpoint(
  database: Database,
  name: string,
  holder: string,
  leaseMs: number,
): Promise<Checkpoint | null> {
  const { rows } = await database.query<CheckpointRow>(holdText, [name, holder, leaseMs])
  return rows[0] === undefined ? null : toCheckpoint(rows[0])
}

const holdText = `update event_log.consumers
  set holder = $2, held_until = clock_timestamp() + $3 * interval '1 millisecond'
  where name = $1 and (holder is null or holder = $2 or held_until < clock_timestamp())
  returning transaction_id, row_id, generation`

/** Gives the lease up, so that another process need not wait for its end. */
export async function releaseCheckpoint(database: Database, name: string, holder: string): Promise<void> {
  await database.query('update event_log.consumers set holder = null where name = $1 and holder = $2', [name, holder])
}

/** What a holder knows of its checkpoint and where it goes: it moves only from there. */
export type Renewal = {
  readonly name: string
  readonly holder: string
  readonly leaseMs: number
  readonly generation: number
  readonly from: LogPosition
  readonly to: LogPosition
}

/**
 * Moves checkpoints and renews their leases, each for itself, without waiting for one that is locked.
 * @returns `<name> <holder>` of those that were still where, and whose, it says
 */
export async function renewCheckpoints(database: Database, renewals: readonly Renewal[]): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ name: string; holder: string }>(renewText, [
    renewals.map(({ name }) => name),
    renewals.map(({ holder }) => holder),
    renewals.map(({ leaseMs }) => leaseMs),
    renewals.map(({ generation }) => generation),
    renewals.map(({ from }) => String(from.transactionId)),
    renewals.map(({ from }) => from.row),
    renewals.map(({ to }) => String(to.transactionId)),
    renewals.map(({ to }) => to.row),
  ])
  return new Set(rows.map(({ name, holder }) => `${name} ${holder}`))
}

const renewText = `
  with due as (
    select known.name, renewal.lease_ms, renewal.to_transaction_id::xid8 as transaction_id, renewal.to_row_id as row_id
    from unnest($1::text[], $2::text[], $3::float8[], $4::int[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])
      as renewal (name, holder, lease_ms, generation, from_transaction_id, from_row_id, to_transaction_id, to_row_id)
    join event_log.consumers as known on known.name = renewal.name and known.holder = renewal.holder
      and known.generation = renewal.generation and known.transaction_id = renewal.from_transaction_id::xid8
      and known.row_id = renewal.from_row_id
    order by known.name for update of known skip locked
  )
  update event_log.consumers as known set transaction_id = due.transaction_id, row_id = due.row_id,
    held_until = clock_timestamp() + due.lease_ms * interval '1 millisecond'
  from due where known.name = due.name returning known.name, known.holder`

/** Locks the row to the end of the transaction: whatever moves or depends on the checkpoint goes one at a time. */
export async function lockCheckpoint(transaction: Transaction, name: string): Promise<void> {
  await transaction.query('select from event_log.consumers where name = $1 for update', [name])
}

/**
 * Moves the checkpoint, renews the lease, and locks both to the end of the transaction.
 * @returns null when it is no longer where, or whose, it says: nothing was written
 */
export async function moveCheckpoint(
  transaction: Transaction,
  { name, holder, leaseMs, generation, from, to }: Renewal,
): Promise<{ readonly hasDeadLetters: boolean } | null> {
  const { rows } = await transaction.query<{ has_dead_letters: boolean }>(moveText, [
    name,
    holder,
    leaseMs,
    generation,
    String(from.transactionId),
    from.row,
    String(to.transactionId),
    to.row,
  ])
  return rows[0] === undefined ? null : { hasDeadLetters: rows[0].has_dead_letters }
}

const moveText = `update event_log.consumers set transaction_id = $7::xid8, row_id = $8, holder = $2,
    held_until = clock_timestamp() + $3 * interval '1 millisecond'
  where name = $1 and (holder is null or holder = $2 or held_until < clock_timestamp())
    and generation = $4 and transaction_id = $5::xid8 and row_id = $6
  returning exists (select from event_log.dead_letters where consumer = $1) as has_dead_letters`

/** For who has kept the checkpoint locked for a good part of its lease. */
export async function prolongLease(transaction: Transaction, name: string, leaseMs: number): Promise<void> {
  await transaction.query(
    `update event_log.consumers set held_until = clock_timestamp() + $2 * interval '1 millisecond' where name = $1`,
    [name, leaseMs],
  )
}

/** Back to the start of the log. */
export async function rewindCheckpoint(transaction: Transaction, name: string): Promise<void> {
  await transaction.query(
    `update event_log.consumers set transaction_id = '0', row_id = 0, generation = generation + 1 where name = $1`,
    [name],
  )
}

/** Tells followers that rows before the checkpoint have changed. */
export async function raiseGeneration(transaction: Transaction, name: string): Promise<void> {
  await transaction.query('update event_log.consumers set generation = generation + 1 where name = $1', [name])
}

function toCheckpoint(row: CheckpointRow): Checkpoint {
  return { position: toPosition(row), generation: row.generation }
}
