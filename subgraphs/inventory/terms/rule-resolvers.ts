import { parseConnectionArguments, toConnection } from '../../../platform/connection.ts'
import { hashFilter } from '../../../platform/cursor.ts'
import type { SubgraphResolvers } from '../../../schema/generated/inventory.ts'
import { nameOf, type RecordContext, tellerOf, toKeyed } from '../ledger/record-input.ts'
import { recordContext, toRecordRefusal, toVersionConflict } from '../ledger/record-resolvers.ts'
import type { Context } from '../loaders.ts'
import { toRefusalAnswer } from '../reservations/answers.ts'
import { isText, longestText } from '../reservations/parse-input.ts'
import { readRule, readRules } from './read-rules.ts'
import type { RuleBody, RuleCommand, RuleOutcome } from './rule-command.ts'
import {
  type InvalidRule,
  toAllocation,
  toExclusion,
  toSafetyRule,
  toSubstitution,
  type Versioned,
} from './rule-input.ts'

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

export const ruleQueries: Pick<NonNullable<SubgraphResolvers['Query']>, 'stockRules'> = {
  async stockRules(_, { variantId = null, first, after }, { database, viewer, cursors }) {
    const page = parseConnectionArguments({ first, after })
    const target = { scope: 'Query.stockRules', filterHash: hashFilter([viewer.tenant, variantId]) }
    const [above] = page.cursor === null ? [] : cursors.decode(page.cursor, target)
    const rows = await readRules(database, variantId, String(above ?? ''), page.size + 1)
    return toConnection(rows, page, ({ id }) => cursors.encode({ ...target, values: [id] }))
  },
}

export const ruleMutations: Pick<
  Mutations,
  'upsertSafetyRule' | 'upsertChannelAllocation' | 'upsertExclusion' | 'upsertSubstitution' | 'removeStockRule'
> = {
  upsertSafetyRule: (_, { input }, context) => upsert('upsertSafetyRule', input, toSafetyRule, context),
  upsertChannelAllocation: (_, { input }, context) => upsert('upsertChannelAllocation', input, toAllocation, context),
  upsertExclusion: (_, { input }, context) => upsert('upsertExclusion', input, toExclusion, context),
  upsertSubstitution: (_, { input }, context) => upsert('upsertSubstitution', input, toSubstitution, context),
  removeStockRule: (_, { input }, context) => write('removeStockRule', input, null, context),
}

export const ruleTypes: Pick<
  SubgraphResolvers,
  'SafetyRule' | 'ChannelAllocation' | 'LocationExclusion' | 'Substitution'
> = {
  SafetyRule: {
    variant: variantOf,
    location: locationOf,
    percent: ({ basisPoints }) => (basisPoints === 0 ? null : toPercent(basisPoints)),
  },
  ChannelAllocation: {
    variant: variantOf,
    percent: ({ basisPoints }) => (basisPoints === null ? null : toPercent(basisPoints)),
    consumed: ({ consumed }) => consumed ?? 0,
  },
  LocationExclusion: { variant: variantOf, location: locationOf },
  Substitution: {
    variant: variantOf,
    category: () => null,
    substitutes: ({ substitutes }) => substitutes.map((id) => ({ id })),
  },
}

async function upsert<I extends Versioned>(
  operation: string,
  input: I,
  toRule: (input: I, context: RecordContext) => Promise<RuleBody | InvalidRule>,
  context: Context,
) {
  if ((input.id == null) !== (input.expectedVersion == null)) {
    const message = 'Cannot keep the rule: of id and expectedVersion one is given, allowed are both or none'
    return toInvalid({ kind: 'invalid', message, path: ['input', 'expectedVersion'] })
  }
  const rule = await toRule(input, await recordContext(context))
  return rule.kind === 'invalid' ? toInvalid(rule) : await write(operation, input, rule, context)
}

async function write(operation: string, input: Versioned, rule: RuleBody | null, context: Context) {
  const { idempotencyKey, ...body } = input
  const keyed = toKeyed({ operation, idempotencyKey, body }, context.viewer)
  if (!isText(input.reason)) {
    const message = `Cannot keep the rule: reason has ${input.reason.length} characters, allowed are 1 to ${longestText}`
    return toInvalid({ kind: 'invalid', message, path: ['input', 'reason'] })
  }
  const { id, expectedVersion } = input
  const command: RuleCommand = {
    ...tellerOf(context),
    keyed,
    decision: { by: nameOf(context.viewer), reason: input.reason },
    target: id == null || expectedVersion == null ? null : { id, expectedVersion },
    rule,
  }
  return await toAnswer(await context.commands.writeRule(command), context)
}

async function toAnswer(outcome: RuleOutcome, { database }: Context) {
  switch (outcome.kind) {
    case 'changed': {
      const { ruleId, version, replayed } = outcome
      const rule = await readRule(database, ruleId)
      return { __typename: 'StockRuleChanged' as const, ruleId, version, replayed, rule }
    }
    case 'not-found':
      return {
        __typename: 'StockRuleNotFound' as const,
        code: 'NOT_FOUND' as const,
        message: 'Cannot change the rule: there is none of this id and kind',
        path: ['input', 'id'],
      }
    case 'version-conflict':
      return toVersionConflict('change the rule', outcome.currentVersion)
    case 'not-authority': {
      const message = `the rule is kept by ${outcome.system}, change it there`
      return { ...toRecordRefusal({ kind: 'not-authority', message, argument: 'id' }) }
    }
    default:
      return toRefusalAnswer(outcome)
  }
}

function toInvalid({ message, path }: InvalidRule) {
  return { __typename: 'InvalidStockRule' as const, code: 'INVALID' as const, message, path }
}

function variantOf({ variantId }: { readonly variantId: string | null }) {
  return variantId === null ? null : { id: variantId }
}

async function locationOf({ locationId }: { readonly locationId: string | null }, _: unknown, { load }: Context) {
  return locationId === null ? null : ((await load.network()).locations.get(locationId) ?? null)
}

function toPercent(basisPoints: number): string {
  return (basisPoints / 100).toFixed(2).replace(/\.?0+$/, '')
}
