import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import {
  type AllocationInput,
  type AvailabilityInput,
  type AvailableNumbers,
  availableOf,
  type Barrier,
  type Component,
  kitNumbersOf,
  type LocationInput,
  type MadeUp,
  madeUpOf,
  noNumbers,
  sharedAllocation,
} from './availability.ts'
import { degradedBufferOf, degradedUnits } from './degraded.ts'
import type { Method, NetworkIndex } from './network.ts'
import { type Sold, soldOf } from './quota.ts'
import type { PositionRow } from './reads.ts'
import type { Hold } from './reservations/holds.ts'
import { allocationOf, bufferOf, type ChannelAllocation, nextBoundaryMs, rulesAt, type Subject } from './rules.ts'
import { comesWithinMs, type InTransitPolicy, incomingUnits, noInTransit } from './supply.ts'
import type { Kit, SharedTerms, VariantTerms } from './terms-reads.ts'

/** Everything the availability of one variant rests on. The same values give the same numbers until `validUntilMs`. */
export type Basis = {
  readonly variantId: string
  readonly network: NetworkIndex
  readonly shared: SharedTerms
  readonly terms: VariantTerms
  readonly categories: readonly string[]
  readonly positions: readonly PositionRow[]
  readonly holds: readonly Hold[]
  /** Of each quota there is. */
  readonly sold: readonly Sold[]
}

export type Asked = {
  readonly channelId: string
  readonly method: Method
  readonly nowMs: number
  readonly freshness: FreshnessBoard
}

export type BasisInput = AvailabilityInput & {
  /** Until then, and while no source grows older than it may, the input stays the same. */
  readonly validUntilMs: number
  /** True where a source is so old that units are held back, more of them as time goes by. */
  readonly aged: boolean
}

/**
 * @param within the kit that the variant is taken as a component of: what the kit is excluded from is barred to it
 * @returns null for a channel that is not of the estate
 */
export function toInput(
  basis: Basis,
  asked: Asked,
  within: Pick<Basis, 'variantId' | 'terms' | 'categories'> | null = null,
): BasisInput | null {
  const { network, shared, terms, variantId, categories, holds } = basis
  const { channelId, method, nowMs, freshness } = asked
  const serving = network.serving(channelId, method)
  if (serving === null) return null
  const subject: Subject = { channelId, method, variantId, categories }
  const rules = [...shared.safetyRules, ...terms.safetyRules]
  const exclusions = [...shared.exclusions, ...terms.exclusions]
  const allocations = [...shared.allocations, ...terms.allocations]
  const safetyAt = rulesAt(rules, subject, nowMs)
  const excludedAt = rulesAt(exclusions, subject, nowMs)
  const kitExclusions = within === null ? none : [...shared.exclusions, ...within.terms.exclusions]
  const kitExcludedAt =
    within === null
      ? null
      : rulesAt(kitExclusions, { channelId, method, variantId: within.variantId, categories: within.categories }, nowMs)
  const barrierOf = (locationId: string): Barrier | null =>
    barrierAt(serving.has(locationId), excludedAt(locationId)) ??
    (kitExcludedAt === null ? null : barrierAt(true, kitExcludedAt(locationId)))
  const inTransit = network.channel(channelId)?.inTransit ?? noInTransit
  const held = unitsByPlace(holds)
  const incoming = incomingByLocation(basis, inTransit, nowMs)
  const systems = new Map<string, Age>()
  const ageIn = (system: string): Age => {
    const age = systems.get(system) ?? ageOf(system, freshness, nowMs)
    systems.set(system, age)
    return age
  }
  let aged = false

  const locations = basis.positions.map((position): LocationInput => {
    const { locationId, system, sellable } = position
    const barrier = barrierOf(locationId)
    const safety = barrier === null ? bufferOf(safetyAt(locationId), sellable) : null
    const age = oldest(position.feeds.map(ageIn), ageIn(system))
    if (age.late) aged = true
    return {
      locationId,
      onHand: position.onHand,
      sellable,
      committed: position.committed,
      reserved: held.get(locationId) ?? 0,
      barrier,
      buffer: safety?.units ?? 0,
      bufferRuleId: safety?.ruleId ?? null,
      degraded: age.late ? heldBack(position, age, basis, freshness) : 0,
      system: age.system,
      incoming: incoming.get(locationId) ?? 0,
    }
  })
  const counted = new Set(locations.map(({ locationId }) => locationId))
  for (const [locationId, units] of incoming) {
    if (counted.has(locationId)) continue
    const barrier = barrierOf(locationId)
    locations.push({ ...uncounted, locationId, barrier, incoming: units })
  }
  return {
    locations,
    unplaced: held.get('') ?? 0,
    allocation: allocationInput(allocations, basis, asked),
    aged,
    validUntilMs: Math.min(
      ...[...rules, ...exclusions, ...kitExclusions, ...allocations].map((rule) => nextBoundaryMs(rule, nowMs)),
      ...(inTransit.include ? terms.supplies.map((supply) => comesWithinMs(supply, inTransit, nowMs)) : []),
    ),
  }
}

/**
 * The input of the same basis where other units are held: what `toInput` would give, without asking the rules again.
 * @param input of what differs from `basis` in `holds` and `sold` alone
 */
export function withHolds(input: BasisInput, basis: Basis, asked: Asked): BasisInput {
  const { shared, terms, holds } = basis
  const held = unitsByPlace(holds)
  const isShared = shared.allocations.length + terms.allocations.length === 0
  return {
    ...input,
    locations: input.locations.map((at) => ({ ...at, reserved: held.get(at.locationId) ?? 0 })),
    unplaced: held.get('') ?? 0,
    allocation: isShared
      ? input.allocation
      : allocationInput([...shared.allocations, ...terms.allocations], basis, asked),
  }
}

/** As `toInput` and `availableOf`; of a kit, from its components. @returns null for an unknown channel */
export function numbersOf(basis: Basis, asked: Asked, components: ReadonlyMap<string, Basis>): AvailableNumbers | null {
  const { kit } = basis.terms
  const own = toInput(basis, asked)
  if (own === null || kit === null) return own && availableOf(own)
  const madeUp = madeUpFrom(basis, kit, asked, components)
  return madeUp === null ? noNumbers : kitNumbersOf(madeUp, own.allocation)
}

/** @returns null where a component is unknown */
export function madeUpFrom(
  basis: Basis,
  kit: Kit,
  asked: Asked,
  components: ReadonlyMap<string, Basis>,
): MadeUp | null {
  const parts: Component[] = []
  for (const { variantId, quantity } of kit.components) {
    const component = components.get(variantId)
    const input = component === undefined ? null : toInput(component, asked, basis)
    if (input === null) return null
    parts.push({ units: quantity, input })
  }
  return madeUpOf(parts, kit.shipTogether)
}

const none: readonly never[] = Object.freeze([])

/** Where nothing of a variant was ever counted. */
const uncounted = {
  ...{ onHand: 0, sellable: 0, committed: 0, reserved: 0 },
  ...{ buffer: 0, bufferRuleId: null, degraded: 0, system: '' },
}

function barrierAt(
  serves: boolean,
  exclusions: readonly { readonly id: string; readonly quarantine: boolean }[],
): Barrier | null {
  if (!serves) return { kind: 'NOT_SERVING', ruleId: null }
  const first = exclusions.find(({ quarantine }) => quarantine) ?? exclusions[0]
  if (first === undefined) return null
  return { kind: first.quarantine ? 'QUARANTINED' : 'EXCLUDED', ruleId: first.id }
}

type Age = { readonly system: string; readonly ageMs: number | null; readonly late: boolean }

function ageOf(system: string, freshness: FreshnessBoard, nowMs: number): Age {
  const known = freshness.of(system)
  const syncedMs = known?.syncedAt?.getTime() ?? null
  const ageMs = syncedMs === null ? null : Math.max(0, nowMs - syncedMs)
  return { system, ageMs, late: known === null || ageMs === null || ageMs > known.policy.softTtlMs }
}

/** Whoever is late counts: what a till sold unheard of is missing in the warehouse's count as well. */
function oldest(others: readonly Age[], own: Age): Age {
  return others.reduce((age, other) => {
    if (other.late !== age.late) return other.late ? other : age
    return (other.ageMs ?? Number.POSITIVE_INFINITY) > (age.ageMs ?? Number.POSITIVE_INFINITY) ? other : age
  }, own)
}

function heldBack(
  { locationId, sellable }: PositionRow,
  { system, ageMs }: Age,
  { shared, terms }: Basis,
  freshness: FreshnessBoard,
): number {
  const policy = freshness.of(system)?.policy ?? { softTtlMs: 0, hardTtlMs: 0 }
  const buffer = degradedBufferOf(shared.degradedBuffers, locationId, system)
  const there = terms.velocities.find((velocity) => velocity.locationId === locationId)
  const anywhere = terms.velocities.find((velocity) => velocity.locationId === null)
  return degradedUnits({ ageMs, policy }, buffer, (there ?? anywhere)?.unitsPerHour ?? 0, sellable)
}

/** Units by location; '' for what no location owes yet. */
function unitsByPlace(holds: readonly Hold[]): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  for (const hold of holds) units.set(hold.locationId ?? '', (units.get(hold.locationId ?? '') ?? 0) + hold.units)
  return units
}

function incomingByLocation({ terms }: Basis, policy: InTransitPolicy, nowMs: number): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  if (!policy.include) return units
  for (const supply of terms.supplies) {
    units.set(supply.locationId, (units.get(supply.locationId) ?? 0) + incomingUnits(supply, policy, nowMs))
  }
  return units
}

function allocationInput(
  allocations: readonly ChannelAllocation[],
  { variantId, categories, holds, sold }: Basis,
  { channelId, nowMs }: Asked,
): AllocationInput {
  if (allocations.length === 0) return sharedAllocation
  const consumedOf = (rule: ChannelAllocation) =>
    holds.reduce(
      (sum, { channelId: id, units, hasLeft }) => sum + (id === rule.channelId && !hasLeft ? units : 0),
      (rule.consumed ?? 0) + soldOf(rule, sold),
    )
  const near = (id: string) => allocationOf(allocations, id, { variantId, categories }, nowMs)
  const others = [...new Set(allocations.map((allocation) => allocation.channelId))].flatMap((id) => {
    const other = id === channelId ? null : near(id)
    if (other?.mode !== 'RING_FENCED') return []
    const remaining = Math.max(0, (other.units ?? 0) - consumedOf(other))
    return remaining === 0 ? [] : [{ channelId: id, ruleId: other.id, remaining }]
  })
  const own = near(channelId)
  if (own === null) return { ...sharedAllocation, others }
  return { ...own, consumed: consumedOf(own), ruleId: own.id, others }
}
