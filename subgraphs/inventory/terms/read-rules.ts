import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import { decisionSchema, type TermBody, termSchemas } from '../term-schemas.ts'
import { type RuleKind, ruleKinds } from './rule-command.ts'

/** Of the rules that mutations keep. */
export const systemOfRulesHere = 'storeloom'

type Common = {
  readonly id: string
  readonly version: number
  readonly system: string
  readonly changedBy: string | null
  readonly changeReason: string | null
}

export type SafetyRuleRow = Common & TermBody<'safety-rule'> & { readonly __typename: 'SafetyRule' }
export type AllocationRow = Common & TermBody<'channel-allocation'> & { readonly __typename: 'ChannelAllocation' }
export type ExclusionRow = Common & TermBody<'location-exclusion'> & { readonly __typename: 'LocationExclusion' }
export type SubstitutionRow = Common & TermBody<'substitution'> & { readonly __typename: 'Substitution' }
export type RuleRow = SafetyRuleRow | AllocationRow | ExclusionRow | SubstitutionRow

export type StoredRule = {
  readonly id: string
  readonly kind: string
  readonly withdrawn: boolean
  readonly variantId: string | null
  readonly version: number
}

/** A rule's id tells who keeps it: `<kind>:<system>:<key>`. */
export function systemOfRule(id: string): string {
  return id.split(':')[1] ?? ''
}

/** Nobody else changes it until the transaction ends. */
export async function lockRule(transaction: Transaction, id: string): Promise<StoredRule | null> {
  const { rows } = await transaction.query<Omit<StoredRule, 'version'> & { readonly version: bigint }>(
    `select id, kind, withdrawn, variant_id as "variantId", version from inventory.terms
     where id = $1 and kind = any($2) for update`,
    [id, ruleKinds],
  )
  const [row] = rows
  return row === undefined ? null : { ...row, version: Number(row.version) }
}

/** In the order of the ids; of any variant and of none where `variantId` is null. */
export async function readRules(
  database: Queryable,
  variantId: string | null,
  above: string,
  limit: number,
): Promise<readonly RuleRow[]> {
  const { rows } = await database.query<RuleRecord>(
    `select id, kind, data, version from inventory.terms
     where kind = any($1) and not withdrawn and id > $2 and ($3::text is null or variant_id = $3) order by id limit $4`,
    [ruleKinds, above, variantId, limit],
  )
  return rows.flatMap((row) => toRule(row) ?? [])
}

export async function readRule(database: Queryable, id: string): Promise<RuleRow | null> {
  const { rows } = await database.query<RuleRecord>(
    'select id, kind, data, version from inventory.terms where kind = any($1) and not withdrawn and id = $2',
    [ruleKinds, id],
  )
  const [row] = rows
  return row === undefined ? null : toRule(row)
}

type RuleRecord = {
  readonly id: string
  readonly kind: RuleKind
  readonly data: { readonly decision?: unknown }
  readonly version: bigint
}

/** @returns null for a row of another version of the read model, as `terms-reads.ts` leaves it out */
function toRule({ id, kind, data, version }: RuleRecord): RuleRow | null {
  const decision = decisionSchema.safeParse(data.decision).data
  const common: Common = {
    id,
    version: Number(version),
    system: systemOfRule(id),
    changedBy: decision?.by ?? null,
    changeReason: decision?.reason ?? null,
  }
  switch (kind) {
    case 'safety-rule': {
      const body = termSchemas[kind].safeParse(data).data
      return body === undefined ? null : { __typename: 'SafetyRule', ...common, ...body }
    }
    case 'channel-allocation': {
      const body = termSchemas[kind].safeParse(data).data
      return body === undefined ? null : { __typename: 'ChannelAllocation', ...common, ...body }
    }
    case 'location-exclusion': {
      const body = termSchemas[kind].safeParse(data).data
      return body === undefined ? null : { __typename: 'LocationExclusion', ...common, ...body }
    }
    case 'substitution': {
      const body = termSchemas[kind].safeParse(data).data
      return body === undefined ? null : { __typename: 'Substitution', ...common, ...body }
    }
    default:
      return kind satisfies never
  }
}
