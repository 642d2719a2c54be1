import type { Database, Queryable, Transaction } from '../sql/database.ts'
import type { LogPosition } from './event-log.ts'
import { toPosition } from './event-row.ts'

/** Where a consumer stands. `generation` rises when rows changed in another way than by moving on: a rebuild, dead letters applied. */
export type Checkpoint = { readonly position: LogPosition; readonly generation: number }

export type LockedCheckpoint = Checkpoint & {
  /** Who applies now; null when nobody does or the lease has run out. */
  readonly holder: string | null
  readonly hasDeadLetters: boolean
}

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

/** Locks the row to the end of the transaction: whatever moves or depends on the checkpoint goes one at a time. */
export async function lockCheckpoint(transaction: Transaction, name: string): Promise<LockedCheckpoint | null> {
  const { rows } = await transaction.query<CheckpointRow & { holder: string | null; has_dead_letters: boolean }>(
    lockText,
    [name],
  )
  const [row] = rows
  return row === undefined ? null : { ...toCheckpoint(row), holder: row.holder, hasDeadLetters: row.has_dead_letters }
}

const lockText = `select transaction_id, row_id, generation,
    case when held_until >= clock_timestamp() then holder end as holder,
    exists (select 1 from event_log.dead_letters where consumer = $1) as has_dead_letters
  from event_log.consumers where name = $1 for update`

/** Moves the checkpoint and renews the lease. */
export async function advanceCheckpoint(
  transaction: Transaction,
  name: string,
  position: LogPosition,
  holder: string,
  leaseMs: number,
): Promise<void> {
  await transaction.query(advanceText, [name, String(position.transactionId), position.row, holder, leaseMs])
}

const advanceText = `update event_log.consumers set transaction_id = $2::xid8, row_id = $3, holder = $4,
    held_until = clock_timestamp() + $5 * interval '1 millisecond' where name = $1`

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
