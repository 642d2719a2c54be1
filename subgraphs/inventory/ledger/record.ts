import { setTimeout as delay } from 'node:timers/promises'
import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import type { EventLog, JsonValue, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { toPositionId } from '../position-id.ts'
import { lockVariants } from '../reservations/section-locks.ts'
import { claimKey } from './claim-key.ts'
import type { NewMovement, RecordCommand, RecordOutcome } from './record-command.ts'
import { appendAtOnce, positionSourceOf, tellAtOnce, toMovementEvent } from './told-movement.ts'

export type RecordDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  readonly ids: IdMinter
}

type Attempt = { readonly outcome: RecordOutcome; readonly events: readonly RecordedEvent[] }

/**
 * Appends movements to the ledger under the idempotency key of the command, under the locks that reservations of their variants
 * take: the next reservation decides on them. What the caller believes is compared with the position as of the last event of
 * it: when the read model is behind, it is waited for.
 * @throws AppError `CONFLICT`, retryable, when the position does not come to rest within two seconds
 */
export async function recordMovements(deps: RecordDeps, command: RecordCommand): Promise<RecordOutcome> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { outcome, events } = await deps.database.transaction((transaction) => attempt(deps, transaction, command))
      tellAtOnce(deps, events)
      return outcome
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'SEQUENCE_CONFLICT')) throw error
      if (tries === mostTries) {
        throw new AppError('CONFLICT', 'Cannot compare the quantity: the position moves all the time', {
          cause: error,
          retryable: true,
        })
      }
      await delay(tries * tryStepMs)
    }
  }
}

/** Together two seconds. */
const mostTries = 13
const tryStepMs = 25

async function attempt(
  { eventLog, ids }: RecordDeps,
  transaction: Transaction,
  command: RecordCommand,
): Promise<Attempt> {
  const answered = await claimKey(transaction, command.keyed, replay)
  if (answered !== null) return { outcome: answered, events: [] }
  const variantIds = [...new Set(command.movements.map(({ variantId }) => variantId))]
  await lockVariants(transaction, { variantIds, reservationIds: [], owners: [] })
  const positions = await readPositions(transaction, command.movements)
  const expectedSequences = new Map<string, number>()
  const [first] = command.movements
  if (command.changeFromQuantity !== null && first !== undefined) {
    const { sellable = 0, entries = 0 } = positions.get(toPositionId(first)) ?? {}
    if (sellable !== command.changeFromQuantity) {
      return { outcome: { kind: 'stale', currentQuantity: sellable }, events: [] }
    }
    expectedSequences.set(positionSourceOf(command, first), entries)
  }
  const made = command.movements.map((movement) => {
    const movementId = `mov_${ids.ulid()}`
    const system = positions.get(toPositionId(movement))?.system ?? command.authority
    return { movementId, event: toMovementEvent(command, movement, movementId, system) }
  })
  const told = made.map(({ event }) => event)
  const events = await appendAtOnce(eventLog, transaction, told, expectedSequences)
  const movementIds = made.map(({ movementId }) => movementId)
  await writeRecords(transaction, [{ ...command.keyed, response: { movementIds }, keepSeconds: 30 * 86_400 }])
  return { outcome: { kind: 'recorded', movementIds, replayed: false }, events }
}

/** @param response written by this file alone */
function replay(response: JsonValue): RecordOutcome {
  const { movementIds } = response as { readonly movementIds: readonly string[] }
  return { kind: 'recorded', movementIds, replayed: true }
}

type Position = { readonly sellable: number; readonly entries: number; readonly system: string | null }

/**
 * What the read model knows, with the number of events it knows it from; one statement, so one moment. As many as the last one's
 * sequence, unless one in between was appended and is not projected yet.
 */
async function readPositions(
  transaction: Transaction,
  movements: readonly NewMovement[],
): Promise<ReadonlyMap<string, Position>> {
  const { rows } = await transaction.query<{
    readonly variant_id: string
    readonly location_id: string
    readonly sellable: number
    readonly entries: bigint
    readonly system: string | null
  }>(
    `select variant_id, location_id, coalesce(position.sellable, 0) as sellable, position.system,
       (select count(*) from inventory.stock_entries as entry
         where entry.variant_id = asked.variant_id and entry.location_id = asked.location_id) as entries
     from (select distinct * from unnest($1::text[], $2::text[]) as given (variant_id, location_id)) as asked
     left join inventory.positions as position using (variant_id, location_id)`,
    [movements.map(({ variantId }) => variantId), movements.map(({ locationId }) => locationId)],
  )
  return new Map(
    rows.map(({ variant_id: variantId, location_id: locationId, sellable, entries, system }) => [
      toPositionId({ variantId, locationId }),
      { sellable, entries: Number(entries), system },
    ]),
  )
}
