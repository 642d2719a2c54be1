import {
  availableIn,
  type Demand,
  type OpenKit,
  type Placement,
  type Promisable,
  placeDemand,
  type Where,
} from './place.ts'

/** A line with what its buyer takes instead of units that are here. */
export type OpenDemand = Demand & {
  /** What may be given in its place, the most preferred first; absent: nothing. */
  readonly substitutes?: readonly string[]
  /** How it may be promised of what is yet to come; absent: not at all. */
  readonly waits?: Waits
}

export type Waits = { readonly backorder: boolean; readonly preorder: boolean }

/**
 * As `placeDemand`. Where that is short, lines that allow it are given whole as another variant, so that all of the request
 * fits: what a variant is asked for is summed over the whole request, whoever asks for it in whose place. The first lines get
 * what they ordered before the later ones do.
 */
export function placeOrSubstitute(
  lines: readonly OpenDemand[],
  kits: readonly OpenKit[],
  promisableOf: (variantId: string) => Promisable,
  where: Where,
): Placement {
  const asOrdered = placeDemand(lines, kits, promisableOf, where)
  if (asOrdered.kind === 'placed' || lines.every(({ substitutes }) => substitutes === undefined)) return asOrdered
  const given = assign(lines, kits, (variantId) => availableIn(promisableOf(variantId), where))
  const placement = given === null ? asOrdered : placeDemand(given, kits, promisableOf, where)
  return placement.kind === 'placed' ? placement : asOrdered
}

/** @returns each line as what it is given as; null where no way was found in which all of them fit */
function assign(
  lines: readonly OpenDemand[],
  kits: readonly OpenKit[],
  capacityOf: (variantId: string) => number,
): readonly Demand[] | null {
  const left = new Map<string, number>()
  const take = (variantId: string, quantity: number): boolean => {
    const units = left.get(variantId) ?? capacityOf(variantId)
    left.set(variantId, units >= quantity ? units - quantity : units)
    return units >= quantity
  }
  for (const { sets, components } of kits) {
    if (!components.every(({ variantId, units }) => take(variantId, units * sets))) return null
  }
  const given = new Map<OpenDemand, Demand>()
  for (const line of lines) {
    if (line.substitutes !== undefined) continue
    if (!take(line.variantId, line.quantity)) return null
    given.set(line, line)
  }
  const open = lines.filter(({ substitutes }) => substitutes !== undefined)
  let tries = 0
  const giveFrom = (at: number): boolean => {
    const line = open[at]
    if (line === undefined) return true
    const { lineId, variantId: ordered, quantity, substitutes = [] } = line
    for (const variantId of [ordered, ...substitutes]) {
      tries += 1
      if (tries > mostTries || !take(variantId, quantity)) continue
      given.set(line, { lineId, variantId, quantity, ...(variantId === ordered ? {} : { substitutedFor: ordered }) })
      if (giveFrom(at + 1)) return true
      left.set(variantId, (left.get(variantId) ?? 0) + quantity)
    }
    return false
  }
  return giveFrom(0) ? lines.flatMap((line) => given.get(line) ?? []) : null
}

/** Of requests in which many lines compete for the same variants not every way is tried: the section is waited for. */
const mostTries = 10_000
