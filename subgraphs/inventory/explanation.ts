import { readStockPositions } from '../../policies/read-stock-positions.ts'
import { availableOf } from './availability.ts'
import { type Asked, toInput } from './basis.ts'
import { type Term, termsOf } from './explain.ts'
import type { Context, LoadedBasis } from './loaders.ts'
import type { AvailabilityAnswer } from './resolve-availability.ts'

export type Explained = { readonly onHand: number; readonly ats: number; readonly terms: readonly Term[] }

export type ComponentExplained = Explained & { readonly variantId: string; readonly quantity: number }

export type Explanation = Explained & { readonly components: readonly ComponentExplained[] }

/** @returns null for a viewer who may not see shelves */
export function explanationOf(answer: AvailabilityAnswer, context: Context): Explanation | null {
  if (!readStockPositions.decide(context.viewer).allowed) return null
  const { freshness, now } = context
  const asked: Asked = { channelId: answer.channelId, method: answer.method, freshness, nowMs: now.getTime() }
  const { kit } = answer.basis.terms
  if (kit === null) return { ...explain(answer.basis, asked), components: [] }
  const components = kit.components.flatMap(({ variantId, quantity }) => {
    const basis = answer.components.get(variantId)
    return basis === undefined ? [] : [{ variantId, quantity, ...explain(basis, asked) }]
  })
  return { onHand: 0, ats: answer.ats, terms: [], components }
}

function explain(basis: LoadedBasis, asked: Asked): Explained {
  const input = toInput(basis, asked)
  if (input === null) return { onHand: 0, ats: 0, terms: [] }
  const onHand = basis.positions.reduce((sum, position) => sum + position.onHand, 0)
  return { onHand, ats: availableOf(input).ats, terms: termsOf(input) }
}
