import type { PromiseAnswer, Promised } from '../promise.ts'
import {
  availableIn,
  type OpenKit,
  type Part,
  type Placement,
  type Promisable,
  placeDemand,
  toPart,
  type Where,
} from './place.ts'
import { type OpenDemand, placeOrSubstitute, type Waits } from './substitute.ts'

/**
 * As `placeOrSubstitute`. Where that is short, all lines or none of what is here and what is yet to come: what a channel sells before
 * it is here goes to any line, what lies beyond to those that may wait. Lines that may not are served first, then each gets what is
 * here before the ones behind it; the rest is owed by the network. Kits are made up of what is here.
 * @param promiseOf when so many of a variant, all lines together, can be had
 */
export function placeOrOwe(
  lines: readonly OpenDemand[],
  kits: readonly OpenKit[],
  promisableOf: (variantId: string) => Promisable,
  promiseOf: (variantId: string, quantity: number) => PromiseAnswer,
  where: Where,
): Placement {
  const placement = placeOrSubstitute(lines, kits, promisableOf, where)
  if (placement.kind === 'placed') return placement
  const parts = placeBeyond(lines, kits, promisableOf, promiseOf, where)
  return parts === null ? placement : { kind: 'placed', parts }
}

/** @returns null where that does not do either */
function placeBeyond(
  lines: readonly OpenDemand[],
  kits: readonly OpenKit[],
  promisableOf: (variantId: string) => Promisable,
  promiseOf: (variantId: string, quantity: number) => PromiseAnswer,
  where: Where,
): readonly Part[] | null {
  // What comes is not yet at the one place it is asked for at.
  if (where.only !== null) return null
  const here = new Map<string, { taken: number; left: number }>()
  const at = (variantId: string) => {
    const known = here.get(variantId) ?? { taken: 0, left: availableIn(promisableOf(variantId), where) }
    here.set(variantId, known)
    return known
  }
  for (const { sets, components } of kits) {
    for (const { variantId, units } of components) {
      const stock = at(variantId)
      stock.left -= sets * units
      stock.taken += sets * units
      if (stock.left < 0) return null
    }
  }
  const shelved: OpenDemand[] = []
  const owed: Part[] = []
  for (const line of [...lines.filter(({ waits }) => !waits), ...lines.filter(({ waits }) => waits)]) {
    const stock = at(line.variantId)
    const quantity = Math.min(stock.left, line.quantity)
    stock.left -= quantity
    stock.taken += line.quantity
    if (quantity > 0) shelved.push({ ...line, quantity })
    if (quantity === line.quantity) continue
    const promise = promiseOf(line.variantId, stock.taken)
    if (!isAllowed(promise, line.waits)) return null
    owed.push(toPart(line, null, line.quantity - quantity, toPromised(promise)))
  }
  const placement = placeDemand(shelved, kits, promisableOf, where)
  if (placement.kind === 'short') return null
  const order = new Map(lines.map(({ lineId }, place) => [lineId, place]))
  const placeOf = ({ lineId }: Part) => order.get(lineId) ?? -1
  return [...placement.parts, ...owed].sort((a, b) => placeOf(a) - placeOf(b))
}

function isAllowed({ kind }: PromiseAnswer, waits: Waits | undefined): boolean {
  if (kind === 'INCOMING') return true
  if (kind === 'BACKORDER') return waits?.backorder ?? false
  return kind === 'PREORDER' && (waits?.preorder ?? false)
}

function toPromised({ kind, availableAt, guaranteed, basis }: PromiseAnswer): Promised {
  return { kind, availableAt, guaranteed, basis }
}
