import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import type { EventLog, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { toPositionId } from '../position-id.ts'
import { termsProjection } from '../terms-model.ts'
import { ledgerProjection } from './ledger-projection.ts'
import { movementRules } from './movement-events.ts'
import type { NewMovement, Teller } from './record-command.ts'

/** What every transfer that was started here has before its id. */
export const transferIdPrefix = 'trf_'

type Place = { readonly variantId: string; readonly locationId: string }

/** The position's one sequence, which its sources write to as well. */
export function positionSourceOf({ tenant }: Pick<Teller, 'tenant'>, place: Place): string {
  return `/tenants/${tenant}/inventory/stock/${encodeURIComponent(toPositionId(place))}`
}

/** @param system who counts the position: what is told of it speaks for that system */
export function toMovementEvent(teller: Teller, movement: NewMovement, movementId: string, system: string): NewEvent {
  const id = toPositionId(movement)
  const { happenedAt } = movement
  return {
    type: movementRules[movement.kind].type,
    source: positionSourceOf(teller, movement),
    subject: id,
    time: happenedAt,
    data: {
      movementId,
      ...movement,
      committed: 0,
      stream: null,
      streamSequence: null,
      reversal: false,
      origin: { system, occurredAt: happenedAt, receivedAt: teller.receivedAt },
    },
    partitionKey: id,
    ...tellingOf(teller),
  }
}

export function tellingOf({ authority, correlationId }: Teller): Pick<NewEvent, 'authority' | 'correlationId'> {
  return { authority, ...(correlationId === 'none' ? {} : { correlationId }) }
}

/**
 * Appends, and writes what follows from it to the tables in the same transaction, so that whoever takes the locks next
 * reads it there. The projector comes to the same events again and changes nothing: entries are a set, terms go by version.
 */
export async function appendAtOnce(
  eventLog: EventLog,
  transaction: Transaction,
  events: readonly NewEvent[],
  expectedSequences: ReadonlyMap<string, number> = new Map(),
): Promise<readonly RecordedEvent[]> {
  const { events: appended } = await eventLog.append(transaction, events, { expectedSequences })
  const recorded = appended.filter((event) => event !== null)
  await ledgerProjection.apply(transaction, recorded)
  await termsProjection.apply(transaction, recorded)
  return recorded
}

/** After the commit of what `appendAtOnce` appended: this process reads it from here on, every other one by the events. */
export function tellAtOnce(
  { eventLog, invalidator }: { readonly eventLog: EventLog; readonly invalidator: CacheInvalidator },
  events: readonly RecordedEvent[],
): void {
  if (events.length === 0) return
  invalidator.invalidate(
    events.flatMap((event) => [...ledgerProjection.keysOf(event), ...termsProjection.keysOf(event)]),
  )
  eventLog.wake()
}
