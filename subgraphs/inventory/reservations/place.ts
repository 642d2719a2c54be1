import { type AvailableNumbers, hereOf } from '../availability.ts'
import type { Method } from '../network.ts'
import type { Promised } from '../promise.ts'

export type Alternative = { readonly locationId: string; readonly available: number }

/** What may be promised of a variant in a channel by a method, as the section sees it; locations in the order to take from. */
export type Promisable = Pick<AvailableNumbers, 'ats' | 'onShelf' | 'owed' | 'byLocation'>

export type Shortfall = {
  readonly variantId: string
  readonly requested: number
  readonly available: number
  /** Where the channel could still take units from. */
  readonly alternatives: readonly Alternative[]
  /** What the sale is that units are missing of; absent: it is none. */
  readonly question?: { readonly channelId: string; readonly method: Method }
}

export type Demand = {
  readonly lineId: string
  readonly variantId: string
  readonly quantity: number
  /** What was asked for, where this is given in its place. */
  readonly substitutedFor?: string
  /** Of the component that stands for a kit, what it is taken for. */
  readonly kit?: KitOf
}

/** A kit, with the units of a component that one of it takes. */
export type KitOf = { readonly kitId: string; readonly units: number }

export type Part = {
  readonly lineId: string
  readonly variantId: string
  readonly locationId: string | null
  readonly quantity: number
  readonly substitutedFor: string | null
  /** null: the units are here. */
  readonly promise: Promised | null
  readonly kit?: KitOf
}

export type Placement =
  | { readonly kind: 'placed'; readonly parts: readonly Part[] }
  | { readonly kind: 'short'; readonly shortfalls: readonly Shortfall[] }

/** So many of a kit. The first of its components stands for it: by the units kept of that it is known how many there are. */
export type KitDemand = {
  readonly lineId: string
  readonly kitId: string
  readonly sets: number
  /** Each made up at one location. */
  readonly together: boolean
  readonly components: readonly { readonly variantId: string; readonly units: number }[]
}

/** With what the kit has of each component: that of other places is not to be taken for it. */
export type KitPromisable = Promisable & { readonly parts: readonly Promisable[] }

/** A kit with what may be promised of it. */
export type OpenKit = KitDemand & { readonly promisable: KitPromisable }

export type Where = { readonly only: string | null; readonly placed: boolean }
type Left = { readonly locationId: string; available: number }

/**
 * All lines or none. What one variant is asked for in all lines and kits is summed before anything is compared: two lines that
 * each fit may not fit together. One location for the whole variant where one has enough, else as few as possible.
 * @param where.only the one location to take from; null: any that serves
 * @param where.placed false: the network owes them, no location does yet
 */
export function placeDemand(
  lines: readonly Demand[],
  kits: readonly OpenKit[],
  promisableOf: (variantId: string) => Promisable,
  { only, placed }: Where,
): Placement {
  const [line] = lines
  if (line !== undefined && lines.length === 1 && kits.length === 0)
    return placeLine(line, promisableOf(line.variantId), { only, placed })
  const parts = kits.flatMap(toDemands)
  const inKits = new Set(parts.map(({ variantId }) => variantId))
  const demands = new Map<string, number>()
  for (const { variantId, quantity } of [...lines, ...parts]) {
    demands.set(variantId, (demands.get(variantId) ?? 0) + quantity)
  }
  const left = new Map<string, Left[]>()
  const shortfalls: Shortfall[] = []
  for (const [variantId, requested] of demands) {
    const found = findUnits(variantId, requested, promisableOf(variantId), { only, placed })
    if (!isOpen(found)) {
      shortfalls.push(found)
      continue
    }
    const single = inKits.has(variantId) ? undefined : found.find((at) => at.available >= requested)
    left.set(
      variantId,
      (single === undefined ? found : [single]).map((at) => ({ ...at })),
    )
  }
  if (shortfalls.length === 0) shortfalls.push(...shortKits(kits, { only, placed }))
  if (shortfalls.length > 0) return { kind: 'short', shortfalls }
  if (!placed) return { kind: 'placed', parts: [...lines, ...parts].map((line) => toPart(line, null, line.quantity)) }
  const made = kits.map((kit) => ({ kit, ...takeKits(kit, left) }))
  const short = made.flatMap(({ kit, missing }) =>
    missing === 0
      ? []
      : kit.components.map(({ variantId, units }) =>
          shortOf(variantId, units * kit.sets, units * (kit.sets - missing)),
        ),
  )
  if (short.length > 0) return { kind: 'short', shortfalls: short }
  const taken = lines.flatMap((line) => takeFrom(line, left.get(line.variantId) ?? []))
  return { kind: 'placed', parts: [...made.flatMap((kit) => kit.parts), ...taken] }
}

/** As `placeDemand`, of the one line most requests have. */
function placeLine(line: Demand, promisable: Promisable, where: Where): Placement {
  const { variantId, quantity } = line
  const open = findUnits(variantId, quantity, promisable, where)
  if (!isOpen(open)) return { kind: 'short', shortfalls: [open] }
  if (!where.placed) return { kind: 'placed', parts: [toPart(line, null, quantity)] }
  const single = open.find(({ available }) => available >= quantity)
  if (single !== undefined) return { kind: 'placed', parts: [toPart(line, single.locationId, quantity)] }
  return {
    kind: 'placed',
    parts: takeFrom(
      line,
      open.map((at) => ({ ...at })),
    ),
  }
}

/** @returns where units may be taken from, or what is missing */
function findUnits(
  variantId: string,
  requested: number,
  promisable: Promisable,
  where: Where,
): readonly Alternative[] | Shortfall {
  const { byLocation } = promisable
  const { only } = where
  const available = availableIn(promisable, where)
  if (requested <= available) return openTo(byLocation, only)
  const others = only === null ? [] : byLocation.filter(({ locationId }) => locationId !== only)
  return { variantId, requested, available, alternatives: others.slice(0, mostAlternatives) }
}

/** How many units of a variant are here to be had there. */
export function availableIn({ ats, onShelf, byLocation }: Promisable, { only, placed }: Where): number {
  const here = hereOf({ ats, onShelf })
  if (!placed) return here
  return Math.min(
    here,
    openTo(byLocation, only).reduce((sum, { available }) => sum + available, 0),
  )
}

function openTo(byLocation: readonly Alternative[], only: string | null): readonly Alternative[] {
  return only === null ? byLocation : byLocation.filter(({ locationId }) => locationId === only)
}

function isOpen(found: readonly Alternative[] | Shortfall): found is readonly Alternative[] {
  return Array.isArray(found)
}

export function toPart(
  line: Demand,
  locationId: string | null,
  quantity: number,
  promise: Promised | null = null,
): Part {
  const { lineId, variantId, substitutedFor, kit } = line
  const part = { lineId, variantId, locationId, quantity, substitutedFor: substitutedFor ?? null, promise }
  return kit === undefined ? part : { ...part, kit }
}

const mostAlternatives = 10

function toDemands({ lineId, kitId, sets, components }: KitDemand): readonly Demand[] {
  return components.map(({ variantId, units }, at) => {
    const demand = { lineId, variantId, quantity: units * sets }
    return at === 0 ? { ...demand, kit: { kitId, units } } : demand
  })
}

/** Kits of which fewer may be promised than all lines ask for, though there is enough of their components. */
function shortKits(kits: readonly OpenKit[], where: Where): readonly Shortfall[] {
  const wanted = new Map<string, { readonly promisable: KitPromisable; sets: number }>()
  for (const { kitId, sets, promisable } of kits) {
    const known = wanted.get(kitId)
    if (known === undefined) wanted.set(kitId, { promisable, sets })
    else known.sets += sets
  }
  return [...wanted].flatMap(([kitId, { promisable, sets }]) => {
    const available = kitsIn(promisable, where)
    if (sets <= available) return []
    const alternatives = openTo(promisable.byLocation, null).filter(({ locationId }) => locationId !== where.only)
    return [{ variantId: kitId, requested: sets, available, alternatives: alternatives.slice(0, mostAlternatives) }]
  })
}

/** Those that may ship apart are made up of several places, so no sum of places bounds them. */
function kitsIn(promisable: KitPromisable, { only, placed }: Where): number {
  const here = hereOf(promisable)
  if (!placed || only === null) return here
  return Math.min(here, openTo(promisable.byLocation, only)[0]?.available ?? 0)
}

function shortOf(variantId: string, requested: number, available: number): Shortfall {
  return { variantId, requested, available, alternatives: [] }
}

type Made = { readonly parts: readonly Part[]; readonly missing: number }

function takeKits(kit: OpenKit, left: ReadonlyMap<string, Left[]>): Made {
  const open = kit.components.map(({ variantId }, at) => {
    const places = new Set(kit.promisable.parts[at]?.byLocation.map(({ locationId }) => locationId))
    return (left.get(variantId) ?? []).filter(({ locationId }) => places.has(locationId))
  })
  return kit.together ? takeTogether(kit, open) : takeApart(kit, open)
}

/** Largest location of the first component first. @param left of each component, in order */
function takeTogether(kit: OpenKit, left: readonly (readonly Left[])[]): Made {
  const demands = toDemands(kit)
  const parts: Part[] = []
  let missing = kit.sets
  for (const { locationId } of left[0] ?? []) {
    const places = left.map((ofComponent) => ofComponent.find((place) => place.locationId === locationId))
    const sets = kit.components.reduce(
      (fewest, { units }, at) => Math.min(fewest, Math.floor((places[at]?.available ?? 0) / units)),
      missing,
    )
    if (sets === 0) continue
    for (const [at, demand] of demands.entries()) {
      const quantity = sets * (kit.components[at]?.units ?? 0)
      const place = places[at]
      if (place !== undefined) place.available -= quantity
      parts.push(toPart(demand, locationId, quantity))
    }
    missing -= sets
    if (missing === 0) break
  }
  return { parts, missing }
}

function takeApart(kit: OpenKit, left: readonly (readonly Left[])[]): Made {
  let fewest = kit.sets
  const parts = toDemands(kit).flatMap((demand, at) => {
    const taken = takeFrom(demand, left[at] ?? [])
    const units = taken.reduce((sum, { quantity }) => sum + quantity, 0)
    fewest = Math.min(fewest, Math.floor(units / (kit.components[at]?.units ?? 1)))
    return taken
  })
  return { parts, missing: kit.sets - fewest }
}

function takeFrom(line: Demand, left: readonly Left[]): readonly Part[] {
  const parts: Part[] = []
  let open = line.quantity
  for (const at of left) {
    const quantity = Math.min(open, at.available)
    if (quantity === 0) continue
    at.available -= quantity
    open -= quantity
    parts.push(toPart(line, at.locationId, quantity))
    if (open === 0) break
  }
  return parts
}
