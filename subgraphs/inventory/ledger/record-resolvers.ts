import type { SubgraphResolvers } from '../../../schema/generated/inventory.ts'
import type { Context } from '../loaders.ts'
import { toRefusalAnswer } from '../reservations/answers.ts'
import type { RecordOutcome } from './record-command.ts'
import { type RecordContext, type RecordRefusal, toRecordCommand } from './record-input.ts'
import { transferIdPrefix } from './told-movement.ts'

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

/** Lets a client leave out what it believed there was. */
const authorityScope = 'inventory:authority'

export const recordMutations: Pick<Mutations, 'setCount' | 'recordMovements'> = {
  async setCount(_, { input }, context) {
    const { idempotencyKey, ...body } = input
    const { counted, asOf, changeFromQuantity, ...rest } = body
    if (changeFromQuantity == null && !context.viewer.scopes.includes(authorityScope)) {
      const message = `changeFromQuantity is missing, allowed only with the scope ${authorityScope}`
      return toRecordRefusal({ kind: 'not-authority', message, argument: 'changeFromQuantity' })
    }
    const line = { ...rest, lineId: 'count', kind: 'PHYSICAL_COUNT' as const, quantity: counted, occurredAt: asOf }
    const keyed = { operation: 'setCount', idempotencyKey, body }
    const command = await toRecordCommand(keyed, [line], changeFromQuantity ?? null, await recordContext(context))
    if ('kind' in command) return toRecordRefusal(command)
    const outcome = await context.commands.record(command)
    if (outcome.kind !== 'stale') return toRecordAnswer(outcome)
    return {
      __typename: 'ChangeFromQuantityStale' as const,
      code: 'CONFLICT' as const,
      message: `Cannot set the count: there are ${outcome.currentQuantity} sellable units, not ${changeFromQuantity}`,
      path: ['input', 'changeFromQuantity'],
      currentQuantity: outcome.currentQuantity,
    }
  },

  async recordMovements(_, { input }, context) {
    const { idempotencyKey, ...body } = input
    const counts = input.movements.filter(({ kind }) => kind === 'PHYSICAL_COUNT')
    if (counts.length > 0) {
      const message = 'kind is PHYSICAL_COUNT, allowed is any other; setCount takes counts'
      const lines = counts.map(({ lineId }) => ({ lineId, reason: 'BAD_BUCKETS' as const, message }))
      return toRecordRefusal({ kind: 'invalid', lines })
    }
    const started = input.movements.filter(({ transferId }) => transferId?.startsWith(transferIdPrefix))
    if (started.length > 0) {
      const message = 'transferId is of a transfer that was started here; receiveTransfer receives it'
      const lines = started.map(({ lineId }) => ({ lineId, reason: 'BAD_TRANSFER' as const, message }))
      return toRecordRefusal({ kind: 'invalid', lines })
    }
    const keyed = { operation: 'recordMovements', idempotencyKey, body }
    const command = await toRecordCommand(keyed, input.movements, null, await recordContext(context))
    if ('kind' in command) return toRecordRefusal(command)
    const outcome = await context.commands.record(command)
    if (outcome.kind === 'stale') throw new TypeError('Cannot compare a quantity that nobody gave')
    return toRecordAnswer(outcome)
  },
}

export async function recordContext(context: Context): Promise<RecordContext> {
  return {
    call: context,
    network: await context.load.network(),
    variantIdsOf: async (skus) => context.load.variantIdBySku.loadMany(skus),
    async knownVariants(ids) {
      const { rows } = await context.database.query<{ id: string }>(
        'select distinct id from inventory.variants where id = any($1)',
        [ids],
      )
      return new Set(rows.map(({ id }) => id))
    },
  }
}

/** @param doing what was asked, after "Cannot" */
export function toVersionConflict(doing: string, currentVersion: number) {
  return {
    __typename: 'VersionConflict' as const,
    code: 'CONFLICT' as const,
    message: `Cannot ${doing}: it is of version ${currentVersion} now`,
    path: ['input', 'expectedVersion'],
    currentVersion,
  }
}

export function toRecordRefusal(refusal: RecordRefusal) {
  if (refusal.kind === 'invalid') return toRefusalAnswer(refusal)
  return {
    __typename: 'NotAuthority' as const,
    code: 'FORBIDDEN' as const,
    message: `Cannot record stock: ${refusal.message}`,
    path: ['input', refusal.argument],
  }
}

function toRecordAnswer(outcome: Exclude<RecordOutcome, { readonly kind: 'stale' }>) {
  if (outcome.kind !== 'recorded') return toRefusalAnswer(outcome)
  const { movementIds, replayed } = outcome
  return { __typename: 'StockRecorded' as const, movementIds, replayed }
}
