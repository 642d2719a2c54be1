import { keyedRequest } from '../../../platform/idempotency/idempotency.ts'
import { toMoney } from '../../../platform/money-answer.ts'
import { isInStockScope, stockScope } from '../../../policies/stock-scope.ts'
import type { SubgraphResolvers } from '../../../schema/generated/orders.ts'
import type { Context } from '../loaders.ts'
import { checkText, nameOf, refusal } from '../request.ts'
import { requestReturn } from './request-return.ts'
import { awaitedOf, isCrossBorder, onHoldOf, refundDueOf, refundTrackOf, stateOf } from './return.ts'
import { toReturnAnswer } from './return-answers.ts'
import { type Asked, type ReturnCommand, stepReturn } from './return-command.ts'
import { checkLines, toDeadline, toReceivedAt } from './return-input.ts'

type Resolvers<K extends keyof SubgraphResolvers> = Required<NonNullable<SubgraphResolvers[K]>>

export const returnQueries: Pick<Resolvers<'Query'>, 'return'> = {
  return: (_, { id }, { load }) => load.return.load(id),
}

type StepKind = 'AUTHORIZE' | 'DECLINE' | 'CANCEL'

export const returnMutations: Pick<
  Resolvers<'Mutation'>,
  | 'requestReturn'
  | 'authorizeReturn'
  | 'declineReturn'
  | 'cancelReturn'
  | 'recordReturnReceipt'
  | 'recordReturnDisposition'
> = {
  async requestReturn(_, { input }, context) {
    const { viewer, now, commands, load } = context
    const { idempotencyKey, ...body } = input
    const asked = toAsked('requestReturn', idempotencyKey, body, context)
    const lines = checkLines(input.lines, ({ lineId }) => lineId).map((line) => ({
      ...line,
      reason: line.reason ?? 'OTHER',
    }))
    const shopper = viewer.kind === 'shopper'
    const initiatedVia = input.initiatedVia ?? (shopper ? 'ONLINE' : 'SERVICE')
    if (shopper && initiatedVia !== 'ONLINE') throw refusal('initiatedVia', initiatedVia, 'ONLINE of a shopper')
    const deadline = toDeadline(input.deadline, now)
    if ((await load.order.load(input.orderId)) === null) {
      return toReturnAnswer('REQUEST', { kind: 'not-found', argument: 'orderId' })
    }
    const { orderId, returnToLocationId = null } = input
    const requestedBy = nameOf(viewer)
    const command = { ...asked, orderId, lines, initiatedVia, returnToId: returnToLocationId, deadline, requestedBy }
    const outcome = await requestReturn(commands, command)
    load.return.clearAll()
    return toReturnAnswer('REQUEST', outcome)
  },
  authorizeReturn: (_, { input }, context) => take('AUTHORIZE', 'authorizeReturn', input, context),
  declineReturn: (_, { input }, context) => take('DECLINE', 'declineReturn', input, context),
  cancelReturn: (_, { input }, context) => take('CANCEL', 'cancelReturn', input, context),
  recordReturnReceipt(_, { input }, context) {
    const { idempotencyKey, ...body } = input
    const asked = toAsked('recordReturnReceipt', idempotencyKey, body, context)
    const { returnId, expectedVersion, locationId } = input
    const arrivals = checkLines(input.lines, null).map((line) => ({ ...line, outcome: line.outcome ?? 'RECEIVED' }))
    const at = toReceivedAt(input.receivedAt, context.now)
    const command = { ...asked, kind: 'RECEIVE' as const, returnId, expectedVersion, locationId, arrivals, at }
    return run(command, [locationId], context)
  },
  async recordReturnDisposition(_, { input }, context) {
    const { idempotencyKey, ...body } = input
    const asked = toAsked('recordReturnDisposition', idempotencyKey, body, context)
    const { returnId, expectedVersion } = input
    const placings = checkLines(input.lines, null)
    const kept = await context.load.return.load(returnId)
    const receipts = kept?.lines.flatMap((line) => line.receipts) ?? []
    const named = new Set(placings.map(({ receiptId }) => receiptId))
    const places = receipts.flatMap(({ id, locationId }) => (named.has(id) ? [locationId] : []))
    return run({ ...asked, kind: 'DISPOSE', returnId, expectedVersion, placings }, places, context)
  },
}

export const returnTypes: Pick<SubgraphResolvers, 'Return' | 'ReturnLine' | 'ReturnReceipt'> = {
  Return: {
    __resolveReference: ({ id }, { load }) => load.return.load(id),
    order: ({ orderId }, _, { load }) => load.order.load(orderId),
    state: stateOf,
    lines: ({ orderId, lines }) => lines.map((line) => ({ ...line, orderId })),
    returnTo: ({ returnToId }) => ({ id: returnToId }),
    crossBorder: isCrossBorder,
    refund: refundTrackOf,
    refundDue: (kept) => toMoney(refundDueOf(kept), kept.currency),
  },
  ReturnLine: {
    line: async ({ orderId, lineId }, _, { load }) =>
      (await load.order.load(orderId))?.lines.find(({ id }) => id === lineId) ?? null,
    variant: ({ variantId }) => (variantId === null ? null : { id: variantId }),
    shippedFrom: ({ shippedFrom }) => shippedFrom.map(({ locationId }) => ({ id: locationId })),
    awaited: awaitedOf,
  },
  ReturnReceipt: {
    location: ({ locationId }) => ({ id: locationId }),
    onHold: onHoldOf,
  },
}

type StepInput = {
  readonly idempotencyKey: string
  readonly returnId: string
  readonly expectedVersion: number
  readonly note?: string | null | undefined
}

function take(kind: StepKind, operation: string, input: StepInput, context: Context) {
  const { idempotencyKey, ...body } = input
  const asked = toAsked(operation, idempotencyKey, body, context)
  const { returnId, expectedVersion } = input
  const note = input.note == null ? null : checkText(input.note, 'note')
  return run({ ...asked, kind, returnId, expectedVersion, note }, [], context)
}

/** @param places where the caller says that units are: of a store's staff, their own alone */
async function run(command: ReturnCommand, places: readonly string[], { viewer, commands, load }: Context) {
  const { kind, returnId } = command
  if ((await load.return.load(returnId)) === null) {
    return toReturnAnswer(kind, { kind: 'not-found', argument: 'returnId' })
  }
  const scope = stockScope(viewer)
  if (places.some((id) => !isInStockScope(scope, id))) {
    return toReturnAnswer(kind, { kind: 'not-found', argument: kind === 'RECEIVE' ? 'locationId' : 'returnId' })
  }
  const outcome = await stepReturn(commands, command)
  load.return.clearAll()
  return toReturnAnswer(kind, outcome)
}

function toAsked(operation: string, key: string, body: object, { viewer, correlationId, now }: Context): Asked {
  const { tenant, clientId } = viewer
  const given = { tenant, clientId, operation, key: checkText(key, 'idempotencyKey') }
  return { keyed: keyedRequest(given, body), tenant, correlationId, now }
}
