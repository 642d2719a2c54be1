import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { ChannelAllocation, DegradedBuffer, LocationExclusion, SafetyRule, Substitution } from './rules.ts'
import type { Supply } from './supply.ts'
import { type TermBody, type TermKind, termSchemas } from './term-schemas.ts'
import type { TransitTime } from './transit.ts'

/** Every rule that names no variant. */
export type SharedTerms = {
  readonly safetyRules: readonly SafetyRule[]
  readonly exclusions: readonly LocationExclusion[]
  readonly allocations: readonly ChannelAllocation[]
  readonly degradedBuffers: readonly DegradedBuffer[]
  readonly calendars: readonly TermBody<'fulfillment-calendar'>[]
  readonly transitTimes: readonly TransitTime[]
}

export type Kit = TermBody<'kit'> & { readonly id: string }

/** Everything that is said of one variant, its place in the catalogue included. */
export type VariantTerms = {
  /** Whether the catalogue names it, or anybody agreed something about it. */
  readonly isKnown: boolean
  readonly productId: string | null
  readonly discontinued: boolean
  readonly backorderable: boolean
  readonly safetyRules: readonly SafetyRule[]
  readonly exclusions: readonly LocationExclusion[]
  readonly allocations: readonly ChannelAllocation[]
  readonly supplies: readonly Supply[]
  readonly kit: Kit | null
  readonly substitutions: readonly Substitution[]
  readonly velocities: readonly { readonly locationId: string | null; readonly unitsPerHour: number }[]
  readonly selling: TermBody<'selling-terms'> | null
}

export const noSharedTerms: SharedTerms = {
  safetyRules: [],
  exclusions: [],
  allocations: [],
  degradedBuffers: [],
  calendars: [],
  transitTimes: [],
}

export const noVariantTerms: VariantTerms = {
  isKnown: false,
  productId: null,
  discontinued: false,
  backorderable: false,
  safetyRules: [],
  exclusions: [],
  allocations: [],
  supplies: [],
  kit: null,
  substitutions: [],
  velocities: [],
  selling: null,
}

export async function readSharedTerms(database: Queryable): Promise<SharedTerms> {
  const { rows } = await database.query<TermRecord>(
    'SELECT id, kind, variant_id, data FROM inventory.terms WHERE variant_id IS NULL AND NOT withdrawn ORDER BY id',
  )
  return {
    safetyRules: pick(rows, 'safety-rule'),
    exclusions: pick(rows, 'location-exclusion'),
    allocations: pick(rows, 'channel-allocation'),
    degradedBuffers: pick(rows, 'degraded-buffer'),
    calendars: pick(rows, 'fulfillment-calendar'),
    transitTimes: pick(rows, 'transit-time'),
  }
}

/** One entry per variant, in order; one that nothing is said of has the terms of all. */
export async function readTermsOfVariants(
  database: Queryable,
  variantIds: readonly string[],
): Promise<readonly VariantTerms[]> {
  const [terms, variants] = await Promise.all([
    database.query<TermRecord>(
      'SELECT id, kind, variant_id, data FROM inventory.terms WHERE variant_id = ANY($1) AND NOT withdrawn ORDER BY id',
      [variantIds],
    ),
    database.query<VariantRecord>(
      'SELECT id, product_id, lifecycle, backorderable FROM inventory.variants WHERE id = ANY($1)',
      [variantIds],
    ),
  ])
  const byVariant = groupBy(terms.rows, (row) => row.variant_id)
  const catalogue = new Map(variants.rows.map((row) => [row.id, row]))
  return variantIds.map((id) => toVariantTerms(byVariant.get(id) ?? [], catalogue.get(id)))
}

/** One list per product, in order: every category it is in, the widest first; null where the catalogue has none. */
export async function readCategoriesOfProducts(
  database: Queryable,
  productIds: readonly string[],
): Promise<readonly (readonly string[] | null)[]> {
  const { rows } = await database.query<{ id: string; category_path: readonly string[] }>(
    'SELECT id, category_path FROM inventory.products WHERE id = ANY($1)',
    [productIds],
  )
  const paths = new Map(rows.map((row) => [row.id, row.category_path]))
  return productIds.map((id) => {
    const path = paths.get(id)
    return path === undefined ? null : path.map((_, depth) => path.slice(0, depth + 1).join('/'))
  })
}

type TermRecord = { id: string; kind: string; variant_id: string | null; data: unknown }
type VariantRecord = {
  id: string
  product_id: string | null
  lifecycle: string | null
  backorderable: boolean | null
}

function toVariantTerms(rows: readonly TermRecord[], variant: VariantRecord | undefined): VariantTerms {
  if (rows.length === 0 && variant === undefined) return noVariantTerms
  return {
    isKnown: true,
    productId: variant?.product_id ?? null,
    discontinued: variant?.lifecycle === 'DISCONTINUED',
    backorderable: variant?.backorderable ?? false,
    safetyRules: pick(rows, 'safety-rule'),
    exclusions: pick(rows, 'location-exclusion'),
    allocations: pick(rows, 'channel-allocation'),
    supplies: pick(rows, 'supply'),
    kit: pick(rows, 'kit')[0] ?? null,
    substitutions: pick(rows, 'substitution'),
    velocities: pick(rows, 'sales-velocity'),
    selling: pick(rows, 'selling-terms')[0] ?? null,
  }
}

/** What the projection stored went through the same schema as an event, so a row that does not fit is a row of another version: left out. */
function pick<K extends TermKind>(rows: readonly TermRecord[], kind: K): readonly (TermBody<K> & { id: string })[] {
  const schema = termSchemas[kind]
  return rows.flatMap((row) => {
    if (row.kind !== kind) return []
    const parsed = schema.safeParse(row.data)
    return parsed.success ? [{ ...(parsed.data as TermBody<K>), id: row.id }] : []
  })
}
