import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../../platform/errors/app-error.ts'
import type { EventLog } from '../../../platform/event-log/event-log.ts'
import { claimKeys, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { toPositionId } from '../position-id.ts'
import type { NewMovement, RecordCommand, RecordOutcome } from './record-command.ts'
import { positionSourceOf, toMovementEvent } from './told-movement.ts'

export type RecordDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly ids: IdMinter
}

/**
 * Appends movements to the ledger under the idempotency key of the command. What the caller believes is compared with the
 * position as of the last event of it: when the read model is behind, it is waited for.
 * @throws AppError `CONFLICT`, retryable, when the position does not come to rest within two seconds
 */
export async function recordMovements(deps: RecordDeps, command: RecordCommand): Promise<RecordOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await deps.database.transaction((transaction) => attemptRecord(deps, transaction, command))
      if (outcome.kind === 'recorded' && !outcome.replayed) deps.eventLog.wake()
      return outcome
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'SEQUENCE_CONFLICT')) throw error
      if (attempt === mostAttempts) {
        throw new AppError('CONFLICT', 'Cannot compare the quantity: the position moves all the time', {
          cause: error,
          retryable: true,
        })
      }
      await delay(attempt * attemptStepMs)
    }
  }
}

/** Together two seconds. */
const mostAttempts = 13
const attemptStepMs = 25

async function attemptRecord(
  { eventLog, ids }: RecordDeps,
  transaction: Transaction,
  command: RecordCommand,
): Promise<RecordOutcome> {
  const [known] = await claimKeys(transaction, [command.keyed])
  if (known?.kind === 'in-progress') return { kind: 'key-in-progress' }
  if (known?.kind === 'reused') return { kind: 'key-reused' }
  if (known?.kind === 'done') {
    // Written by this function alone.
    const { movementIds } = known.response as { readonly movementIds: readonly string[] }
    return { kind: 'recorded', movementIds, replayed: true }
  }
  const positions = await readPositions(transaction, command.movements)
  const expectedSequences = new Map<string, number>()
  const [first] = command.movements
  if (command.changeFromQuantity !== null && first !== undefined) {
    const { sellable = 0, sequence = 0 } = positions.get(toPositionId(first)) ?? {}
    if (sellable !== command.changeFromQuantity) return { kind: 'stale', currentQuantity: sellable }
    expectedSequences.set(positionSourceOf(command, first), sequence)
  }
  const made = command.movements.map((movement) => {
    const movementId = `mov_${ids.ulid()}`
    const system = positions.get(toPositionId(movement))?.system ?? command.authority
    return { movementId, event: toMovementEvent(command, movement, movementId, system) }
  })
  await eventLog.append(
    transaction,
    made.map(({ event }) => event),
    { expectedSequences },
  )
  const movementIds = made.map(({ movementId }) => movementId)
  await writeRecords(transaction, [{ ...command.keyed, response: { movementIds }, keepSeconds: 30 * 86_400 }])
  return { kind: 'recorded', movementIds, replayed: false }
}

type Position = { readonly sellable: number; readonly sequence: number; readonly system: string | null }

/** What the read model knows, with the last event it knows it from; one statement, so one moment. */
async function readPositions(
  transaction: Transaction,
  movements: readonly NewMovement[],
): Promise<ReadonlyMap<string, Position>> {
  const { rows } = await transaction.query<{
    readonly variant_id: string
    readonly location_id: string
    readonly sellable: number
    readonly sequence: bigint
    readonly system: string | null
  }>(
    `select variant_id, location_id, coalesce(position.sellable, 0) as sellable, position.system,
       coalesce((select max(entry.sequence) from inventory.stock_entries as entry
         where entry.variant_id = asked.variant_id and entry.location_id = asked.location_id), 0) as sequence
     from (select distinct * from unnest($1::text[], $2::text[]) as given (variant_id, location_id)) as asked
     left join inventory.positions as position using (variant_id, location_id)`,
    [movements.map(({ variantId }) => variantId), movements.map(({ locationId }) => locationId)],
  )
  return new Map(
    rows.map(({ variant_id: variantId, location_id: locationId, sellable, sequence, system }) => [
      toPositionId({ variantId, locationId }),
      { sellable, sequence: Number(sequence), system },
    ]),
  )
}
