import type { Change } from '../reservations/command.ts'
import { move, type ReservationRow, unitsOf } from '../reservations/legs.ts'
import type { Alternative } from '../reservations/place.ts'
import type { SectionState } from '../reservations/section-state.ts'

/** All units that one location was to fulfil of an order, to be another's. */
export type RerouteRequest = {
  readonly tenant: string
  readonly reservationIds: readonly string[]
  readonly fromLocationId: string
  /** null: whichever has most to spare. */
  readonly toLocationId: string | null
  /** Not to be asked again. */
  readonly rejectedLocationIds: readonly string[]
}

export type RerouteAlternative = {
  readonly locationId: string
  readonly complete: boolean
  readonly lines: readonly { readonly variantId: string; readonly requested: number; readonly available: number }[]
}

export type Rerouted = {
  readonly kind: 'moved'
  readonly locationId: string
  /** Units that the location may still promise of the scarcest variant, after these. */
  readonly score: number
  readonly changes: readonly Change[]
}

export type RefusedReroute = {
  readonly kind: 'refused'
  readonly reason: 'NO_LOCATION' | 'TARGET_SHORT' | 'UNKNOWN_LOCATION' | 'UNITS_CHANGED'
  readonly alternatives: readonly RerouteAlternative[]
}

/**
 * Moves all of them or none, on the state of a section and to a location that may promise them all by the formula of
 * availability; a refused one leaves the state as it was.
 */
export function decideReroute(
  state: SectionState,
  request: RerouteRequest,
  isLocation: (id: string) => boolean,
): Rerouted | RefusedReroute {
  const { fromLocationId, toLocationId, rejectedLocationIds } = request
  const moving = movingOf(state, request)
  if (moving === null) return { kind: 'refused', reason: 'UNITS_CHANGED', alternatives: [] }
  // Whoever names a location has decided that it may be asked.
  const excluded = new Set([fromLocationId, ...(toLocationId === null ? rejectedLocationIds : [])])
  const open = openLocations(state, moving).filter(({ locationId }) => !excluded.has(locationId))
  if (toLocationId !== null && !isLocation(toLocationId)) return refuse('UNKNOWN_LOCATION', open)
  const whole = open.filter(({ complete }) => complete)
  const [best] = toLocationId === null ? whole : whole.filter(({ locationId }) => locationId === toLocationId)
  if (best === undefined) return refuse(toLocationId === null ? 'NO_LOCATION' : 'TARGET_SHORT', open)
  const changes = moving.map((before): Change => ({ ...move(before, best.locationId), before, occurredAt: null }))
  for (const change of changes) state.apply(change)
  return { kind: 'moved', locationId: best.locationId, score: spareOf(best), changes }
}

/** @returns null where units are no more where they were, or none are left */
function movingOf(state: SectionState, request: RerouteRequest): readonly ReservationRow[] | null {
  const rows = request.reservationIds.flatMap((id) => state.reservation(id) ?? [])
  const own = rows.filter((row) => row.tenant === request.tenant && unitsOf(row, state.now) > 0)
  if (own.length === 0 || own.some(({ locationId }) => locationId !== request.fromLocationId)) return null
  return own
}

/** Every location with some of them: those with all first, then by what they have to spare. What one variant is asked for is summed. */
function openLocations(state: SectionState, moving: readonly ReservationRow[]): readonly RerouteAlternative[] {
  const demands = new Map<string, { readonly at: readonly Alternative[]; requested: number }>()
  for (const row of moving) {
    const { channelId, method, variantId } = row
    const demand = demands.get(variantId) ?? {
      at: state.promisable(variantId, { channelId, method }).byLocation,
      requested: 0,
    }
    demand.requested += unitsOf(row, state.now)
    demands.set(variantId, demand)
  }
  const ids = new Set([...demands.values()].flatMap(({ at }) => at.map(({ locationId }) => locationId)))
  const open = [...ids].map((locationId): RerouteAlternative => {
    const lines = [...demands].map(([variantId, { at, requested }]) => ({
      variantId,
      requested,
      available: at.find((place) => place.locationId === locationId)?.available ?? 0,
    }))
    return { locationId, complete: lines.every(({ available, requested }) => available >= requested), lines }
  })
  return open.sort((a, b) => spareOf(b) - spareOf(a) || (a.locationId < b.locationId ? -1 : 1))
}

/** Below zero for one that has not all. */
function spareOf({ lines }: RerouteAlternative): number {
  return Math.min(...lines.map(({ available, requested }) => available - requested))
}

function refuse(reason: RefusedReroute['reason'], open: readonly RerouteAlternative[]): RefusedReroute {
  return { kind: 'refused', reason, alternatives: open.slice(0, mostAlternatives) }
}

const mostAlternatives = 10
