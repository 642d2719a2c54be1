import { AppError } from '../../../platform/errors/app-error.ts'
import { keyedRequest } from '../../../platform/idempotency/idempotency.ts'
import type { SubgraphResolvers } from '../../../schema/generated/orders.ts'
import { toKeyAnswer } from '../key-answers.ts'
import { checkText, nameOf } from '../request.ts'
import { type FulfillmentOrderState, reroutableStates } from './fulfillment-order.ts'
import { readOpenReroutes } from './fulfillment-store.ts'
import { type Confirmation, confirmWithinSeconds, type KeptReroute } from './reroute.ts'
import { rerouteFulfillmentOrder } from './reroute-command.ts'

const mostListed = 100
/** How long a caller may wait for stock to decide. */
const patienceMs = 2_000

export const fulfillmentQueries: Pick<NonNullable<SubgraphResolvers['Query']>, 'fulfillmentOrder' | 'openReroutes'> = {
  fulfillmentOrder: (_, { id }, { load }) => load.fulfillmentOrder.load(id),
  async openReroutes(_, { first }, { database, viewer, load }) {
    const size = first ?? 25
    if (size < 0 || size > mostListed) {
      throw new AppError('BAD_USER_INPUT', `Cannot list reroutes: first is ${size}, allowed is 0 to ${mostListed}`)
    }
    const found = await readOpenReroutes(database, viewer.tenant, size)
    const seen = await Promise.all(found.map(({ fromId }) => load.fulfillmentOrder.load(fromId)))
    return found.filter((_one, at) => seen[at] !== null)
  },
}

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

export const fulfillmentMutations: Pick<Mutations, 'rerouteFulfillmentOrder'> = {
  async rerouteFulfillmentOrder(_, { input }, context) {
    const { idempotencyKey, ...body } = input
    const { fulfillmentOrderId, expectedVersion, toLocationId = null } = body
    const key = checkText(idempotencyKey, 'idempotencyKey')
    const reason = checkText(body.reason, 'reason')
    if (toLocationId !== null) checkText(toLocationId, 'toLocationId')
    const { viewer, correlationId, now, commands, load, signal } = context
    const { tenant, clientId } = viewer
    const path = ['input', 'fulfillmentOrderId']
    const message = 'Cannot reroute the fulfilment order: there is none of this id'
    const missing = {
      ...{ __typename: 'FulfillmentOrderNotFound' as const, code: 'NOT_FOUND' as const },
      ...{ message, path, fulfillmentOrderId },
    }
    if ((await load.fulfillmentOrder.load(fulfillmentOrderId)) === null) return missing
    const keyed = keyedRequest({ tenant, clientId, operation: 'rerouteFulfillmentOrder', key }, body)
    const outcome = await rerouteFulfillmentOrder(
      commands,
      {
        ...{ keyed, tenant, correlationId, now, fulfillmentOrderId, expectedVersion, toLocationId, reason },
        requestedBy: nameOf(viewer),
      },
      patienceMs,
      signal(),
    )
    load.fulfillmentOrder.clearAll()
    switch (outcome.kind) {
      case 'done': {
        const { reroute, replayed } = outcome
        if (reroute.state !== 'REFUSED' || reroute.refusal === null) {
          return { __typename: 'RerouteFulfillmentOrderSuccess' as const, reroute, replayed }
        }
        return {
          ...{
            __typename: 'NoLocationCanFulfill' as const,
            code: 'CONFLICT' as const,
            path: ['input', 'toLocationId'],
          },
          message: `Cannot reroute the fulfilment order: ${words[reroute.refusal.reason]}`,
          ...{ ...reroute.refusal, reroute },
        }
      }
      case 'not-found':
        return missing
      case 'not-reroutable':
        return toNotReroutable(outcome.state)
      case 'version-conflict': {
        const { currentVersion } = outcome
        return {
          ...{ __typename: 'VersionConflict' as const, code: 'CONFLICT' as const, currentVersion },
          message: `Cannot reroute the fulfilment order: it is of version ${currentVersion} now`,
          path: ['input', 'expectedVersion'],
        }
      }
      case 'key-reused':
      case 'key-in-progress':
        return toKeyAnswer(outcome.kind)
      default:
        return outcome satisfies never
    }
  },
}

export const fulfillmentTypes: Pick<
  SubgraphResolvers,
  | 'FulfillmentOrder'
  | 'FulfillmentLine'
  | 'Reroute'
  | 'RerouteConfirmation'
  | 'RerouteAlternative'
  | 'RerouteAlternativeLine'
> = {
  FulfillmentOrder: {
    __resolveReference: ({ id }, { load }) => load.fulfillmentOrder.load(id),
    order: ({ orderId }, _, { load }) => load.order.load(orderId),
    location: ({ locationId }) => ({ id: locationId }),
    reroute: ({ leavingBy, madeBy, id }, _, { load }) => {
      const rerouteId = leavingBy ?? madeBy
      return rerouteId === null ? load.rerouteFrom.load(id) : load.reroute.load(rerouteId)
    },
  },
  FulfillmentLine: { variant: ({ variantId }) => ({ id: variantId }) },
  Reroute: {
    from: ({ fromId }, _, { load }) => load.fulfillmentOrder.load(fromId),
    to: ({ toId }, _, { load }) => (toId === null ? null : load.fulfillmentOrder.load(toId)),
    attempts: ({ attempt }) => attempt,
    rejectedLocations: ({ rejectedLocationIds }) => rejectedLocationIds.map((id) => ({ id })),
  },
  RerouteConfirmation: {
    location: ({ locationId }) => ({ id: locationId }),
    ageSeconds: ({ since, settledAt }, _, { now }) => secondsBetween(since, settledAt ?? now.toISOString()),
    overdueBySeconds: (confirmation, _, { now }) => overdueOf(confirmation, now),
  },
  RerouteAlternative: { location: ({ locationId }) => ({ id: locationId }) },
  RerouteAlternativeLine: { variant: ({ variantId }) => ({ id: variantId }) },
}

function overdueOf({ state, since }: Confirmation, now: Date): number | null {
  return state === 'PENDING' ? Math.max(0, secondsBetween(since, now.toISOString()) - confirmWithinSeconds) : null
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1_000))
}

function toNotReroutable(state: FulfillmentOrderState) {
  const allowed = reroutableStates
  const under = allowed.includes(state) ? 'a reroute of it is under way, or it has no units left' : `it is ${state}`
  return {
    ...{ __typename: 'FulfillmentOrderNotReroutable' as const, code: 'CONFLICT' as const, state, allowed },
    message: `Cannot reroute the fulfilment order: ${under}`,
    path: ['input', 'fulfillmentOrderId'],
  }
}

const words: Readonly<Record<NonNullable<KeptReroute['refusal']>['reason'], string>> = {
  NO_LOCATION: 'no location has all its units',
  TARGET_SHORT: 'the location that was asked for has not all its units',
  UNKNOWN_LOCATION: 'toLocationId names no location',
  UNITS_CHANGED: 'its units are reserved elsewhere by now, or not any more',
}
