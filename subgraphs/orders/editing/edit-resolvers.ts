import { AppError } from '../../../platform/errors/app-error.ts'
import { keyedRequest } from '../../../platform/idempotency/idempotency.ts'
import type { SubgraphResolvers } from '../../../schema/generated/orders.ts'
import { toChangeAnswer } from '../edit-resolvers.ts'
import type { Context } from '../loaders.ts'
import { checkText, nameOf } from '../request.ts'
import { toEditAnswer, toInvalidChanges, toOrderNotFound, toWithdrawAnswer } from './edit-answers.ts'
import { editOrder } from './edit-command.ts'
import { parseChanges } from './edit-input.ts'
import { confirmWithinSeconds, type KeptEditRequest } from './edit-request.ts'
import { mostEditRequests, readOpenEdits } from './edit-store.ts'
import { withdrawEdit } from './withdraw-command.ts'

/** How long a caller may wait for stock to decide. */
const patienceMs = 2_000

export const editQueries: Pick<NonNullable<SubgraphResolvers['Query']>, 'openEditRequests'> = {
  async openEditRequests(_, { first }, { database, viewer, load }) {
    const found = await readOpenEdits(database, viewer.tenant, sizeOf(first))
    const seen = await Promise.all(found.map(({ orderId }) => load.order.load(orderId)))
    return found.filter((_one, at) => seen[at] !== null)
  },
}

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

export const editMutations: Pick<Mutations, 'editOrder' | 'withdrawOrderEdit'> = {
  async editOrder(_, { input }, context) {
    const { idempotencyKey, ...body } = input
    const { orderId, expectedVersion } = body
    const key = checkText(idempotencyKey, 'idempotencyKey')
    const reason = checkText(body.reason, 'reason')
    const { asked, invalid } = parseChanges(body.changes)
    if (invalid.length > 0) return toInvalidChanges(invalid)
    const { viewer, correlationId, now, commands, load, signal } = context
    const { tenant, clientId } = viewer
    if ((await load.order.load(orderId)) === null) return toOrderNotFound(orderId)
    const keyed = keyedRequest({ tenant, clientId, operation: 'editOrder', key }, body)
    const outcome = await editOrder(
      commands,
      {
        ...{ keyed, tenant, correlationId, now, orderId, expectedVersion, reason, asked },
        requestedBy: nameOf(viewer),
      },
      patienceMs,
      signal(),
    )
    return toEditAnswer(outcome, orderId)
  },
  async withdrawOrderEdit(_, { input }, { viewer, correlationId, now, commands, load }) {
    const { idempotencyKey, editRequestId: editId, ...body } = input
    const key = checkText(idempotencyKey, 'idempotencyKey')
    const reason = checkText(body.reason, 'reason')
    const { tenant, clientId } = viewer
    const edit = await load.editRequest.load(editId)
    if (edit === null || (await load.order.load(edit.orderId)) === null) {
      return toWithdrawAnswer({ kind: 'not-found' }, editId)
    }
    const keyed = keyedRequest({ tenant, clientId, operation: 'withdrawOrderEdit', key }, { editId, reason })
    const { orderId } = edit
    const withdrawnBy = nameOf(viewer)
    load.editRequest.clear(editId)
    return toWithdrawAnswer(
      await withdrawEdit(commands, { keyed, tenant, correlationId, now, editId, orderId, reason, withdrawnBy }),
      editId,
    )
  },
}

export const editTypes: Pick<SubgraphResolvers, 'OrderEditRequest' | 'OrderEditShortfall' | 'OrderEditAlternative'> = {
  OrderEditRequest: {
    __resolveReference: async ({ id }, { load }) => {
      const edit = await load.editRequest.load(id)
      return edit === null || (await load.order.load(edit.orderId)) === null ? null : edit
    },
    order: ({ orderId }, _, { load }) => load.order.load(orderId),
    // None of the changes that may be asked for names an amount.
    changes: ({ changes }) => changes.map((change) => toChangeAnswer(change, 'XXX')),
    ageSeconds: (edit, _, { now }) => ageOf(edit, now),
    overdueBySeconds: (edit, _, { now }) =>
      edit.state === 'PENDING' ? Math.max(0, ageOf(edit, now) - confirmWithinSeconds) : null,
  },
  OrderEditShortfall: { variant: ({ variantId }) => ({ id: variantId }) },
  OrderEditAlternative: { location: ({ locationId }) => ({ id: locationId }) },
}

/** Newest first. @throws AppError `BAD_USER_INPUT` */
export async function loadEditRequests(orderId: string, first: number | null | undefined, load: Context['load']) {
  const size = sizeOf(first)
  return (await load.editRequestsOf.load(orderId)).slice(0, size)
}

function sizeOf(first: number | null | undefined): number {
  const size = first ?? 25
  if (size >= 0 && size <= mostEditRequests) return size
  throw new AppError('BAD_USER_INPUT', `Cannot list edits: first is ${size}, allowed is 0 to ${mostEditRequests}`)
}

function ageOf({ requestedAt, proposedAt, settledAt }: KeptEditRequest, now: Date): number {
  const until = settledAt === null ? now.getTime() : Date.parse(settledAt)
  return Math.max(0, Math.round((until - Date.parse(proposedAt ?? requestedAt)) / 1_000))
}
