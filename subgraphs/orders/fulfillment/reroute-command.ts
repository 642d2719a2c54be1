import type { EventLog, NewEvent } from '../../../platform/event-log/event-log.ts'
import { claimKeys, type KeyedCommand, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { awaitDecision } from '../await-decision.ts'
import { type FulfillmentOrderState, type KeptFulfillmentOrder, reroutableStates } from './fulfillment-order.ts'
import { lockFulfillment, readOrderIdOf, readReroute, writeFulfillment } from './fulfillment-store.ts'
import { followFulfillment, type OrderFulfillment } from './order-fulfillment.ts'
import type { KeptReroute } from './reroute.ts'
import { createTelling } from './telling.ts'

export type RerouteDeps = { readonly database: Database; readonly eventLog: EventLog; readonly ids: IdMinter }

export type RerouteCommand = {
  readonly keyed: KeyedCommand
  readonly tenant: string
  readonly correlationId: string
  readonly now: Date
  readonly fulfillmentOrderId: string
  readonly expectedVersion: number
  readonly toLocationId: string | null
  readonly reason: string
  readonly requestedBy: string
}

export type RerouteOutcome =
  | { readonly kind: 'done'; readonly reroute: KeptReroute; readonly replayed: boolean }
  | { readonly kind: 'not-found' | 'key-reused' | 'key-in-progress' }
  | { readonly kind: 'version-conflict'; readonly currentVersion: number }
  | { readonly kind: 'not-reroutable'; readonly state: FulfillmentOrderState }

type Begun = RerouteOutcome | { readonly kind: 'new'; readonly reroute: KeptReroute }

/**
 * Begins a reroute: from its commit on it is taken further by whoever runs the processes, whatever becomes of this one. Then waits
 * for what stock decides, no longer than `patienceMs`; a key that was used asks what became of the same reroute.
 */
export async function rerouteFulfillmentOrder(
  deps: RerouteDeps,
  command: RerouteCommand,
  patienceMs: number,
  signal: AbortSignal,
): Promise<RerouteOutcome> {
  const begun = await deps.database.transaction((transaction) => begin(deps, transaction, command))
  if (begun.kind !== 'new' && begun.kind !== 'done') return begun
  deps.eventLog.wake()
  const reroute = await awaitDecision(
    deps.eventLog,
    begun.reroute,
    () => readReroute(deps.database, command.tenant, begun.reroute.id),
    AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
  )
  return { kind: 'done', reroute, replayed: begun.kind === 'done' }
}

async function begin(
  { eventLog, ids }: RerouteDeps,
  transaction: Transaction,
  command: RerouteCommand,
): Promise<Begun> {
  const { keyed, tenant, fulfillmentOrderId, expectedVersion } = command
  const [claimed] = await claimKeys(transaction, [keyed])
  if (claimed?.kind === 'in-progress') return { kind: 'key-in-progress' }
  if (claimed?.kind === 'reused') return { kind: 'key-reused' }
  if (claimed?.kind === 'done') {
    const reroute = await readReroute(transaction, tenant, String(claimed.response))
    return reroute === null ? { kind: 'not-found' } : { kind: 'done', reroute, replayed: true }
  }
  const orderId = await readOrderIdOf(transaction, tenant, fulfillmentOrderId)
  if (orderId === null) return { kind: 'not-found' }
  const [known] = await lockFulfillment(transaction, tenant, [orderId])
  const before = known?.fulfillmentOrders.find(({ id }) => id === fulfillmentOrderId)
  if (known === undefined || before === undefined) return { kind: 'not-found' }
  if (before.version !== expectedVersion) return { kind: 'version-conflict', currentVersion: before.version }
  if (!isReroutable(before)) return { kind: 'not-reroutable', state: before.state }
  const id = `rrt_${ids.ulid()}`
  const { after, events } = request(known, command, id)
  await writeFulfillment(transaction, [after])
  await eventLog.append(transaction, events)
  await writeRecords(transaction, [{ ...keyed, response: id, keepSeconds: 30 * 86_400 }])
  const reroute = after.reroutes.find((one) => one.id === id)
  if (reroute === undefined) throw new TypeError('Cannot find the reroute that was begun')
  return { kind: 'new', reroute }
}

/** Before it is picked, of units that are still to leave, and not while it is asked already. */
function isReroutable({ state, leavingBy, lines }: KeptFulfillmentOrder): boolean {
  return leavingBy === null && reroutableStates.includes(state) && lines.some(({ quantity }) => quantity > 0)
}

function request(
  known: OrderFulfillment,
  { tenant, correlationId, now, fulfillmentOrderId, toLocationId, reason, requestedBy }: RerouteCommand,
  id: string,
): { readonly after: OrderFulfillment; readonly events: readonly NewEvent[] } {
  const events: NewEvent[] = []
  const requestedAt = now.toISOString()
  const cause = { tenant, time: requestedAt, authority: 'storeloom', causationId: null }
  const correlated = { ...cause, correlationId: correlationId === 'none' ? null : correlationId }
  const telling = createTelling(
    () => correlated,
    (event) => events.push(event),
  )
  const follower = followFulfillment(known, telling, () => {
    throw new TypeError('Cannot make a fulfilment order of a request alone')
  })
  follower.request({ id, fulfillmentOrderId, toLocationId, reason, requestedBy, requestedAt })
  return { after: follower.result(), events }
}
