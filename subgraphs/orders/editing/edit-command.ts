import type { EventLog } from '../../../platform/event-log/event-log.ts'
import { claimKeys, type KeyedCommand, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { awaitDecision } from '../await-decision.ts'
import { lockFulfillment } from '../fulfillment/fulfillment-store.ts'
import { readOrders } from '../reads.ts'
import type { AskedChange } from './edit-input.ts'
import type { KeptEditRequest } from './edit-request.ts'
import { insertEdit, readEditRequests, readEditsOf } from './edit-store.ts'
import { type PlanRefusal, planEdit } from './plan-edit.ts'
import { toEditEvent } from './tell-edit.ts'

export type EditDeps = { readonly database: Database; readonly eventLog: EventLog; readonly ids: IdMinter }

export type EditCommand = {
  readonly keyed: KeyedCommand
  readonly tenant: string
  readonly correlationId: string
  readonly now: Date
  readonly orderId: string
  readonly expectedVersion: number
  readonly reason: string
  readonly requestedBy: string
  readonly asked: readonly AskedChange[]
}

export type EditOutcome =
  | { readonly kind: 'done'; readonly edit: KeptEditRequest; readonly replayed: boolean }
  | { readonly kind: 'not-found' | 'key-reused' | 'key-in-progress' }
  | { readonly kind: 'version-conflict'; readonly currentVersion: number }
  | { readonly kind: 'under-way'; readonly edit: KeptEditRequest }
  | PlanRefusal

type Begun = EditOutcome | { readonly kind: 'new'; readonly edit: KeptEditRequest }

/**
 * Begins an edit: from its commit on it is taken further by whoever runs the processes, whatever becomes of this one. Then waits
 * for what stock decides, no longer than `patienceMs`; a key that was used asks what became of the same edit.
 */
export async function editOrder(
  deps: EditDeps,
  command: EditCommand,
  patienceMs: number,
  signal: AbortSignal,
): Promise<EditOutcome> {
  const { database, eventLog } = deps
  const begun = await database.transaction((transaction) => begin(deps, transaction, command))
  if (begun.kind !== 'new' && begun.kind !== 'done') return begun
  eventLog.wake()
  const edit = await awaitDecision(
    eventLog,
    begun.edit,
    async () => (await readEditRequests(database, command.tenant, [begun.edit.id]))[0] ?? null,
    AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
  )
  return { kind: 'done', edit, replayed: begun.kind === 'done' }
}

async function begin({ eventLog, ids }: EditDeps, transaction: Transaction, command: EditCommand): Promise<Begun> {
  const { keyed, tenant, orderId, expectedVersion, asked } = command
  const [claimed] = await claimKeys(transaction, [keyed])
  if (claimed?.kind === 'in-progress') return { kind: 'key-in-progress' }
  if (claimed?.kind === 'reused') return { kind: 'key-reused' }
  if (claimed?.kind === 'done') {
    const [edit = null] = await readEditRequests(transaction, tenant, [String(claimed.response)])
    return edit === null ? { kind: 'not-found' } : { kind: 'done', edit, replayed: true }
  }
  const [order = null] = await readOrders(transaction, [orderId])
  if (order === null) return { kind: 'not-found' }
  if (order.version !== expectedVersion) return { kind: 'version-conflict', currentVersion: order.version }
  const [known] = await lockFulfillment(transaction, tenant, [orderId])
  const id = `oed_${ids.ulid()}`
  const plan = planEdit(order, known?.fulfillmentOrders ?? [], asked, (index) => `${id}:${index + 1}`)
  if (plan.kind !== 'plan') return plan
  const { reason, requestedBy, now, correlationId } = command
  const requestedAt = now.toISOString()
  const edit: KeptEditRequest = {
    ...{ id, orderId, channelId: order.channelId, orderVersion: order.version, state: 'REQUESTED' },
    ...{ reason, requestedBy, requestedAt, changes: plan.changes, before: plan.before, after: plan.after },
    ...{ isRead: false, heard: [], proposedAt: null, settledAt: null, system: null, refusal: null, withdrawal: null },
  }
  if (!(await insertEdit(transaction, tenant, edit))) {
    // The newest is the one in the way, though it may be settled by now.
    const [[inTheWay] = []] = await readEditsOf(transaction, tenant, [orderId], 1)
    if (inTheWay === undefined) throw new TypeError('Cannot find the edit that is in the way')
    return { kind: 'under-way', edit: inTheWay }
  }
  const correlated = correlationId === 'none' ? null : correlationId
  const cause = { tenant, time: requestedAt, correlationId: correlated, causationId: null }
  // The variant of what is to be added is stock's to find.
  const more = { after: [...plan.after], pinned: [...plan.pinned] }
  await eventLog.append(transaction, [toEditEvent(edit, cause, more)])
  await writeRecords(transaction, [{ ...keyed, response: id, keepSeconds: 30 * 86_400 }])
  return { kind: 'new', edit }
}
