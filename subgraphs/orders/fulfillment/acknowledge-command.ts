import type { NewEvent } from '../../../platform/event-log/event-log.ts'
import { claimKeys, type KeyedCommand, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { lockFulfillment, writeFulfillment } from './fulfillment-store.ts'
import { type Acknowledgement, type KeptReroute, openSinceOf } from './reroute.ts'
import type { RerouteDeps } from './reroute-command.ts'
import { createTelling } from './telling.ts'

export type AcknowledgeCommand = {
  readonly keyed: KeyedCommand
  readonly tenant: string
  readonly correlationId: string
  readonly now: Date
  readonly rerouteId: string
  readonly orderId: string
  readonly note: string
  readonly acknowledgedBy: string
}

export type AcknowledgeOutcome =
  | { readonly kind: 'done'; readonly reroute: KeptReroute; readonly replayed: boolean }
  | { readonly kind: 'not-open'; readonly reroute: KeptReroute }
  | { readonly kind: 'not-found' | 'key-reused' | 'key-in-progress' }

/** Closes a reroute for people. Whatever systems say of it is noted as ever, and opens it again where it is bad news. */
export async function acknowledgeReroute(deps: RerouteDeps, command: AcknowledgeCommand): Promise<AcknowledgeOutcome> {
  const outcome = await deps.database.transaction((transaction) => acknowledge(deps, transaction, command))
  if (outcome.kind === 'done' && !outcome.replayed) deps.eventLog.wake()
  return outcome
}

async function acknowledge(
  { eventLog }: RerouteDeps,
  transaction: Transaction,
  command: AcknowledgeCommand,
): Promise<AcknowledgeOutcome> {
  const { keyed, tenant, rerouteId, orderId, note, acknowledgedBy, now, correlationId } = command
  const [claimed] = await claimKeys(transaction, [keyed])
  if (claimed?.kind === 'in-progress') return { kind: 'key-in-progress' }
  if (claimed?.kind === 'reused') return { kind: 'key-reused' }
  const [known] = await lockFulfillment(transaction, tenant, [orderId])
  const reroute = known?.reroutes.find(({ id }) => id === rerouteId)
  if (known === undefined || reroute === undefined) return { kind: 'not-found' }
  if (claimed?.kind === 'done') return { kind: 'done', reroute, replayed: true }
  if (reroute.state === 'REQUESTED' || openSinceOf(reroute) === null) return { kind: 'not-open', reroute }
  const time = now.toISOString()
  const acknowledgement: Acknowledgement = { note, acknowledgedBy, acknowledgedAt: time }
  const after: KeptReroute = { ...reroute, acknowledgement }
  const events: NewEvent[] = []
  const cause = { tenant, time, authority: 'storeloom', causationId: null }
  const correlated = { ...cause, correlationId: correlationId === 'none' ? null : correlationId }
  createTelling(
    () => correlated,
    (event) => events.push(event),
  ).acknowledged(after, acknowledgement)
  await writeFulfillment(transaction, [{ ...known, fulfillmentOrders: [], reroutes: [after] }])
  await eventLog.append(transaction, events)
  await writeRecords(transaction, [{ ...keyed, response: rerouteId, keepSeconds: 30 * 86_400 }])
  return { kind: 'done', reroute: after, replayed: false }
}
