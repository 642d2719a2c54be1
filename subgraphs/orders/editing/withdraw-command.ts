import { claimKeys, type KeyedCommand, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { readOrders } from '../reads.ts'
import type { EditDeps } from './edit-command.ts'
import type { KeptEditRequest } from './edit-request.ts'
import { lockOpenEdits, readEditRequests, writeEdits } from './edit-store.ts'
import { demandOfOrder } from './plan-edit.ts'
import { toEditEvent } from './tell-edit.ts'

export type WithdrawCommand = {
  readonly keyed: KeyedCommand
  readonly tenant: string
  readonly correlationId: string
  readonly now: Date
  readonly editId: string
  readonly orderId: string
  readonly reason: string
  readonly withdrawnBy: string
}

export type WithdrawOutcome =
  | { readonly kind: 'done'; readonly edit: KeptEditRequest; readonly replayed: boolean }
  | { readonly kind: 'not-pending'; readonly edit: KeptEditRequest }
  | { readonly kind: 'not-found' | 'key-reused' | 'key-in-progress' }

/** Whatever stock and the channel's system say of the edit afterwards is said too late, and what they did is followed as ever. */
export async function withdrawEdit(deps: EditDeps, command: WithdrawCommand): Promise<WithdrawOutcome> {
  const outcome = await deps.database.transaction((transaction) => withdraw(deps, transaction, command))
  if (outcome.kind === 'done' && !outcome.replayed) deps.eventLog.wake()
  return outcome
}

async function withdraw(
  { eventLog }: EditDeps,
  transaction: Transaction,
  command: WithdrawCommand,
): Promise<WithdrawOutcome> {
  const { keyed, tenant, editId, orderId, now, reason, withdrawnBy, correlationId } = command
  const [claimed] = await claimKeys(transaction, [keyed])
  if (claimed?.kind === 'in-progress') return { kind: 'key-in-progress' }
  if (claimed?.kind === 'reused') return { kind: 'key-reused' }
  const open = (await lockOpenEdits(transaction, tenant, [orderId])).get(orderId)
  // Until stock has decided, nobody knows the variants of what is to be added.
  if (open?.id !== editId || open.state !== 'PENDING') {
    const [edit = null] = await readEditRequests(transaction, tenant, [editId])
    if (edit === null) return { kind: 'not-found' }
    return claimed?.kind === 'done' ? { kind: 'done', edit, replayed: true } : { kind: 'not-pending', edit }
  }
  const [order = null] = await readOrders(transaction, [orderId])
  const at = now.toISOString()
  const edit: KeptEditRequest = {
    ...open,
    ...{ state: 'WITHDRAWN', settledAt: at, heard: [], withdrawal: { reason, withdrawnBy } },
    before: open.after,
    after: (order === null ? open.before : demandOfOrder(order)).map((line) => ({ ...line, sku: null })),
  }
  await writeEdits(transaction, [edit])
  const correlated = correlationId === 'none' ? null : correlationId
  const cause = { tenant, time: at, correlationId: correlated, causationId: null }
  await eventLog.append(transaction, [toEditEvent(edit, cause, { reason, requestedBy: withdrawnBy })])
  await writeRecords(transaction, [{ ...keyed, response: editId, keepSeconds: 30 * 86_400 }])
  return { kind: 'done', edit, replayed: false }
}
