import { badTimeOf, type RecordContext } from '../ledger/record-input.ts'
import type { Method } from '../network.ts'
import { isText, longestText, mostUnits } from '../reservations/parse-input.ts'
import type { Scope, Validity } from '../rules.ts'
import { mostSubstitutes } from '../vocabulary.ts'
import type { RuleBody } from './rule-command.ts'

type Maybe<T> = T | null | undefined

export type Versioned = {
  readonly idempotencyKey: string
  readonly id?: Maybe<string>
  readonly expectedVersion?: Maybe<number>
  readonly validFrom?: Maybe<string>
  readonly validTo?: Maybe<string>
  readonly reason: string
}

export type VariantInput = { readonly variantId?: Maybe<string>; readonly sku?: Maybe<string> }

export type ScopeInput = VariantInput & {
  readonly channelId?: Maybe<string>
  readonly method?: Maybe<Method>
  readonly category?: Maybe<string>
  readonly locationId?: Maybe<string>
}

export type SafetyRuleInput = Versioned & {
  readonly scope?: ScopeInput
  readonly units?: Maybe<number>
  readonly percent?: Maybe<string>
}

export type AllocationInput = Versioned &
  VariantInput & {
    readonly channelId: string
    readonly category?: Maybe<string>
    readonly mode: 'SHARED' | 'CAP' | 'RING_FENCED'
    readonly units?: Maybe<number>
    readonly percent?: Maybe<string>
    readonly consumed?: Maybe<number>
    readonly consumedAt?: Maybe<string>
    readonly publishFloor?: number
    readonly maxPublish?: Maybe<number>
  }

export type ExclusionInput = Versioned & { readonly scope: ScopeInput; readonly quarantine?: boolean }

export type SubstitutionInput = Versioned &
  VariantInput & { readonly channelId?: Maybe<string>; readonly substitutes: readonly VariantInput[] }

/** What is wrong with a rule, by the field of the input it is about. */
export type InvalidRule = { readonly kind: 'invalid'; readonly message: string; readonly path: readonly string[] }

/** Notes what is wrong; the first mistake is told. */
type Mistakes = { note(path: string, text: string): void; first(): InvalidRule | null }

export async function toSafetyRule(input: SafetyRuleInput, context: RecordContext): Promise<RuleBody | InvalidRule> {
  const mistakes = createMistakes()
  const { scope = {}, units, percent } = input
  const basisPoints = readPercent(percent, mistakes)
  checkUnits('units', units, mistakes)
  if (units == null && percent == null) mistakes.note('units', 'and percent are missing, allowed is one or both')
  const body = {
    ...(await readScope(scope, 'scope.', context, mistakes)),
    ...readValidity(input, mistakes),
    units: units ?? 0,
    basisPoints: basisPoints ?? 0,
  }
  return mistakes.first() ?? { kind: 'safety-rule', body }
}

export async function toAllocation(input: AllocationInput, context: RecordContext): Promise<RuleBody | InvalidRule> {
  const mistakes = createMistakes()
  const { mode, units = null, percent, consumed = null, publishFloor = 0, maxPublish = null } = input
  const consumedAt = input.consumedAt == null ? null : new Date(input.consumedAt).toISOString()
  const basisPoints = readPercent(percent, mistakes)
  for (const [path, value] of Object.entries({ units, consumed, publishFloor, maxPublish })) {
    checkUnits(path, value, mistakes)
  }
  if (mode === 'RING_FENCED' && units === null) mistakes.note('units', 'is missing, needed for RING_FENCED')
  if (mode === 'CAP' && (units === null) === (basisPoints === null)) {
    mistakes.note('units', 'and percent are both given or both missing, allowed is one of them for CAP')
  }
  if (mode === 'SHARED' && units !== null) mistakes.note('units', 'is given, allowed for CAP and RING_FENCED')
  if (mode !== 'CAP' && basisPoints !== null) mistakes.note('percent', 'is given, allowed for CAP')
  if (mode !== 'RING_FENCED' && consumed !== null && consumed !== 0) {
    mistakes.note('consumed', 'is given, allowed for RING_FENCED')
  }
  if (consumedAt !== null) {
    if (consumed === null) mistakes.note('consumedAt', 'is given without consumed, allowed are both')
    const wrong = badTimeOf(consumedAt, context.call.now)
    if (wrong !== null) mistakes.note('consumedAt', `is wrong: ${wrong}`)
  }
  const { channelId, variantId, sku, category } = input
  const about = await readScope({ channelId, variantId, sku, category }, '', context, mistakes)
  const body = {
    ...readValidity(input, mistakes),
    ...{ channelId, variantId: about.variantId, category: about.category },
    ...{ mode, units, basisPoints, publishFloor, maxPublish },
    ...{ consumed: mode === 'RING_FENCED' ? consumed : 0, consumedAt },
  }
  return mistakes.first() ?? { kind: 'channel-allocation', body }
}

export async function toExclusion(input: ExclusionInput, context: RecordContext): Promise<RuleBody | InvalidRule> {
  const mistakes = createMistakes()
  const scope = await readScope(input.scope, 'scope.', context, mistakes)
  if (Object.values(scope).every((part) => part === null)) {
    mistakes.note('scope', 'is empty, which would exclude everything; allowed is one that names something')
  }
  const { reason, quarantine = false } = input
  const body = { ...scope, ...readValidity(input, mistakes), reason, quarantine }
  return mistakes.first() ?? { kind: 'location-exclusion', body }
}

export async function toSubstitution(
  input: SubstitutionInput,
  context: RecordContext,
): Promise<RuleBody | InvalidRule> {
  const mistakes = createMistakes()
  const { channelId, variantId, sku, substitutes } = input
  const about = await readScope({ channelId, variantId, sku }, '', context, mistakes)
  if (variantId == null && sku == null) mistakes.note('variantId', 'and sku are missing, allowed is one of them')
  if (substitutes.length < 1 || substitutes.length > mostSubstitutes) {
    mistakes.note('substitutes', `has ${substitutes.length} entries, allowed are 1 to ${mostSubstitutes}`)
  }
  const ids: string[] = []
  for (const [at, given] of substitutes.slice(0, mostSubstitutes).entries()) {
    const { variantId: id } = await readScope(given, `substitutes.${at}.`, context, mistakes)
    if (id === null) mistakes.note(`substitutes.${at}`, 'names no variant, allowed is one of variantId and sku')
    else if (id === about.variantId || ids.includes(id)) {
      mistakes.note(`substitutes.${at}`, 'is the variant itself, or named twice')
    } else ids.push(id)
  }
  const body = { ...readValidity(input, mistakes), channelId: about.channelId, variantId: about.variantId ?? '' }
  return mistakes.first() ?? { kind: 'substitution', body: { ...body, substitutes: ids } }
}

function createMistakes(): Mistakes {
  let found: InvalidRule | null = null
  return {
    note(path, text) {
      found ??= {
        kind: 'invalid',
        message: `Cannot keep the rule: ${path} ${text}`,
        path: ['input', ...path.split('.')],
      }
    },
    first: () => found,
  }
}

async function readScope(
  { channelId = null, method = null, variantId = null, sku = null, category = null, locationId = null }: ScopeInput,
  under: string,
  { network, variantIdsOf, knownVariants }: RecordContext,
  mistakes: Mistakes,
): Promise<Scope> {
  if (channelId !== null && network.channel(channelId) === null) {
    mistakes.note(`${under}channelId`, 'names no channel')
  }
  if (locationId !== null && !network.locations.has(locationId)) {
    mistakes.note(`${under}locationId`, 'names no location')
  }
  if (category !== null && !isText(category)) {
    mistakes.note(`${under}category`, `has ${category.length} characters, allowed are 1 to ${longestText}`)
  }
  if (variantId !== null && sku !== null)
    mistakes.note(`${under}sku`, 'is given with variantId, allowed is one of them')
  const [bySku] = sku === null ? [null] : await variantIdsOf([sku])
  const known = variantId !== null && (await knownVariants([variantId])).has(variantId)
  const id = variantId ?? bySku ?? null
  if (variantId !== null && !known) mistakes.note(`${under}variantId`, 'names no variant')
  if (sku !== null && id === null) mistakes.note(`${under}sku`, 'names no variant')
  return { channelId, method, variantId: id, category, locationId }
}

function readValidity({ validFrom, validTo }: Versioned, mistakes: Mistakes): Validity {
  const [from, to] = [validFrom, validTo].map((text) => (text == null ? null : new Date(text).toISOString()))
  if (from != null && to != null && from >= to) mistakes.note('validTo', `is ${to}, allowed is after validFrom`)
  return { validFrom: from ?? null, validTo: to ?? null }
}

function checkUnits(path: string, value: Maybe<number>, mistakes: Mistakes): void {
  if (value == null || (Number.isInteger(value) && value >= 0 && value <= mostUnits)) return
  mistakes.note(path, `is ${value}, allowed are 0 to ${mostUnits}`)
}

/** As basis points, exactly. */
function readPercent(text: Maybe<string>, mistakes: Mistakes): number | null {
  if (text == null) return null
  const [, whole, parts = ''] = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(text) ?? []
  const basisPoints = whole === undefined ? Number.NaN : Number(whole) * 100 + Number(parts.padEnd(2, '0'))
  if (basisPoints <= 10_000) return basisPoints
  mistakes.note('percent', `is ${text.slice(0, 20)}, allowed are 0 to 100 with at most two digits after the point`)
  return null
}
