import type { Change, Decision, PlaceCommand } from './command.ts'
import { isOver, move, type ReservationRow, unitsOf } from './legs.ts'
import type { Alternative } from './place.ts'
import type { Question, SectionState } from './section-state.ts'

/**
 * Gives what the network owes a location, the oldest first: where the channel and method may promise it from, the whole of a
 * reservation at one place. What is older and stays is pledged as many units as there are for it: a younger one takes none of them. On
 * the state of a section; pure but for it.
 */
export function decidePlace(state: SectionState, { variantId, reservationIds, waiting }: PlaceCommand): Decision {
  const pledged = new Map<string, number>()
  const changes: Change[] = []
  /** As long as none is placed: most of those that wait ask the same. */
  const shelves = new Map<string, readonly Alternative[]>()

  function shelvesFor(question: Question): readonly Alternative[] {
    const key = `${question.method} ${question.channelId}`
    const found = shelves.get(key) ?? state.promisable(variantId, question).byLocation
    shelves.set(key, found)
    return found
  }

  /** The most first, then by id. */
  function freeFor(question: Question): readonly Alternative[] {
    return shelvesFor(question)
      .map(({ locationId, available }) => {
        return { locationId, available: available - (pledged.get(locationId) ?? 0) }
      })
      .filter(({ available }) => available > 0)
      .sort((a, b) => b.available - a.available || (a.locationId < b.locationId ? -1 : 1))
  }

  function pledge(free: readonly Alternative[], units: number): void {
    let open = units
    for (const { locationId, available } of free) {
      const some = Math.min(open, available)
      pledged.set(locationId, (pledged.get(locationId) ?? 0) + some)
      open -= some
      if (open === 0) return
    }
  }

  for (const { units, ...question } of waiting) pledge(freeFor(question), units)
  for (const id of reservationIds) {
    const before = state.reservation(id)
    if (before === null || before.locationId !== null) continue
    const units = unitsOf(before, state.now)
    if (units === 0) continue
    const free = freeFor(before)
    const [most] = free
    const unfenced = free.reduce((sum, { available }) => sum + available, -state.fenced(variantId, before))
    if (most !== undefined && most.available >= units && unfenced >= units && isToPlace(before, state.now)) {
      const change: Change = { ...move(before, most.locationId), before, occurredAt: null }
      state.apply(change)
      shelves.clear()
      changes.push(change)
    } else pledge(free, units)
  }
  const reservations = changes.map(({ after }) => after)
  return { outcome: { kind: 'done', reservations, plan: [], replayed: false }, changes }
}

/**
 * What an order waits for. What is only held may be given up yet and is placed when it is confirmed; what was asked for of the network
 * without a word of waiting is placed by who asked; and what ran out is written down first.
 */
function isToPlace({ promise, confirmed, held, expiresAt }: ReservationRow, now: Date): boolean {
  return promise !== null && confirmed > 0 && !(held > 0 && isOver(expiresAt, now))
}
