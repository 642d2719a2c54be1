import type { JsonValue } from '../../../platform/event-log/event-log.ts'
import type { ChangeCommand, Done, ReserveCommand } from './command.ts'
import { toReservation } from './decide.ts'
import { type ReservationRow, timesOf } from './legs.ts'
import type { Part } from './place.ts'

/** What was kept, where the command itself says the rest: a replay has the same input, or it is none. */
type Kept = { readonly at: string; readonly parts: readonly KeptPart[] }
/** `substitutedFor` and `promise`: absent in records of earlier releases, which knew none. */
type KeptPart = Omit<Part, Later> & Partial<Pick<Part, Later>> & { readonly id: string }
type Later = 'substitutedFor' | 'promise'

/** What an idempotency record keeps of a change. */
export function toResponse({ reservations }: Done): JsonValue {
  return { reservations }
}

/** What is to be told again of what was reserved. @param at when it was, RFC 3339 */
export function toKept(at: string, parts: Kept['parts']): JsonValue {
  return { at, parts } satisfies Kept
}

/** The outcome as it was given first. @param response made by `toResponse` or `toKept` of this file alone */
export function fromResponse(response: JsonValue, command: ReserveCommand | ChangeCommand): Done {
  if (command.kind === 'change') {
    const { reservations } = response as { readonly reservations: readonly ReservationRow[] }
    return { kind: 'done', reservations, plan: [], replayed: true }
  }
  const { at, parts } = response as Kept
  const times = timesOf(command.ttlSeconds, new Date(at))
  const plan = parts.map(({ id, ...part }): Part => ({ substitutedFor: null, promise: null, ...part }))
  const reservations = plan.map((part, at) => toReservation(part, command, times, parts[at]?.id ?? ''))
  return { kind: 'done', reservations, plan, replayed: true }
}
