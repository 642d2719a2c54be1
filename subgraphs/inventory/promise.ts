import type { AvailableNumbers } from './availability.ts'
import type { Supply } from './supply.ts'

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

/** Supply that may back a promise in a channel. */
export type Backing = Pick<Supply, 'id' | 'locationId' | 'confidence'> & {
  readonly etaMs: number
  /** That may be promised, beyond those that the channel counts as available already. */
  readonly units: number
  /** That are in the available number, since the channel sells what is on its way. */
  readonly counted: number
}

/** What was promised of units that are not here, in JSON values. */
export type Promised = {
  readonly kind: 'STOCK' | 'INCOMING' | 'BACKORDER' | 'PREORDER' | 'NONE'
  /** When the units are here, RFC 3339; the moment asked for STOCK, null for NONE. */
  readonly availableAt: string | null
  readonly guaranteed: boolean
  readonly basis: string
}

export type PromiseAnswer = Promised & {
  /** Where the last of the units come to; null: where stock is, or nobody knows. */
  readonly locationId: string | null
}

export type PromiseNumbers = Pick<AvailableNumbers, 'ats' | 'onShelf' | 'owed'>
type Step = {
  readonly atMs: number
  readonly units: number
  readonly confidence: number
  readonly from: Backing | null
}

const dayMs = 86_400_000
const sureFrom = 0.9

/**
 * When a quantity can be had. ATP(d) = ats - owed + supply due by d - backorders promised by d; what may be promised at d is
 * the least ATP from d on, so that a later claim is never stolen from.
 */
export function promiseOf(
  quantity: number,
  numbers: PromiseNumbers,
  supplies: readonly Backing[],
  terms: SellingTerms,
  nowMs: number,
): PromiseAnswer {
  const { ats, onShelf, owed } = numbers
  if (quantity <= Math.min(ats, onShelf)) {
    return { kind: 'STOCK', availableAt: toText(nowMs), guaranteed: true, basis: 'in stock', locationId: null }
  }
  const found =
    quantity <= ats
      ? incomingOf(quantity, onShelf, supplies, terms, nowMs)
      : backorderOf(quantity, numbers, supplies, terms, nowMs)
  if (found !== null) return found
  const { preorder } = terms
  if (preorder !== null && Date.parse(preorder.releaseAt) > nowMs) {
    const open = preorder.threshold - preorder.allocated - owed
    if (open >= quantity) {
      const basis = `${open} may be preordered`
      return { kind: 'PREORDER', availableAt: preorder.releaseAt, guaranteed: false, basis, locationId: null }
    }
  }
  return nothingPromised
}

export const nothingPromised: PromiseAnswer = {
  kind: 'NONE',
  availableAt: null,
  guaranteed: false,
  basis: 'no stock and no supply to promise from',
  locationId: null,
}

/** Of what the channel sells before it is here: when enough of it has come. */
function incomingOf(
  quantity: number,
  onShelf: number,
  supplies: readonly Backing[],
  terms: SellingTerms,
  nowMs: number,
): PromiseAnswer | null {
  const steps = toSteps(supplies, ({ counted }) => counted, nowMs)
  let level = onShelf
  const at = steps.findIndex(({ units }) => {
    level += units
    return level >= quantity
  })
  return at < 0 ? null : promisedBy('INCOMING', steps.slice(0, at + 1), terms)
}

function backorderOf(
  quantity: number,
  { ats, owed }: PromiseNumbers,
  supplies: readonly Backing[],
  terms: SellingTerms,
  nowMs: number,
): PromiseAnswer | null {
  const backordered = terms.backorders.reduce((sum, backorder) => sum + backorder.quantity, owed)
  const beyond = quantity - Math.max(0, ats)
  if (!terms.backorderable || terms.discontinued) return null
  if (terms.backorderLimit !== null && backordered + beyond > terms.backorderLimit) return null
  const steps = [
    ...toSteps(supplies, ({ units }) => units, nowMs),
    ...terms.backorders.map(
      (backorder): Step => ({
        atMs: Date.parse(backorder.promisedAt),
        units: -backorder.quantity,
        confidence: 1,
        from: null,
      }),
    ),
  ].sort((a, b) => a.atMs - b.atMs || a.units - b.units)
  const promiseable = lookAhead(ats - owed, steps)
  const at = steps.findIndex((step, index) => step.units > 0 && (promiseable[index] ?? 0) >= quantity)
  if (at < 0) return null
  // What was counted as available has to come as well.
  const counted = toSteps(supplies, (supply) => supply.counted, nowMs)
  const used = [...counted, ...steps.slice(0, at + 1)].filter(({ units }) => units > 0)
  return promisedBy(
    'BACKORDER',
    used.toSorted((a, b) => a.atMs - b.atMs),
    terms,
  )
}

/** In the order in which they come. */
function toSteps(supplies: readonly Backing[], unitsOf: (supply: Backing) => number, nowMs: number): readonly Step[] {
  return supplies
    .map((from): Step => {
      // What is overdue may come any moment, or never.
      const confidence = from.etaMs < nowMs ? 0 : from.confidence
      return { atMs: Math.max(nowMs, from.etaMs), units: unitsOf(from), confidence, from }
    })
    .filter(({ units }) => units > 0)
    .sort((a, b) => a.atMs - b.atMs || a.units - b.units)
}

/** @param used all that must come, the last one last */
function promisedBy(kind: Promised['kind'], used: readonly Step[], terms: SellingTerms): PromiseAnswer | null {
  const last = used.at(-1)
  if (last === undefined || last.from === null) return null
  return {
    kind,
    availableAt: toText(last.atMs + terms.dockToStockDays * dayMs),
    guaranteed: used.every(({ confidence }) => confidence >= sureFrom),
    basis: `supply ${last.from.id}`,
    locationId: last.from.locationId,
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
