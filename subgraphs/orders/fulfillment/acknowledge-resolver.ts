import { keyedRequest } from '../../../platform/idempotency/idempotency.ts'
import type { SubgraphResolvers } from '../../../schema/generated/orders.ts'
import { toKeyAnswer } from '../key-answers.ts'
import { checkText, nameOf } from '../request.ts'
import { type AcknowledgeOutcome, acknowledgeReroute } from './acknowledge-command.ts'

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

export const acknowledgeMutation: Pick<Mutations, 'acknowledgeReroute'> = {
  async acknowledgeReroute(_, { input }, { viewer, correlationId, now, commands, load }) {
    const { rerouteId } = input
    const key = checkText(input.idempotencyKey, 'idempotencyKey')
    const note = checkText(input.note, 'note')
    const { tenant, clientId } = viewer
    const known = await load.reroute.load(rerouteId)
    if (known === null || (await load.fulfillmentOrder.load(known.fromId)) === null) {
      return toAnswer({ kind: 'not-found' }, rerouteId)
    }
    const { orderId } = known
    const keyed = keyedRequest({ tenant, clientId, operation: 'acknowledgeReroute', key }, { rerouteId, note })
    const acknowledgedBy = nameOf(viewer)
    load.reroute.clear(rerouteId)
    return toAnswer(
      await acknowledgeReroute(commands, {
        keyed,
        tenant,
        correlationId,
        now,
        rerouteId,
        orderId,
        note,
        acknowledgedBy,
      }),
      rerouteId,
    )
  },
}

function toAnswer(outcome: AcknowledgeOutcome, rerouteId: string) {
  switch (outcome.kind) {
    case 'done': {
      const { reroute, replayed } = outcome
      return { __typename: 'AcknowledgeRerouteSuccess' as const, reroute, replayed }
    }
    case 'not-open': {
      const { reroute } = outcome
      const under = reroute.state === 'REQUESTED' ? 'stock is to decide it yet' : 'it is confirmed, over or seen to'
      return {
        ...{ __typename: 'RerouteNotOpen' as const, code: 'CONFLICT' as const, reroute, path: ['input', 'rerouteId'] },
        message: `Cannot acknowledge the reroute: ${under}`,
      }
    }
    case 'not-found':
      return {
        ...{ __typename: 'RerouteNotFound' as const, code: 'NOT_FOUND' as const, rerouteId },
        message: 'Cannot acknowledge the reroute: there is none of this id',
        path: ['input', 'rerouteId'],
      }
    case 'key-reused':
    case 'key-in-progress':
      return toKeyAnswer(outcome.kind)
    default:
      return outcome satisfies never
  }
}
