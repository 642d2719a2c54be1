import { type ChannelAllocation, shareDown } from './rules.ts'

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

/** Why nothing of a location may be promised, with the rule that says so. */
export type Barrier = {
  readonly kind: 'NOT_SERVING' | 'EXCLUDED' | 'QUARANTINED'
  readonly ruleId: string | null
}

/** One location as a channel and method see it. */
export type LocationInput = LocationStock & {
  readonly barrier: Barrier | null
  /** Of the safety rule that counts here. */
  readonly buffer: number
  readonly bufferRuleId: string | null
  /** Held back for the age of the source. */
  readonly degraded: number
  readonly system: string
  /** On its way and sure enough to be sold now; 0 unless the channel sells what is in transit. */
  readonly incoming: number
}

export type RingFence = { readonly channelId: string; readonly ruleId: string; readonly remaining: number }

export type AllocationInput = Pick<
  ChannelAllocation,
  'mode' | 'units' | 'basisPoints' | 'publishFloor' | 'maxPublish'
> & {
  /** Of a quota: what was sold of it, or is held. */
  readonly consumed: number
  readonly ruleId: string | null
  /** What other channels have fenced in and not sold yet. */
  readonly others: readonly RingFence[]
}

export type AvailabilityInput = {
  readonly locations: readonly LocationInput[]
  /** Demand of the network not yet placed at a location. */
  readonly unplaced: number
  readonly allocation: AllocationInput
}

export type AvailableNumbers = {
  /** Available to sell; never negative. */
  readonly ats: number
  /** What locations may give now, less what the network owes; below zero, that waits for what is on its way. */
  readonly onShelf: number
  /** Owed by the network beyond what it has and what it sells in advance: first of what comes. */
  readonly owed: number
  readonly largestSingleLocation: number
  /** Locations with something to give, largest first, then by id. */
  readonly byLocation: readonly { readonly locationId: string; readonly available: number }[]
}

export const sharedAllocation: AllocationInput = {
  mode: 'SHARED',
  units: null,
  basisPoints: null,
  consumed: 0,
  publishFloor: 0,
  maxPublish: null,
  ruleId: null,
  others: [],
}

export const noNumbers: AvailableNumbers = { ats: 0, onShelf: 0, owed: 0, largestSingleLocation: 0, byLocation: [] }

/** The exact formula; docs/decisions/041-availability.md writes it out. */
export function availableOf(input: AvailabilityInput): AvailableNumbers {
  let shelves = 0
  let incoming = 0
  const byLocation: { locationId: string; available: number }[] = []
  for (const at of input.locations) {
    const available = baseOf(at)
    shelves += available
    if (at.barrier === null) incoming += at.incoming
    if (available > 0) byLocation.push({ locationId: at.locationId, available })
  }
  byLocation.sort((a, b) => b.available - a.available || (a.locationId < b.locationId ? -1 : 1))
  const pool = shelves + incoming
  return {
    ats: publishedOf(allocatedOf(pool, input), input.allocation),
    onShelf: shelves - input.unplaced,
    owed: Math.max(0, input.unplaced - pool),
    largestSingleLocation: byLocation[0]?.available ?? 0,
    byLocation,
  }
}

/** sellable - committed - reserved; below zero units are oversold. */
export function freeOf({ sellable, committed, reserved }: Omit<LocationStock, 'locationId' | 'onHand'>): number {
  return sellable - committed - reserved
}

/** What one location may promise: what is free beyond its buffers. A location that oversold takes nothing from another. */
export function baseOf(at: LocationInput): number {
  return at.barrier === null ? Math.max(0, freeOf(at) - at.buffer - at.degraded) : 0
}

/** What of the pool is the channel's, before it is published. */
export function allocatedOf(pool: number, { unplaced, allocation }: Omit<AvailabilityInput, 'locations'>): number {
  const net = Math.max(0, pool - unplaced)
  if (allocation.mode === 'RING_FENCED') {
    return Math.min(net, Math.max(0, (allocation.units ?? 0) - allocation.consumed))
  }
  let fenced = 0
  for (const other of allocation.others) fenced += other.remaining
  const shared = Math.max(0, net - fenced)
  return allocation.mode === 'CAP' ? Math.min(shared, capOf(allocation, net)) : shared
}

export function publishedOf(allocated: number, { publishFloor, maxPublish }: AllocationInput): number {
  if (allocated < publishFloor) return 0
  return maxPublish === null ? allocated : Math.min(allocated, maxPublish)
}

function capOf({ units, basisPoints }: AllocationInput, net: number): number {
  return units ?? (basisPoints === null ? net : shareDown(basisPoints, net))
}

export type Component = { readonly units: number; readonly input: AvailabilityInput }

export type MadeUp = Pick<AvailableNumbers, 'largestSingleLocation' | 'byLocation'> & {
  /** Before the kit's own allocation. */
  readonly kits: number
  /** What there is of each component, in order. */
  readonly parts: readonly AvailableNumbers[]
}

/** How many kits can be made up of what is here: at one location each when they must ship together, else from anywhere. */
export function madeUpOf(components: readonly Component[], shipTogether: boolean): MadeUp {
  const counts = new Map<string, number>()
  const [first, ...rest] = components
  for (const at of first?.input.locations ?? []) {
    const sets = rest.reduce(
      (fewest, { units, input }) => Math.min(fewest, setsAt(input, at.locationId, units)),
      Math.floor(baseOf(at) / (first?.units ?? 1)),
    )
    if (sets > 0) counts.set(at.locationId, sets)
  }
  const byLocation = [...counts].map(([locationId, available]) => ({ locationId, available }))
  byLocation.sort((a, b) => b.available - a.available || (a.locationId < b.locationId ? -1 : 1))
  const parts = components.map(({ input }) => availableOf(input))
  const anywhere = components.map(({ units }, at) => Math.floor(hereOf(parts[at] ?? noNumbers) / units))
  // What a component is published of, is fenced in for others or promised already bounds kits of one location as well.
  const loose = components.length === 0 ? 0 : Math.min(...anywhere)
  const together = byLocation.reduce((sum, { available }) => sum + available, 0)
  const kits = shipTogether ? Math.min(together, loose) : loose
  return { kits, parts, byLocation, largestSingleLocation: byLocation[0]?.available ?? 0 }
}

/** @param allocation the kit's own: of those that can be made up, what is published */
export function kitNumbersOf(madeUp: MadeUp, allocation: AllocationInput): AvailableNumbers {
  const { kits, largestSingleLocation, byLocation } = madeUp
  const ats = publishedOf(allocatedOf(kits, { unplaced: 0, allocation }), allocation)
  return { ats, onShelf: ats, owed: 0, largestSingleLocation, byLocation }
}

/** What may be promised and is here. */
export function hereOf({ ats, onShelf }: Pick<AvailableNumbers, 'ats' | 'onShelf'>): number {
  return Math.max(0, Math.min(ats, onShelf))
}

function setsAt({ locations }: AvailabilityInput, locationId: string, units: number): number {
  const at = locations.find((location) => location.locationId === locationId)
  return at === undefined ? 0 : Math.floor(baseOf(at) / units)
}

/** At or below this a storefront should say that few are left. */
export const lowStockUnits = 5
