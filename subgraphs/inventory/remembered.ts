import { type AvailableNumbers, availableOf, lowStockUnits } from './availability.ts'
import { type Asked, type Basis, toInput } from './basis.ts'
import type { LoadedBasis } from './loaders.ts'
import type { Method, Origin } from './network.ts'
import { promiseFrom } from './promise-from.ts'
import { freshIn, isUnread } from './provenance.ts'

export type Status = 'IN_STOCK' | 'LOW_STOCK' | 'BACKORDER' | 'PREORDER' | 'OUT_OF_STOCK' | 'DISCONTINUED' | 'UNKNOWN'

export type Computed = {
  readonly numbers: AvailableNumbers
  readonly status: Status
  /** The newest fact of each source the number rests on. */
  readonly origins: readonly Origin[]
  /** Before then, and while these sources are fresh, the same basis gives the same. Negative infinity: nobody knows. */
  readonly validUntilMs: number
}

/** Clocks step back: what was before it was computed nobody knows. */
type Remembered = Computed & { readonly basis: LoadedBasis; readonly computedAtMs: number }

// As long as a variant's positions are the same object, so is what was computed from them: an event that changes
// anything drops the cached value, and with it this.
const memory = new WeakMap<object, Map<string, Map<Method, Remembered>>>()

/** The numbers of a variant that is no kit, computed anew only when something they rest on changed. @returns null for an unknown channel */
export function computedOf(basis: LoadedBasis, asked: Asked): Computed | null {
  const byChannel = memory.get(basis.positions)
  const known = byChannel?.get(asked.channelId)?.get(asked.method)
  if (known !== undefined && isInTime(known, asked) && isSame(known.basis, basis) && areFresh(known, asked))
    return known
  const input = toInput(basis, asked)
  if (input === null) return null
  const numbers = availableOf(input)
  const origins = newestOrigins(basis, asked)
  const status = statusOf(basis, numbers, origins, asked)
  const validUntilMs = input.aged
    ? Number.NEGATIVE_INFINITY
    : Math.min(input.validUntilMs, holdsEndMs(basis, asked.nowMs), releaseMs(basis, asked.nowMs))
  const computed = { numbers, origins, status, validUntilMs }
  if (!input.aged && basis.positions.length > 0) {
    const channels = byChannel ?? new Map<string, Map<Method, Remembered>>()
    const methods = channels.get(asked.channelId) ?? new Map<Method, Remembered>()
    methods.set(asked.method, { ...computed, basis, computedAtMs: asked.nowMs })
    channels.set(asked.channelId, methods)
    memory.set(basis.positions, channels)
  }
  return computed
}

export function statusOf(basis: Basis, numbers: AvailableNumbers, origins: readonly Origin[], asked: Asked): Status {
  const { ats } = numbers
  if (origins.length > 0 && origins.every(({ system }) => isUnread(system, asked.freshness))) return 'UNKNOWN'
  if (ats > 0) return ats > lowStockUnits ? 'IN_STOCK' : 'LOW_STOCK'
  const { kind } = promiseFrom(basis, 1, numbers, asked)
  if (kind === 'BACKORDER' || kind === 'PREORDER') return kind
  return basis.terms.discontinued ? 'DISCONTINUED' : 'OUT_OF_STOCK'
}

/** Of the locations that serve, or of all where none does. */
export function newestOrigins(basis: Basis, { channelId, method }: Asked): readonly Origin[] {
  const serving = basis.network.serving(channelId, method)
  const counted = basis.positions.filter(({ locationId }) => serving?.has(locationId))
  const newest = new Map<string, Origin>()
  for (const position of counted.length > 0 ? counted : basis.positions) {
    for (const system of [position.system, ...position.feeds]) {
      const known = newest.get(system)
      if (known === undefined || known.receivedAt < position.receivedAt)
        newest.set(system, { ...originOf(position), system })
    }
  }
  return [...newest.values()]
}

function originOf({ system, occurredAt, receivedAt }: Origin): Origin {
  return { system, occurredAt, receivedAt }
}

function isSame(a: LoadedBasis, b: LoadedBasis): boolean {
  if (a === b) return true
  return (
    a.network === b.network &&
    a.shared === b.shared &&
    a.terms === b.terms &&
    a.categories === b.categories &&
    a.storedHolds === b.storedHolds &&
    a.sold === b.sold
  )
}

function isInTime({ computedAtMs, validUntilMs }: Remembered, { nowMs }: Asked): boolean {
  return nowMs >= computedAtMs && nowMs < validUntilMs
}

function areFresh({ origins }: Remembered, { freshness, nowMs }: Asked): boolean {
  return origins.every(({ system }) => freshIn(system, freshness).isMetAt(nowMs))
}

function holdsEndMs({ storedHolds }: LoadedBasis, nowMs: number): number {
  const ends = storedHolds.flatMap(({ until }) => (until === undefined ? [] : [Date.parse(until)]))
  return Math.min(Number.POSITIVE_INFINITY, ...ends.filter((ms) => ms > nowMs))
}

function releaseMs({ terms }: Basis, nowMs: number): number {
  const ms = terms.selling?.preorder ? Date.parse(terms.selling.preorder.releaseAt) : nowMs
  return ms > nowMs ? ms : Number.POSITIVE_INFINITY
}
