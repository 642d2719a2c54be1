import { factOrigin } from '../../platform/connector/fact.ts'
import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { Origin } from './network.ts'
import type { Supply } from './supply.ts'
import { termSchemas } from './term-schemas.ts'

/** A supply with what is known of its source. */
export type SupplyRow = Supply & {
  readonly variantId: string
  readonly document: { readonly system: string; readonly value: string }
  readonly version: number
  /** null: told before it was kept. */
  readonly origin: Origin | null
}

export type SupplyQuestion = {
  /** null: all. */
  readonly locationIds: readonly string[] | null
  readonly variantIds: readonly string[] | null
  readonly kinds: readonly Supply['kind'][]
  readonly states: readonly Supply['state'][]
  /** RFC 3339 UTC with milliseconds; null: whenever it comes. */
  readonly dueBefore: string | null
  /** Before the first one: empty. */
  readonly above: Pick<Supply, 'eta' | 'id'>
  readonly limit: number
}

/** By when they are due, then by id. */
export async function readSupplies(database: Queryable, question: SupplyQuestion): Promise<readonly SupplyRow[]> {
  const { locationIds, variantIds, kinds, states, dueBefore, above, limit } = question
  if (locationIds?.length === 0 || variantIds?.length === 0) return []
  const text = variantIds !== null ? ofVariants : locationIds !== null ? ofLocations : ofAll
  const { rows } = await database.query<SupplyRecord>(text, [
    ...[above.eta, above.id, limit, dueBefore ?? later, kinds, states, variantIds, locationIds],
  ])
  return rows.flatMap((row) => toSupply(row) ?? [])
}

/** One list per variant, in order, each by when they are due. */
export async function readSuppliesOfVariants(
  database: Queryable,
  variantIds: readonly string[],
): Promise<readonly (readonly SupplyRow[])[]> {
  const { rows } = await database.query<SupplyRecord>(
    `SELECT id, data, version FROM inventory.terms
     WHERE variant_id = ANY ($1) AND kind = 'supply' AND NOT withdrawn ORDER BY data->>'eta', id`,
    [variantIds],
  )
  const supplies = groupBy(
    rows.flatMap((row) => toSupply(row) ?? []),
    ({ variantId }) => variantId,
  )
  return variantIds.map((id) => supplies.get(id) ?? [])
}

/** Of four digits a year, so after every moment there is, in any order of letters. */
const later = '99999'

const due = `kind = 'supply' AND NOT withdrawn AND (data->>'eta', id) > ($1, $2) AND data->>'eta' < $4`
const ofKinds = `data->>'kind' = ANY ($5::text[])`
const ofThese = `($7::text[] IS NULL OR variant_id = ANY ($7))`
const toThese = `($8::text[] IS NULL OR data->>'locationId' = ANY ($8))`
const inOrder = `ORDER BY data->>'eta', id LIMIT $3`

// Each kind and state is searched by itself: what is over would else be read to find what is yet to come.
const ofAll = `
SELECT term.* FROM unnest($5::text[]) AS wanted (kind) CROSS JOIN unnest($6::text[]) AS so_far (state) CROSS JOIN LATERAL (
  SELECT id, data, version FROM inventory.terms
  WHERE ${due} AND data->>'kind' = wanted.kind AND data->>'state' = so_far.state AND ${ofThese} AND ${toThese} ${inOrder}) AS term
${inOrder}`

const ofLocations = `
SELECT term.* FROM unnest($8::text[]) AS there (id) CROSS JOIN unnest($6::text[]) AS so_far (state) CROSS JOIN LATERAL (
  SELECT id, data, version FROM inventory.terms
  WHERE ${due} AND data->>'locationId' = there.id AND data->>'state' = so_far.state AND ${ofKinds} AND ${ofThese} ${inOrder}) AS term
ORDER BY term.data->>'eta', term.id LIMIT $3`

// A variant has few: all of them are found before any is looked at, or the planner would walk what is due of every variant.
const ofVariants = `
WITH own AS MATERIALIZED (
  SELECT id, kind, withdrawn, data, version FROM inventory.terms WHERE variant_id = ANY ($7) AND kind = 'supply' AND NOT withdrawn)
SELECT id, data, version FROM own WHERE ${due} AND data->>'state' = ANY ($6::text[]) AND ${ofKinds} AND ${toThese} ${inOrder}`

type SupplyRecord = { readonly id: string; readonly data: { readonly origin?: unknown }; readonly version: bigint }

/** @returns null for a row of another version of the read model, as `terms-reads.ts` leaves it out */
function toSupply({ id, data, version }: SupplyRecord): SupplyRow | null {
  const body = termSchemas.supply.safeParse(data).data
  if (body === undefined) return null
  const origin = factOrigin.safeParse(data.origin).data ?? null
  return { ...body, id, document: documentOf(id), version: Number(version), origin }
}

/** A supply's id tells where it is kept: `supply:<system>:<key>`; of a transfer kept here the key is its id and the line's place. */
function documentOf(id: string): SupplyRow['document'] {
  const [, system = '', key = ''] = /^supply:([^:]*):(.*)$/s.exec(id) ?? []
  return { system, value: system === 'storeloom' ? key.replace(/:\d+$/, '') : key }
}
