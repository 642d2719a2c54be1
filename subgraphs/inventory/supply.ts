import { shareDown } from './rules.ts'
import type { supplyKinds, supplyStates } from './vocabulary.ts'

/** Units on their way to a location. */
export type Supply = {
  readonly id: string
  readonly kind: (typeof supplyKinds)[number]
  readonly locationId: string
  readonly quantity: number
  readonly received: number
  /** Promised to backorders already. */
  readonly claimed: number
  readonly eta: string
  /** 0 to 1: how sure it is to come as said. */
  readonly confidence: number
  readonly state: (typeof supplyStates)[number]
}

/** Which supply a channel may count on. */
export type InTransitPolicy = {
  /** Sell what is in transit as if it were here. */
  readonly include: boolean
  readonly horizonHours: number
  readonly minConfidence: number
  /** Of the open quantity what is counted; 10,000 is all of it. */
  readonly haircutBasisPoints: number
}

export const noInTransit: InTransitPolicy = {
  include: false,
  horizonHours: 72,
  minConfidence: 0.8,
  haircutBasisPoints: 10_000,
}

const hourMs = 3_600_000
const underWay = new Set<Supply['state']>(['CONFIRMED', 'IN_TRANSIT', 'PARTIALLY_RECEIVED'])

/** What of a supply may be promised from, whenever it comes. */
export function promisedUnits(supply: Supply, policy: InTransitPolicy): number {
  if (!underWay.has(supply.state)) return 0
  const open = shareDown(policy.haircutBasisPoints, supply.quantity - supply.received)
  return Math.max(0, open - supply.claimed)
}

/** What of a supply counts within the channel's horizon. */
export function incomingUnits(supply: Supply, policy: InTransitPolicy, nowMs: number): number {
  const inTime = Date.parse(supply.eta) <= nowMs + policy.horizonHours * hourMs
  return inTime && supply.confidence >= policy.minConfidence ? promisedUnits(supply, policy) : 0
}

/** When the answer of `incomingUnits` next changes by itself; infinity: never. */
export function comesWithinMs(supply: Supply, policy: InTransitPolicy, nowMs: number): number {
  const atMs = Date.parse(supply.eta) - policy.horizonHours * hourMs
  return atMs > nowMs ? atMs : Number.POSITIVE_INFINITY
}
