import { isInStockScope, stockScope } from '../../../policies/stock-scope.ts'
import type { SubgraphResolvers } from '../../../schema/generated/inventory.ts'
import { recordContext, toRecordRefusal } from '../ledger/record-resolvers.ts'
import type { Context } from '../loaders.ts'
import { toRefusalAnswer } from '../reservations/answers.ts'
import { readTransfer } from './read-transfer.ts'
import { toReceiveCommand, toStartCommand } from './to-transfer-command.ts'
import { inTransitOf, stateOf } from './transfer.ts'
import type { ReceiveOutcome } from './transfer-command.ts'

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

export const transferQueries: Pick<NonNullable<SubgraphResolvers['Query']>, 'transfer'> = {
  async transfer(_, { id }, { database, viewer }) {
    const found = await readTransfer(database, viewer.tenant, id)
    if (found === null) return null
    const scope = stockScope(viewer)
    const seen = [found.fromLocationId, found.toLocationId].some((locationId) => isInStockScope(scope, locationId))
    return seen ? found : null
  },
}

export const transferMutations: Pick<Mutations, 'startTransfer' | 'receiveTransfer'> = {
  async startTransfer(_, { input }, context) {
    const { commands } = context
    const command = await toStartCommand(input, commands.nextTransferId(), await recordContext(context))
    if ('kind' in command) return toRecordRefusal(command)
    const outcome = await commands.startTransfer(command)
    if (outcome.kind === 'done') return toSuccess(outcome)
    if (outcome.kind !== 'insufficient') return toRefusalAnswer(outcome)
    const message = 'Cannot send these units: there are fewer that nobody was promised'
    return {
      ...toRefusalAnswer(outcome),
      __typename: 'InsufficientStock' as const,
      message,
      shortfalls: outcome.shortfalls,
    }
  },

  async receiveTransfer(_, { input }, context) {
    const command = toReceiveCommand(input, context)
    if ('kind' in command) return toRecordRefusal(command)
    return toReceiveAnswer(await context.commands.receiveTransfer(command), input.transferId)
  },
}

export const transferTypes: Pick<SubgraphResolvers, 'Transfer' | 'TransferLine'> = {
  Transfer: {
    from: ({ fromLocationId }, _, context) => locationOf(fromLocationId, context),
    to: ({ toLocationId }, _, context) => locationOf(toLocationId, context),
    state: stateOf,
  },
  TransferLine: { variant: ({ variantId }) => ({ id: variantId }), inTransit: inTransitOf },
}

async function locationOf(locationId: string, { load }: Context) {
  return (await load.network()).locations.get(locationId) ?? null
}

function toSuccess({ transfer, replayed }: Extract<ReceiveOutcome, { kind: 'done' }>) {
  return { __typename: 'TransferSuccess' as const, transfer, replayed }
}

function toReceiveAnswer(outcome: ReceiveOutcome, transferId: string) {
  switch (outcome.kind) {
    case 'done':
      return toSuccess(outcome)
    case 'not-found':
      return {
        __typename: 'TransferNotFound' as const,
        code: 'NOT_FOUND' as const,
        message: 'Cannot receive the transfer: there is none of this id',
        path: ['input', 'transferId'],
        transferId,
      }
    case 'closed':
      return {
        __typename: 'TransferClosed' as const,
        code: 'CONFLICT' as const,
        message: `Cannot receive the transfer: it is closed, as ${outcome.state}`,
        path: ['input', 'transferId'],
        transferId,
        state: outcome.state,
      }
    case 'units-missing': {
      const { lineId, requested, inTransit } = outcome
      return {
        __typename: 'TransferUnitsMissing' as const,
        code: 'CONFLICT' as const,
        message: `Cannot receive the transfer: ${inTransit} units are in transit, got ${requested}`,
        path: ['input', 'lines'],
        ...{ lineId, requested, inTransit },
      }
    }
    case 'unknown-line': {
      const { lineId } = outcome
      const message = 'lineId names no line of the transfer'
      return toRefusalAnswer({ kind: 'invalid', lines: [{ lineId, reason: 'BAD_LINE_ID', message }] })
    }
    case 'not-authority':
      return toRecordRefusal({
        kind: 'not-authority',
        message: 'the destination is not one of yours',
        argument: 'transferId',
      })
    default:
      return toRefusalAnswer(outcome)
  }
}
