import type { QuantityItem } from '../promises.ts'
import type { Outcome, Refusal } from './command.ts'
import type { LegRefusal } from './legs.ts'
import type { InvalidLine } from './parse-input.ts'
import type { Shortfall } from './place.ts'
import type { Invalid } from './to-command.ts'

/** How long to leave a command alone that is being worked on. */
const retryAfterMs = 250

/** `wanted`: what is asked for elsewhere then, all of it together; absent: nothing is. */
export type StockMissing = {
  readonly __typename: 'InsufficientStock'
  readonly code: 'CONFLICT'
  readonly message: string
  readonly path: readonly string[]
  readonly shortfalls: readonly Shortfall[]
  readonly wanted?: { readonly channelId: string; readonly lines: readonly QuantityItem[] }
}

/** What a client is told, by the name of its type in the SDL. Success is shaped by the mutation. */
export function toRefusalAnswer(refusal: Refusal | Invalid) {
  switch (refusal.kind) {
    case 'invalid':
      return toInvalidLines(refusal.lines)
    case 'insufficient':
      return {
        __typename: 'InsufficientStock' as const,
        code: 'CONFLICT' as const,
        message: 'Cannot keep these units: there are fewer to be promised',
        path: ['input', 'lines'],
        shortfalls: refusal.shortfalls,
      }
    case 'channel-closed':
      return {
        __typename: 'ChannelClosed' as const,
        code: 'CONFLICT' as const,
        message: 'Cannot keep these units: the channel is not open for this method',
        path: ['input', 'channelId'],
        channelId: refusal.channelId,
      }
    case 'not-found':
      return {
        __typename: 'ReservationNotFound' as const,
        code: 'NOT_FOUND' as const,
        message: 'Cannot change the reservation: there is none of this id and owner',
        path: ['input'],
        reservationId: refusal.reservationId,
      }
    case 'leg':
      return toLegAnswer(refusal.reservationId, refusal.refusal)
    case 'key-reused':
      return {
        __typename: 'IdempotencyKeyReused' as const,
        code: 'CONFLICT' as const,
        message: 'Cannot use the idempotency key: it stands for another input',
        path: ['input', 'idempotencyKey'],
      }
    case 'key-in-progress':
      return {
        __typename: 'IdempotencyInProgress' as const,
        code: 'CONFLICT' as const,
        message: 'Cannot answer yet: a request with this idempotency key is being worked on',
        path: ['input', 'idempotencyKey'],
        retryAfterMs,
      }
    default:
      return refusal satisfies never
  }
}

export function isRefusal(outcome: Outcome | Invalid): outcome is Refusal | Invalid {
  return outcome.kind !== 'done'
}

function toInvalidLines(lines: readonly InvalidLine[]) {
  return {
    __typename: 'InvalidLines' as const,
    code: 'INVALID' as const,
    message: `Cannot read the request: ${lines[0]?.message ?? 'a line is not valid'}`,
    path: ['input'],
    lines,
  }
}

function toLegAnswer(reservationId: string, refusal: LegRefusal) {
  if (refusal.kind === 'expired') {
    return {
      __typename: 'ReservationExpired' as const,
      code: 'CONFLICT' as const,
      message: 'Cannot change the reservation: it has run out; reserve anew',
      path: ['input'],
      reservationId,
      expiredAt: refusal.expiresAt,
    }
  }
  const { requested, outstanding, message } = toUnitsMissing(refusal)
  return {
    __typename: 'ReservationUnitsMissing' as const,
    code: 'CONFLICT' as const,
    message: `Cannot change the reservation: ${message}`,
    path: ['input'],
    reservationId,
    requested,
    outstanding,
  }
}

function toUnitsMissing(refusal: Exclude<LegRefusal, { kind: 'expired' }>) {
  switch (refusal.kind) {
    case 'exceeds':
      return { ...refusal, message: `there are ${refusal.outstanding} units, got ${refusal.requested}` }
    case 'extended-too-often':
      return { requested: 1, outstanding: 0, message: `it was extended ${refusal.allowed} times, which is the most` }
    case 'unplaced':
      return {
        ...refusal,
        outstanding: 0,
        message: 'no location has its units yet; place them by moveReservation first',
      }
    default:
      return refusal satisfies never
  }
}
