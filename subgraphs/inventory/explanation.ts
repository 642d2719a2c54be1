import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import { stockScope } from '../../policies/stock-scope.ts'
import { availableOf } from './availability.ts'
import { type Asked, madeUpFrom, toInput } from './basis.ts'
import { type Term, termsOf, termsOfKit } from './explain.ts'
import type { Context, LoadedBasis } from './loaders.ts'
import type { AvailabilityAnswer } from './resolve-availability.ts'
import type { Kit } from './terms-reads.ts'

export type ExplainedTerm = Term & { readonly reservationIds: readonly string[] }

export type Explained = { readonly onHand: number; readonly ats: number; readonly terms: readonly ExplainedTerm[] }

export type ComponentExplained = Explained & { readonly variantId: string; readonly quantity: number }

export type Explanation = Explained & { readonly components: readonly ComponentExplained[] }

/** @returns null for a viewer who may not see every shelf: the terms name them all, and add up only together */
export async function explanationOf(answer: AvailabilityAnswer, context: Context): Promise<Explanation | null> {
  if (stockScope(context.viewer).kind !== 'all') return null
  const { freshness, now, database } = context
  const asked: Asked = { channelId: answer.channelId, method: answer.method, freshness, nowMs: now.getTime() }
  const { kit } = answer.basis.terms
  if (kit === null) return { ...(await explain(answer.basis, asked, database)), components: [] }
  const components = await Promise.all(
    kit.components.map(async ({ variantId, quantity }) => {
      const basis = answer.components.get(variantId)
      const explained = basis === undefined ? nothing : await explain(basis, asked, database, answer.basis)
      return { variantId, quantity, ...explained }
    }),
  )
  return { onHand: 0, ats: answer.ats, terms: kitTerms(answer, kit, asked), components }
}

function kitTerms({ basis, components }: AvailabilityAnswer, kit: Kit, asked: Asked): readonly ExplainedTerm[] {
  const own = toInput(basis, asked)
  if (own === null) return []
  const madeUp = madeUpFrom(basis, kit, asked, components)
  return termsOfKit(madeUp?.kits ?? 0, own.allocation).map((term) => ({ ...term, reservationIds: [] }))
}

const nothing: Explained = { onHand: 0, ats: 0, terms: [] }
const holding = new Set<Term['kind']>(['RESERVED', 'UNPLACED_DEMAND'])
const mostReservations = 100

async function explain(
  basis: LoadedBasis,
  asked: Asked,
  database: Queryable,
  within: LoadedBasis | null = null,
): Promise<Explained> {
  const input = toInput(basis, asked, within)
  if (input === null) return nothing
  const terms = termsOf(input)
  const holders = terms.some(({ kind }) => holding.has(kind))
    ? await readHolders(database, basis.variantId, asked)
    : null
  const onHand = basis.positions.reduce((sum, position) => sum + position.onHand, 0)
  return {
    onHand,
    ats: availableOf(input).ats,
    terms: terms.map((term) => ({
      ...term,
      reservationIds: holding.has(term.kind) ? (holders?.get(term.locationId) ?? []).map(({ id }) => id) : [],
    })),
  }
}

/** Live reservations by location, null for what is not placed; the newest of each. */
async function readHolders(database: Queryable, variantId: string, { nowMs }: Asked) {
  const { rows } = await database.query<{ id: string; location_id: string | null }>(
    `SELECT id, location_id FROM (
       SELECT id, location_id, row_number() OVER (PARTITION BY location_id ORDER BY id DESC) AS place
       FROM inventory.reservations
       WHERE variant_id = $1 AND ((held > 0 AND expires_at > $2) OR confirmed > allocated)) live
     WHERE place <= ${mostReservations} ORDER BY location_id, id`,
    [variantId, new Date(nowMs)],
  )
  return groupBy(rows, ({ location_id }) => location_id)
}
