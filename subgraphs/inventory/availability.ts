/** Units of one variant at one location. */
export type LocationStock = {
  readonly locationId: string
  readonly onHand: number
  readonly sellable: number
  /** Allocated to orders, not yet shipped. */
  readonly committed: number
  /** Held by reservations that live. */
  readonly reserved: number
}

export type AvailableNumbers = {
  /** Available to sell; never negative. */
  readonly ats: number
  readonly largestSingleLocation: number
  /** Serving locations with something to give, largest first, then by id. */
  readonly byLocation: readonly { readonly locationId: string; readonly available: number }[]
}

/**
 * What may be promised from stock at the locations that serve a channel by a method:
 * base(l) = max(0, free(l)), ats = Σ base(l). A location that oversold takes nothing from another.
 */
export function availableOf(stock: readonly LocationStock[], serving: ReadonlySet<string>): AvailableNumbers {
  let ats = 0
  const byLocation: { locationId: string; available: number }[] = []
  for (const at of stock) {
    const available = serving.has(at.locationId) ? baseOf(at) : 0
    if (available === 0) continue
    ats += available
    byLocation.push({ locationId: at.locationId, available })
  }
  byLocation.sort((a, b) => b.available - a.available || (a.locationId < b.locationId ? -1 : 1))
  return { ats, largestSingleLocation: byLocation[0]?.available ?? 0, byLocation }
}

/** sellable - committed - reserved; below zero units are oversold. */
export function freeOf({ sellable, committed, reserved }: Omit<LocationStock, 'locationId' | 'onHand'>): number {
  return sellable - committed - reserved
}

export type TermKind = 'ON_HAND' | 'NOT_SELLABLE' | 'COMMITTED' | 'RESERVED' | 'OVERSOLD' | 'NOT_SERVING'

/** One step from what is on the shelves to what may be promised. */
export type Term = { readonly kind: TermKind; readonly locationId: string; readonly units: number }

/** Attributes every unit between on-hand and available: the units of all terms add up to `ats` exactly. */
export function termsOf(stock: readonly LocationStock[], serving: ReadonlySet<string>): readonly Term[] {
  return stock.flatMap((at) => {
    const { locationId } = at
    const base = baseOf(at)
    const steps: readonly Term[] = [
      { kind: 'ON_HAND', locationId, units: at.onHand },
      { kind: 'NOT_SELLABLE', locationId, units: at.sellable - at.onHand },
      { kind: 'COMMITTED', locationId, units: -at.committed },
      { kind: 'RESERVED', locationId, units: -at.reserved },
      { kind: 'OVERSOLD', locationId, units: base - freeOf(at) },
      { kind: 'NOT_SERVING', locationId, units: serving.has(locationId) ? 0 : -base },
    ]
    return steps.filter(({ kind, units }) => kind === 'ON_HAND' || units !== 0)
  })
}

/** At or below this a storefront should say that few are left. */
export const lowStockUnits = 5

export function statusOf(ats: number): 'IN_STOCK' | 'LOW_STOCK' | 'OUT_OF_STOCK' {
  if (ats > lowStockUnits) return 'IN_STOCK'
  return ats > 0 ? 'LOW_STOCK' : 'OUT_OF_STOCK'
}

function baseOf(at: LocationStock): number {
  return Math.max(0, freeOf(at))
}
