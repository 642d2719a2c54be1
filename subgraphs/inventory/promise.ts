import { type InTransitPolicy, promisedUnits, type Supply } from './supply.ts'

export type Preorder = { readonly releaseAt: string; readonly threshold: number; readonly allocated: number }

/** How a variant may be sold beyond what is here. */
export type SellingTerms = {
  readonly backorderable: boolean
  /** Most units backordered at once; null: as many as supply covers. */
  readonly backorderLimit: number | null
  readonly backorders: readonly { readonly quantity: number; readonly promisedAt: string }[]
  readonly preorder: Preorder | null
  /** From the dock to the shelf. */
  readonly dockToStockDays: number
  readonly discontinued: boolean
}

export type PromiseAnswer = {
  readonly kind: 'STOCK' | 'INCOMING' | 'BACKORDER' | 'PREORDER' | 'NONE'
  /** When the units are here; the moment asked for STOCK, null for NONE. */
  readonly availableAt: string | null
  readonly guaranteed: boolean
  readonly basis: string
}

type Step = { readonly atMs: number; readonly units: number; readonly confidence: number; readonly id: string | null }

const dayMs = 86_400_000
const sureFrom = 0.9

/**
 * When a quantity can be had. ATP(d) = ats + supply due by d - backorders promised by d; what may be promised at d is
 * the least ATP from d on, so that a later claim is never stolen from.
 */
export function promiseOf(
  quantity: number,
  ats: number,
  supplies: readonly Supply[],
  terms: SellingTerms,
  policy: InTransitPolicy,
  nowMs: number,
): PromiseAnswer {
  if (quantity <= ats) return { kind: 'STOCK', availableAt: toText(nowMs), guaranteed: true, basis: 'in stock' }
  const backorder = terms.discontinued ? null : backorderOf(quantity, ats, supplies, terms, policy, nowMs)
  if (backorder !== null) return backorder
  const { preorder } = terms
  if (preorder !== null && Date.parse(preorder.releaseAt) > nowMs) {
    const open = preorder.threshold - preorder.allocated
    if (open >= quantity) {
      return {
        kind: 'PREORDER',
        availableAt: preorder.releaseAt,
        guaranteed: false,
        basis: `${open} may be preordered`,
      }
    }
  }
  return { kind: 'NONE', availableAt: null, guaranteed: false, basis: 'no stock and no supply to promise from' }
}

function backorderOf(
  quantity: number,
  ats: number,
  supplies: readonly Supply[],
  terms: SellingTerms,
  policy: InTransitPolicy,
  nowMs: number,
): PromiseAnswer | null {
  const backordered = terms.backorders.reduce((sum, backorder) => sum + backorder.quantity, 0)
  const beyond = quantity - Math.max(0, ats)
  if (!terms.backorderable) return null
  if (terms.backorderLimit !== null && backordered + beyond > terms.backorderLimit) return null
  const steps: Step[] = [
    ...supplies.map((supply) => ({
      atMs: Math.max(nowMs, Date.parse(supply.eta)),
      units: promisedUnits(supply, policy),
      confidence: supply.confidence,
      id: supply.id,
    })),
    ...terms.backorders.map((backorder) => ({
      atMs: Date.parse(backorder.promisedAt),
      units: -backorder.quantity,
      confidence: 1,
      id: null,
    })),
  ]
    .filter(({ units }) => units !== 0)
    .sort((a, b) => a.atMs - b.atMs || a.units - b.units)
  const promiseable = lookAhead(ats, steps)
  const at = steps.findIndex((step, index) => step.units > 0 && (promiseable[index] ?? 0) >= quantity)
  const step = steps[at]
  if (step === undefined) return null
  const confidence = Math.min(...steps.slice(0, at + 1).map((used) => used.confidence))
  return {
    kind: 'BACKORDER',
    availableAt: toText(step.atMs + terms.dockToStockDays * dayMs),
    guaranteed: confidence >= sureFrom,
    basis: `supply ${step.id}`,
  }
}

/** For each step, the least that is left from it on. */
export function lookAhead(base: number, steps: readonly { readonly units: number }[]): readonly number[] {
  let level = base
  const levels = steps.map(({ units }) => {
    level += units
    return level
  })
  let least = Number.POSITIVE_INFINITY
  return levels
    .toReversed()
    .map((value) => {
      least = Math.min(least, value)
      return least
    })
    .toReversed()
}

function toText(ms: number): string {
  return new Date(ms).toISOString()
}
