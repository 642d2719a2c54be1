import type { JsonValue } from '../../../platform/event-log/event-log.ts'
import type { ChangeCommand, Done, ReserveCommand } from './command.ts'
import { toReservation } from './decide.ts'
import { type ReservationRow, timesOf } from './legs.ts'
import type { Part } from './place.ts'

/** What was kept, where the command itself says the rest: a replay has the same input, or it is none. */
type Kept = { readonly at: string; readonly parts: readonly (Part & { readonly id: string })[] }

/** What an idempotency record keeps of an outcome. */
export function toResponse({ reservations }: Done, command: ReserveCommand | ChangeCommand): JsonValue {
  if (command.kind === 'change') return { reservations }
  const parts = reservations.map(({ id, lineId, variantId, locationId, quantity }) => ({
    id,
    lineId,
    variantId,
    locationId,
    quantity,
  }))
  return { at: reservations[0]?.createdAt ?? '', parts } satisfies Kept
}

/** The outcome as it was given first. @param response written by `toResponse` of this file alone */
export function fromResponse(response: JsonValue, command: ReserveCommand | ChangeCommand): Done {
  if (command.kind === 'change') {
    const { reservations } = response as { readonly reservations: readonly ReservationRow[] }
    return { kind: 'done', reservations, plan: [], replayed: true }
  }
  const { at, parts } = response as Kept
  const times = timesOf(command.ttlSeconds, new Date(at))
  const reservations = parts.map(({ id, ...part }) => toReservation(part, command, times, id))
  const plan = parts.map(({ lineId, locationId, quantity }) => ({ lineId, locationId, quantity }))
  return { kind: 'done', reservations, plan, replayed: true }
}
