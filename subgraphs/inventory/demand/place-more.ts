import type { ReservationRow } from '../reservations/legs.ts'
import {
  availableIn,
  type KitDemand,
  type Part,
  type Placement,
  type Promisable,
  placeDemand,
  type Shortfall,
  type Where,
} from '../reservations/place.ts'
import type { SectionState } from '../reservations/section-state.ts'

/** What could be placed, and what is missing of what was asked for; nothing is. */
export type Placed = { readonly parts: readonly Part[]; readonly shortfalls: readonly Shortfall[] }

type More = { readonly lineId: string; readonly variantId: string; readonly quantity: number }

/**
 * Where the other units are, so that nothing more is sent than before; else wherever they may be promised from, but of what is
 * collected, which is there or nowhere. As much of it as there is.
 * @param like another reservation of the order
 */
export function placeMore(more: More, like: ReservationRow, state: SectionState): Placed {
  const { variantId, quantity } = more
  const promisable = state.promisable(variantId, like)
  const place = (units: number, where: Where) =>
    placeDemand([{ ...more, quantity: units }], [], () => promisable, where)
  const placement = placeNear(like, (where) => place(quantity, where))
  if (placement.kind === 'placed') return { parts: placement.parts, shortfalls: [] }
  const where = anywhereFor(like)
  const available = availableIn(promisable, where)
  const some = available > 0 ? place(available, where) : placement
  return { parts: partsOf(some), shortfalls: [shortOf(variantId, quantity, available, promisable)] }
}

/** As `placeMore`, of kits that must leave from one place each: what is not made up whole is missing. */
export function placeMoreKits(kit: KitDemand, like: ReservationRow, state: SectionState): Placed {
  const promisableOf = (variantId: string) => state.promisable(variantId, like)
  const open = { ...kit, promisable: state.kit(kit, like) }
  const place = (sets: number, where: Where) => placeDemand([], [{ ...open, sets }], promisableOf, where)
  let placement = placeNear(like, (where) => place(kit.sets, where))
  if (placement.kind === 'placed') return { parts: placement.parts, shortfalls: [] }
  let sets = kit.sets
  // First by what there is of each component, then by how many are made up at one place.
  while (placement.kind === 'short' && sets > 0) {
    sets = Math.min(sets - 1, setsOf(kit, placement.shortfalls))
    if (sets > 0) placement = place(sets, anywhereFor(like))
  }
  const shortfalls = kit.components.map(({ variantId, units }) =>
    shortOf(variantId, units * kit.sets, units * sets, promisableOf(variantId)),
  )
  return { parts: partsOf(placement), shortfalls }
}

function placeNear(like: ReservationRow, place: (where: Where) => Placement): Placement {
  const first = place({ only: like.locationId, placed: like.locationId !== null })
  return first.kind === 'placed' ? first : place(anywhereFor(like))
}

function anywhereFor({ method, locationId }: ReservationRow): Where {
  const collected = method === 'PICKUP' || method === 'LOCKER'
  return { only: collected ? locationId : null, placed: locationId !== null }
}

function setsOf({ components }: KitDemand, shortfalls: readonly Shortfall[]): number {
  const sets = shortfalls.map(({ variantId, available }) => {
    const units = components.find((component) => component.variantId === variantId)?.units ?? 1
    return Math.floor(available / units)
  })
  return Math.min(...sets)
}

function partsOf(placement: Placement): readonly Part[] {
  return placement.kind === 'placed' ? placement.parts : []
}

/** With where some are to be had all the same, wherever they are asked for. */
function shortOf(variantId: string, requested: number, available: number, { byLocation }: Promisable): Shortfall {
  return { variantId, requested, available, alternatives: byLocation.slice(0, mostAlternatives) }
}

const mostAlternatives = 10
