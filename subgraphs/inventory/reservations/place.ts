export type Alternative = { readonly locationId: string; readonly available: number }

/** What may be promised of a variant in a channel by a method, as the section sees it. */
export type Promisable = {
  /** Available to sell in the channel; never negative. */
  readonly ats: number
  /** Locations with something to give, in the order to take from. */
  readonly byLocation: readonly Alternative[]
}

export type Shortfall = {
  readonly variantId: string
  readonly requested: number
  readonly available: number
  /** Where the channel could still take units from. */
  readonly alternatives: readonly Alternative[]
}

export type Demand = { readonly lineId: string; readonly variantId: string; readonly quantity: number }

export type Part = {
  readonly lineId: string
  readonly variantId: string
  readonly locationId: string | null
  readonly quantity: number
}

export type Placement =
  | { readonly kind: 'placed'; readonly parts: readonly Part[] }
  | { readonly kind: 'short'; readonly shortfalls: readonly Shortfall[] }

/**
 * All lines or none. Lines of one variant are summed before anything is compared: two lines that each fit may not fit
 * together. One location for the whole variant where one has enough, else as few as possible.
 * @param only the one location to take from; null: any that serves
 * @param placed false: the network owes them, no location does yet
 */
export function placeDemand(
  lines: readonly Demand[],
  promisableOf: (variantId: string) => Promisable,
  { only, placed }: { readonly only: string | null; readonly placed: boolean },
): Placement {
  const demands = new Map<string, number>()
  for (const { variantId, quantity } of lines) demands.set(variantId, (demands.get(variantId) ?? 0) + quantity)
  const left = new Map<string, { readonly locationId: string; available: number }[]>()
  const shortfalls: Shortfall[] = []
  for (const [variantId, requested] of demands) {
    const { ats, byLocation } = promisableOf(variantId)
    const open = byLocation.filter(({ locationId }) => only === null || locationId === only)
    const there = placed ? open.reduce((sum, { available }) => sum + available, 0) : ats
    const available = Math.min(ats, there)
    if (requested > available) {
      const alternatives = byLocation.filter(({ locationId }) => locationId !== only).slice(0, mostAlternatives)
      shortfalls.push({
        variantId,
        requested,
        available,
        alternatives: available === ats && only === null ? [] : alternatives,
      })
      continue
    }
    const single = open.find(({ available }) => available >= requested)
    left.set(
      variantId,
      (single === undefined ? open : [single]).map((at) => ({ ...at })),
    )
  }
  if (shortfalls.length > 0) return { kind: 'short', shortfalls }
  if (!placed) return { kind: 'placed', parts: lines.map((line) => ({ ...line, locationId: null })) }
  return { kind: 'placed', parts: lines.flatMap((line) => takeFrom(line, left.get(line.variantId) ?? [])) }
}

const mostAlternatives = 10

function takeFrom(line: Demand, left: { readonly locationId: string; available: number }[]): readonly Part[] {
  const parts: Part[] = []
  let open = line.quantity
  for (const at of left) {
    const quantity = Math.min(open, at.available)
    if (quantity === 0) continue
    at.available -= quantity
    open -= quantity
    parts.push({ ...line, locationId: at.locationId, quantity })
    if (open === 0) break
  }
  return parts
}
