import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import type { EventLog, NewEvent } from '../../../platform/event-log/event-log.ts'
import { claimKeys, type KeyedCommand, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { isInStockScope } from '../../../policies/stock-scope.ts'
import type { NewMovement, Teller } from '../ledger/record-command.ts'
import { appendAtOnce, toMovementEvent } from '../ledger/told-movement.ts'
import { readPositionsOfVariants } from '../reads.ts'
import { lockTargets, readSection } from '../reservations/section-read.ts'
import { insertTransfer, lockTransfer, readTransfer, updateTransfer } from './read-transfer.ts'
import { receive, type StartedTransfer, shortfallsOf } from './transfer.ts'
import type { ReceiveCommand, ReceiveOutcome, StartCommand, StartOutcome } from './transfer-command.ts'
import { toArrivals, toShortEvents, toSupplyEvents } from './transfer-events.ts'

export type TransferDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  readonly ids: IdMinter
}

type Done = { readonly kind: 'done'; readonly transfer: StartedTransfer; readonly replayed: boolean }
type KeyAnswer = Done | { readonly kind: 'key-reused' } | { readonly kind: 'key-in-progress' }

/**
 * Lets units leave, under the locks that reservations of their variants take: what somebody was promised stays, and the next
 * reservation finds them gone.
 */
export async function startTransfer(deps: TransferDeps, command: StartCommand): Promise<StartOutcome> {
  const { record, transferId, fromLocationId } = command
  const variantIds = [...new Set(record.movements.map(({ variantId }) => variantId))]
  const outcome = await deps.database.transaction(async (transaction): Promise<StartOutcome> => {
    const known = await claim(transaction, record.keyed, record.tenant)
    if (known !== null) return known
    const targets = { variantIds, reservationIds: [], owners: [] }
    const { positions, holds } = await readSection(transaction, await lockTargets(transaction, targets), targets)
    const shortfalls = shortfallsOf(record.movements, fromLocationId, positions, holds)
    if (shortfalls.length > 0) return { kind: 'insufficient', shortfalls }
    const transfer = toTransfer(command)
    await insertTransfer(transaction, transfer)
    await append(deps, transaction, record, record.movements, toSupplyEvents(null, transfer, record))
    await keep(transaction, record.keyed, transferId)
    return { kind: 'done', transfer, replayed: false }
  })
  tell(deps, outcome)
  return outcome
}

/** Lets units arrive, or be lost. Receipts of one transfer come one after the other. */
export async function receiveTransfer(deps: TransferDeps, command: ReceiveCommand): Promise<ReceiveOutcome> {
  const { keyed, tenant, transferId, arrivals, final, happenedAt } = command
  const outcome = await deps.database.transaction(async (transaction): Promise<ReceiveOutcome> => {
    const known = await claim(transaction, keyed, tenant)
    if (known !== null) return known
    const before = await lockTransfer(transaction, tenant, transferId)
    if (before === null) return { kind: 'not-found' }
    if (!isInStockScope(command.scope, before.toLocationId)) return { kind: 'not-authority' }
    const receipt = receive(before, arrivals, final, happenedAt)
    if (receipt.kind !== 'received') return receipt
    const { after, steps } = receipt
    await updateTransfer(transaction, after)
    await append(deps, transaction, command, toArrivals(after, steps, command), [
      ...toSupplyEvents(before, after, command),
      ...toShortEvents(after, command, happenedAt),
    ])
    await keep(transaction, keyed, transferId)
    return { kind: 'done', transfer: after, replayed: false }
  })
  tell(deps, outcome)
  return outcome
}

async function claim(transaction: Transaction, keyed: KeyedCommand, tenant: string): Promise<KeyAnswer | null> {
  const [known] = await claimKeys(transaction, [keyed])
  if (known?.kind === 'in-progress') return { kind: 'key-in-progress' }
  if (known?.kind === 'reused') return { kind: 'key-reused' }
  if (known?.kind !== 'done') return null
  const transfer = await readTransfer(transaction, tenant, String(known.response))
  if (transfer === null) throw new TypeError('Cannot find the transfer that the key stands for')
  return { kind: 'done', transfer, replayed: true }
}

async function keep(transaction: Transaction, keyed: KeyedCommand, transferId: string): Promise<void> {
  await writeRecords(transaction, [{ ...keyed, response: transferId, keepSeconds: 30 * 86_400 }])
}

async function readPositions(transaction: Transaction, variantIds: readonly string[]) {
  const lists = await readPositionsOfVariants(transaction, variantIds)
  return new Map(variantIds.map((id, at) => [id, lists[at] ?? []]))
}

async function append(
  { eventLog, ids }: TransferDeps,
  transaction: Transaction,
  teller: Teller,
  movements: readonly NewMovement[],
  others: readonly NewEvent[],
): Promise<void> {
  const positions = await readPositions(transaction, [...new Set(movements.map(({ variantId }) => variantId))])
  const moved = movements.map((movement) => {
    const there = positions.get(movement.variantId)?.find(({ locationId }) => locationId === movement.locationId)
    return toMovementEvent(teller, movement, `mov_${ids.ulid()}`, there?.system ?? teller.authority)
  })
  await appendAtOnce(eventLog, transaction, [...moved, ...others])
}

function toTransfer({ record, lineIds, transferId, ...head }: StartCommand): StartedTransfer {
  const lines = record.movements.map(({ variantId, quantity }, at) => ({
    lineId: lineIds[at] ?? '',
    variantId,
    dispatched: quantity,
    ...{ received: 0, damaged: 0, lost: 0 },
  }))
  return { ...head, id: transferId, tenant: record.tenant, closedAt: null, version: 1, lines }
}

/** Every other process hears of it by the events. */
function tell({ eventLog, invalidator }: TransferDeps, outcome: StartOutcome | ReceiveOutcome): void {
  if (outcome.kind !== 'done' || outcome.replayed) return
  const variantIds = new Set(outcome.transfer.lines.map(({ variantId }) => variantId))
  invalidator.invalidate(
    [...variantIds].flatMap((key) => [
      { cache: 'inventory.positions-of-variant', key },
      { cache: 'inventory.terms-of-variant', key },
    ]),
  )
  eventLog.wake()
}
