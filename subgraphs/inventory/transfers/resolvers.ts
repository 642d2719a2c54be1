import { parseConnectionArguments, toConnection } from '../../../platform/connection.ts'
import { hashFilter } from '../../../platform/cursor.ts'
import { isInStockScope, stockScope } from '../../../policies/stock-scope.ts'
import type { SubgraphResolvers } from '../../../schema/generated/inventory.ts'
import { recordContext, toRecordRefusal } from '../ledger/record-resolvers.ts'
import type { Context } from '../loaders.ts'
import type { Step } from './lifecycle.ts'
import { readPlannedTransfers, readTransfer } from './read-transfer.ts'
import {
  type StepInput,
  toDraftCommand,
  toReceiveCommand,
  toStartCommand,
  toStepCommand,
} from './to-transfer-command.ts'
import { inTransitOf, stateOf } from './transfer.ts'
import { toTransferAnswer } from './transfer-answers.ts'

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

export const transferQueries: Pick<NonNullable<SubgraphResolvers['Query']>, 'transfer' | 'plannedTransfers'> = {
  async transfer(_, { id }, { database, viewer }) {
    const found = await readTransfer(database, viewer.tenant, id)
    if (found === null) return null
    const scope = stockScope(viewer)
    const seen = [found.fromLocationId, found.toLocationId].some((locationId) => isInStockScope(scope, locationId))
    return seen ? found : null
  },

  async plannedTransfers(_, { first, after }, { database, viewer, cursors }) {
    const page = parseConnectionArguments({ first, after })
    const scope = stockScope(viewer)
    const target = { scope: 'Query.plannedTransfers', filterHash: hashFilter([viewer.tenant, scope]) }
    const [above] = page.cursor === null ? [] : cursors.decode(page.cursor, target)
    const rows = await readPlannedTransfers(database, viewer.tenant, scope, String(above ?? ''), page.size + 1)
    return toConnection(rows, page, ({ id }) => cursors.encode({ ...target, values: [id] }))
  },
}

export const transferMutations: Pick<
  Mutations,
  | 'draftTransfer'
  | 'requestTransfer'
  | 'approveTransfer'
  | 'cancelTransfer'
  | 'dispatchTransfer'
  | 'startTransfer'
  | 'receiveTransfer'
> = {
  async draftTransfer(_, { input }, context) {
    const { commands } = context
    const command = await toDraftCommand(input, commands.nextTransferId(), await recordContext(context))
    if ('kind' in command) return toRecordRefusal(command)
    return toTransferAnswer(await commands.beginTransfer(command), 'draft the transfer', command.transferId)
  },

  requestTransfer: (_, { input }, context) => takeStep('requestTransfer', 'REQUESTED', input, context),
  approveTransfer: (_, { input }, context) => takeStep('approveTransfer', 'APPROVED', input, context),
  cancelTransfer: (_, { input }, context) => takeStep('cancelTransfer', 'CANCELLED', input, context),
  dispatchTransfer: (_, { input }, context) => takeStep('dispatchTransfer', 'DISPATCHED', input, context),

  async startTransfer(_, { input }, context) {
    const { commands } = context
    const command = await toStartCommand(input, commands.nextTransferId(), await recordContext(context))
    if ('kind' in command) return toRecordRefusal(command)
    return toTransferAnswer(await commands.beginTransfer(command), 'start the transfer', command.transferId)
  },

  async receiveTransfer(_, { input }, context) {
    const command = toReceiveCommand(input, context)
    if ('kind' in command) return toRecordRefusal(command)
    return toTransferAnswer(await context.commands.receiveTransfer(command), 'receive the transfer', input.transferId)
  },
}

export const transferTypes: Pick<SubgraphResolvers, 'Transfer' | 'TransferLine'> = {
  Transfer: {
    from: ({ fromLocationId }, _, context) => locationOf(fromLocationId, context),
    to: ({ toLocationId }, _, context) => locationOf(toLocationId, context),
    state: stateOf,
    changedBy: ({ decision }) => decision?.by ?? null,
    changeReason: ({ decision }) => decision?.reason ?? null,
  },
  TransferLine: { variant: ({ variantId }) => ({ id: variantId }), inTransit: inTransitOf },
}

async function takeStep(operation: string, to: Step['to'], input: StepInput, context: Context) {
  const command = toStepCommand(operation, to, input, context)
  if ('kind' in command) return toRecordRefusal(command)
  const outcome = await context.commands.stepTransfer(command)
  return toTransferAnswer(outcome, `${operation.replace('Transfer', '')} the transfer`, input.transferId)
}

async function locationOf(locationId: string, { load }: Context) {
  return (await load.network()).locations.get(locationId) ?? null
}
