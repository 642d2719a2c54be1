import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import type { EventLog, NewEvent } from '../../../platform/event-log/event-log.ts'
import { type KeyedCommand, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { isInStockScope } from '../../../policies/stock-scope.ts'
import { claimKey, type KeyRefusal } from '../ledger/claim-key.ts'
import type { NewMovement, Teller } from '../ledger/record-command.ts'
import { appendAtOnce, tellAtOnce, toMovementEvent } from '../ledger/told-movement.ts'
import { readPositionsOfVariants } from '../reads.ts'
import { lockVariants } from '../reservations/section-locks.ts'
import { readSection } from '../reservations/section-read.ts'
import { takeStep } from './lifecycle.ts'
import { insertTransfer, lockTransfer, readTransfer, updateTransfer } from './read-transfer.ts'
import { type KeptTransfer, receive, shortfallsOf } from './transfer.ts'
import type {
  BeginCommand,
  BeginOutcome,
  ReceiveCommand,
  ReceiveOutcome,
  StepCommand,
  StepOutcome,
  TransferDone,
  Unmet,
} from './transfer-command.ts'
import { toArrivals, toDepartures, toShortEvents, toSupplyEvents, toTransferEvent } from './transfer-events.ts'

export type TransferDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  readonly ids: IdMinter
}

/** What a command makes of a transfer; `before` null: it begins. */
type Effect = {
  readonly kind: 'changed'
  readonly before: KeptTransfer | null
  readonly after: KeptTransfer
  readonly movements: readonly NewMovement[]
}

/**
 * Writes down a transfer, or lets its units leave at once: under the locks that reservations of their variants take, so that
 * what somebody was promised stays, and the next reservation finds them gone.
 */
export function beginTransfer(deps: TransferDeps, command: BeginCommand): Promise<BeginOutcome> {
  return once<Unmet>(deps, command, async (transaction) => {
    const after = toTransfer(command)
    return (await leave(transaction, after)) ?? { kind: 'changed', before: null, after, movements: toDepartures(after) }
  })
}

/** Takes a step that is legal and meant for this version; steps of one transfer come one after the other. */
export function stepTransfer(deps: TransferDeps, command: StepCommand): Promise<StepOutcome> {
  return once<Exclude<StepOutcome, TransferDone | KeyRefusal>>(deps, command, async (transaction) => {
    const before = await lockTransfer(transaction, command.tenant, command.transferId)
    if (before === null) return { kind: 'not-found' }
    const { fromLocationId, toLocationId } = before
    const places = command.to === 'DISPATCHED' ? [fromLocationId] : [fromLocationId, toLocationId]
    if (!places.some((place) => isInStockScope(command.scope, place))) return { kind: 'not-authority' }
    const taken = takeStep(before, command)
    if (taken.kind !== 'taken') return taken
    const { after } = taken
    return (await leave(transaction, after)) ?? { kind: 'changed', before, after, movements: toDepartures(after) }
  })
}

/** Lets units arrive, or be lost. */
export function receiveTransfer(deps: TransferDeps, command: ReceiveCommand): Promise<ReceiveOutcome> {
  return once<Exclude<ReceiveOutcome, TransferDone | KeyRefusal>>(deps, command, async (transaction) => {
    const { tenant, transferId, arrivals, final, decision, happenedAt } = command
    const before = await lockTransfer(transaction, tenant, transferId)
    if (before === null) return { kind: 'not-found' }
    if (!isInStockScope(command.scope, before.toLocationId)) return { kind: 'not-authority' }
    const receipt = receive(before, arrivals, final, decision, happenedAt)
    if (receipt.kind !== 'received') return receipt
    const { after, steps } = receipt
    return { kind: 'changed', before, after, movements: toArrivals(after, steps, happenedAt) }
  })
}

/** @returns what is missing of units that leave; null: nothing is, or none leave */
async function leave(transaction: Transaction, after: KeptTransfer): Promise<Unmet | null> {
  if (after.stage !== 'DISPATCHED') return null
  const { lines, fromLocationId } = after
  const targets = { variantIds: [...new Set(lines.map(({ variantId }) => variantId))], reservationIds: [], owners: [] }
  const { positions, holds } = await readSection(transaction, await lockVariants(transaction, targets), targets, [])
  const shortfalls = shortfallsOf(lines, fromLocationId, positions, holds)
  return shortfalls.length > 0 ? { kind: 'insufficient', shortfalls } : null
}

/** Does what a key stands for once, and all of it in one transaction: the transfer, what moved, the answer kept, the events. */
async function once<R extends { readonly kind: string }>(
  deps: TransferDeps,
  command: Teller & { readonly keyed: KeyedCommand },
  decide: (transaction: Transaction) => Promise<Effect | R>,
): Promise<TransferDone | KeyRefusal | R> {
  const { outcome, events } = await deps.database.transaction(async (transaction) => {
    const known = await claimKey(transaction, command.keyed, (response) =>
      replay(transaction, command.tenant, String(response)),
    )
    if (known !== null) return { outcome: known, events: [] }
    const decided = await decide(transaction)
    if (!isEffect(decided)) return { outcome: decided, events: [] }
    const { before, after, movements } = decided
    await (before === null ? insertTransfer : updateTransfer)(transaction, after)
    const recorded = await append(deps, transaction, command, movements, [
      toTransferEvent(after, command),
      ...toSupplyEvents(before, after, command),
      ...toShortEvents(after, command),
    ])
    await writeRecords(transaction, [{ ...command.keyed, response: after.id, keepSeconds: 30 * 86_400 }])
    const done: TransferDone = { kind: 'done', transfer: after, replayed: false }
    return { outcome: done, events: recorded }
  })
  tellAtOnce(deps, events)
  return outcome
}

function isEffect(decided: Effect | { readonly kind: string }): decided is Effect {
  return decided.kind === 'changed'
}

async function replay(transaction: Transaction, tenant: string, transferId: string): Promise<TransferDone> {
  const transfer = await readTransfer(transaction, tenant, transferId)
  if (transfer === null) throw new TypeError('Cannot find the transfer that the key stands for')
  return { kind: 'done', transfer, replayed: true }
}

async function append(
  { eventLog, ids }: TransferDeps,
  transaction: Transaction,
  teller: Teller,
  movements: readonly NewMovement[],
  others: readonly NewEvent[],
) {
  const variantIds = [...new Set(movements.map(({ variantId }) => variantId))]
  const lists = variantIds.length === 0 ? [] : await readPositionsOfVariants(transaction, variantIds)
  const positions = new Map(variantIds.map((id, at) => [id, lists[at] ?? []]))
  const moved = movements.map((movement) => {
    const there = positions.get(movement.variantId)?.find(({ locationId }) => locationId === movement.locationId)
    return toMovementEvent(teller, movement, `mov_${ids.ulid()}`, there?.system ?? teller.authority)
  })
  return await appendAtOnce(eventLog, transaction, [...moved, ...others])
}

function toTransfer(command: BeginCommand): KeptTransfer {
  const { transferId, tenant, fromLocationId, toLocationId, dispatchedAt, expectedAt, documentRef, decision } = command
  const lines = command.lines.map((line) => {
    const dispatched = dispatchedAt === null ? 0 : line.quantity
    return { ...line, dispatched, ...{ received: 0, damaged: 0, lost: 0 } }
  })
  return {
    ...{ id: transferId, tenant, fromLocationId, toLocationId, dispatchedAt, expectedAt, documentRef, decision, lines },
    stage: dispatchedAt === null ? 'DRAFT' : 'DISPATCHED',
    closedAt: null,
    version: 1,
  }
}
