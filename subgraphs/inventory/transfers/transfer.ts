import type { PositionRow } from '../reads.ts'
import { type Hold, unitsAt } from '../reservations/holds.ts'
import type { Shortfall } from '../reservations/place.ts'

/** Units of one variant that are to go, or on their way. dispatched = in transit + received + damaged + lost. */
export type KeptLine = {
  readonly lineId: string
  readonly variantId: string
  readonly quantity: number
  /** All of them, or none yet. */
  readonly dispatched: number
  readonly received: number
  readonly damaged: number
  readonly lost: number
}

/** Who took a step, and why; null: it needs no reason. */
export type Decision = { readonly by: string; readonly reason: string | null }

/** How far a transfer has come before anything of it arrives. */
export const stages = ['DRAFT', 'REQUESTED', 'APPROVED', 'CANCELLED', 'DISPATCHED'] as const

/** A transfer whose books are kept here. */
export type KeptTransfer = {
  readonly id: string
  readonly tenant: string
  readonly fromLocationId: string
  readonly toLocationId: string
  readonly stage: (typeof stages)[number]
  /** null: it has not left. */
  readonly dispatchedAt: string | null
  readonly expectedAt: string | null
  readonly closedAt: string | null
  readonly documentRef: string | null
  /** Of the last step; null: taken before that was kept. */
  readonly decision: Decision | null
  readonly version: number
  readonly lines: readonly KeptLine[]
}

export type TransferState = KeptTransfer['stage'] | 'PARTIALLY_RECEIVED' | 'RECEIVED' | 'SHORT'

export function inTransitOf({ dispatched, received, damaged, lost }: KeptLine): number {
  return dispatched - received - damaged - lost
}

export function stateOf({ stage, lines }: Pick<KeptTransfer, 'stage' | 'lines'>): TransferState {
  if (stage !== 'DISPATCHED') return stage
  if (lines.every((line) => inTransitOf(line) === 0)) return lines.some(({ lost }) => lost > 0) ? 'SHORT' : 'RECEIVED'
  return lines.some((line) => inTransitOf(line) < line.dispatched) ? 'PARTIALLY_RECEIVED' : 'DISPATCHED'
}

/** What arrived of a line. */
export type Arrival = { readonly lineId: string; readonly received: number; readonly damaged: number }

/** What one line went through in one step. */
export type LineStep = Arrival & { readonly variantId: string; readonly lost: number }

export type Receipt =
  | { readonly kind: 'received'; readonly after: KeptTransfer; readonly steps: readonly LineStep[] }
  | { readonly kind: 'closed' | 'illegal-step'; readonly state: TransferState }
  | { readonly kind: 'unknown-line'; readonly lineId: string }
  | { readonly kind: 'units-missing'; readonly lineId: string; readonly requested: number; readonly inTransit: number }

/**
 * A transfer after more of it arrived, all of it or none. A unit leaves transit once.
 * @param final nothing more will come: what is still in transit is lost
 */
export function receive(
  before: KeptTransfer,
  arrivals: readonly Arrival[],
  final: boolean,
  decision: Decision,
  atText: string,
): Receipt {
  const state = stateOf(before)
  if (before.stage !== 'DISPATCHED') return { kind: 'illegal-step', state }
  if (state === 'RECEIVED' || state === 'SHORT') return { kind: 'closed', state }
  const byLine = new Map(arrivals.map((arrival) => [arrival.lineId, arrival]))
  const known = new Set(before.lines.map(({ lineId }) => lineId))
  const unknown = arrivals.find(({ lineId }) => !known.has(lineId))
  if (unknown !== undefined) return { kind: 'unknown-line', lineId: unknown.lineId }
  const steps: LineStep[] = []
  for (const line of before.lines) {
    const { lineId, variantId } = line
    const { received, damaged } = byLine.get(lineId) ?? { received: 0, damaged: 0 }
    const inTransit = inTransitOf(line)
    const requested = received + damaged
    if (requested > inTransit) return { kind: 'units-missing', lineId, requested, inTransit }
    steps.push({ lineId, variantId, received, damaged, lost: final ? inTransit - requested : 0 })
  }
  const lines = before.lines.map((line, at): KeptLine => {
    const { received = 0, damaged = 0, lost = 0 } = steps[at] ?? {}
    return {
      ...line,
      received: line.received + received,
      damaged: line.damaged + damaged,
      lost: line.lost + lost,
    }
  })
  const closed = lines.every((line) => inTransitOf(line) === 0)
  const after = { ...before, lines, closedAt: closed ? atText : null, decision, version: before.version + 1 }
  return { kind: 'received', after, steps }
}

/**
 * Variants of which a location has fewer units that nobody was promised than are to be sent, or the network would not keep what it
 * owes: each counted over all lines.
 * @returns empty when all can be sent
 */
export function shortfallsOf(
  lines: readonly { readonly variantId: string; readonly quantity: number }[],
  locationId: string,
  positions: ReadonlyMap<string, readonly PositionRow[]>,
  holds: ReadonlyMap<string, readonly Hold[]>,
): readonly Shortfall[] {
  const demand = new Map<string, number>()
  for (const { variantId, quantity } of lines) demand.set(variantId, (demand.get(variantId) ?? 0) + quantity)
  return [...demand].flatMap(([variantId, requested]): readonly Shortfall[] => {
    const held = holds.get(variantId) ?? []
    const free = (positions.get(variantId) ?? []).map((position) => ({
      locationId: position.locationId,
      available: Math.max(0, position.sellable - position.committed - unitsAt(held, position.locationId)),
    }))
    // What no location owes yet is owed by all of them together.
    const spare = free.reduce((sum, { available }) => sum + available, -unitsAt(held, null))
    const there = free.find((place) => place.locationId === locationId)?.available ?? 0
    const available = Math.max(0, Math.min(there, spare))
    if (requested <= available) return []
    const alternatives = free
      .map((place) => ({ ...place, available: Math.min(place.available, spare) }))
      .filter((place) => place.locationId !== locationId && place.available > 0)
      .sort((a, b) => b.available - a.available || (a.locationId < b.locationId ? -1 : 1))
      .slice(0, mostAlternatives)
    return [{ variantId, requested, available, alternatives }]
  })
}

const mostAlternatives = 10
