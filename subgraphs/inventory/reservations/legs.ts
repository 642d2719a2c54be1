import type { Method } from '../network.ts'
import type { Promised } from '../promise.ts'
import type { KitOf } from './place.ts'

/** Where the units of a reservation are; together they are always its quantity, and a unit leaves a leg once. */
export type Legs = {
  readonly held: number
  readonly confirmed: number
  readonly consumed: number
  readonly released: number
  readonly expired: number
}

export type OwnerKind = 'CART' | 'CHECKOUT' | 'ORDER' | 'QUOTE'
export type Owner = { readonly kind: OwnerKind; readonly id: string }

/** Holds JSON values only, so that it lives in an idempotency record too: times are RFC 3339 text. */
export type ReservationRow = Legs & {
  readonly id: string
  readonly tenant: string
  readonly clientId: string
  readonly owner: Owner
  readonly lineId: string
  readonly channelId: string
  readonly method: Method
  readonly variantId: string
  /** The variant that was asked for, where this one is given in its place. */
  readonly substitutedFor: string | null
  /** null: of the channel's network, not yet placed. */
  readonly locationId: string | null
  /** What was said of units that were not here; null: they were. */
  readonly promise: Promised | null
  readonly quantity: number
  /** Of `confirmed`: what the source's own `committed` counts already. */
  readonly allocated: number
  readonly extensions: number
  readonly orderId: string | null
  readonly expiresAt: string
  readonly createdAt: string
  readonly version: number
  /** Where these units stand for a kit they are kept for. */
  readonly kit?: KitOf
}

/** Why a reservation stays as it is. */
export type LegRefusal =
  | { readonly kind: 'expired'; readonly expiresAt: string }
  | { readonly kind: 'exceeds'; readonly requested: number; readonly outstanding: number }
  | { readonly kind: 'extended-too-often'; readonly allowed: number }
  /** Units that no location has yet cannot leave one. */
  | { readonly kind: 'unplaced'; readonly requested: number }

export type LegChange = 'held' | 'extended' | 'confirmed' | 'allocated' | 'moved' | 'consumed' | 'released' | 'expired'

export type Changed = { readonly change: LegChange; readonly after: ReservationRow }

export const mostExtensions = 10

/** Units that no stock may be promised from again: held and in time, or confirmed and not yet the source's own business. */
export function liveUnits({ held, confirmed, allocated, expiresAt }: ReservationRow, now: Date): number {
  return (isOver(expiresAt, now) ? 0 : held) + confirmed - allocated
}

/** Units that a move takes along. */
export function unitsOf({ held, confirmed, expiresAt }: ReservationRow, now: Date): number {
  return confirmed + (isOver(expiresAt, now) ? 0 : held)
}

/** Of a reservation that is made at a moment. */
export type Times = Pick<ReservationRow, 'createdAt' | 'expiresAt'>

export function timesOf(ttlSeconds: number, now: Date): Times {
  return { createdAt: now.toISOString(), expiresAt: new Date(now.getTime() + ttlSeconds * 1_000).toISOString() }
}

export function isOver(expiresAt: string, now: Date): boolean {
  return Date.parse(expiresAt) <= now.getTime()
}

export function confirm(
  before: ReservationRow,
  units: number | null,
  orderId: string,
  now: Date,
): Changed | LegRefusal {
  if (before.held > 0 && isOver(before.expiresAt, now)) return { kind: 'expired', expiresAt: before.expiresAt }
  const quantity = units ?? before.held
  if (quantity > before.held || quantity === 0) return exceeds(quantity, before.held, before, now)
  return changed(before, 'confirmed', {
    held: before.held - quantity,
    confirmed: before.confirmed + quantity,
    orderId,
  })
}

export function extend(before: ReservationRow, ttlSeconds: number, now: Date): Changed | LegRefusal {
  if (before.held === 0) return exceeds(1, 0, before, now)
  if (isOver(before.expiresAt, now)) return { kind: 'expired', expiresAt: before.expiresAt }
  if (before.extensions >= mostExtensions) return { kind: 'extended-too-often', allowed: mostExtensions }
  const until = new Date(now.getTime() + ttlSeconds * 1_000).toISOString()
  const expiresAt = until > before.expiresAt ? until : before.expiresAt
  return changed(before, 'extended', { expiresAt, extensions: before.extensions + 1 })
}

/** Of what is held first, then of what is confirmed; what ran out is not there to be released. */
export function release(before: ReservationRow, units: number | null, now: Date): Changed | LegRefusal {
  const held = isOver(before.expiresAt, now) ? 0 : before.held
  const quantity = units ?? held + before.confirmed
  if (quantity > held + before.confirmed || quantity === 0) {
    return exceeds(quantity, held + before.confirmed, before, now)
  }
  const fromHeld = Math.min(held, quantity)
  const confirmed = before.confirmed - (quantity - fromHeld)
  return changed(before, 'released', {
    held: before.held - fromHeld,
    confirmed,
    allocated: Math.min(before.allocated, confirmed),
    released: before.released + quantity,
  })
}

/** Of what is confirmed alone: an order wants fewer. What is held beside it is of a cart, and ends by itself. */
export function cancel(before: ReservationRow, units: number): Changed {
  const confirmed = before.confirmed - units
  return changed(before, 'released', {
    confirmed,
    allocated: Math.min(before.allocated, confirmed),
    released: before.released + units,
  })
}

/** The source counts them in its own `committed` from here on. */
export function allocate(before: ReservationRow, units: number | null, now: Date): Changed | LegRefusal {
  const open = before.confirmed - before.allocated
  const quantity = units ?? open
  if (before.locationId === null) return { kind: 'unplaced', requested: quantity }
  if (quantity > open || quantity === 0) return exceeds(quantity, open, before, now)
  return changed(before, 'allocated', { allocated: before.allocated + quantity })
}

export function consume(before: ReservationRow, units: number | null, now: Date): Changed | LegRefusal {
  const quantity = units ?? before.confirmed
  if (before.locationId === null) return { kind: 'unplaced', requested: quantity }
  if (quantity > before.confirmed || quantity === 0) return exceeds(quantity, before.confirmed, before, now)
  return changed(before, 'consumed', {
    confirmed: before.confirmed - quantity,
    allocated: Math.max(0, before.allocated - quantity),
    consumed: before.consumed + quantity,
  })
}

/** @returns null when nothing of it has run out */
export function expire(before: ReservationRow, now: Date): Changed | null {
  if (before.held === 0 || !isOver(before.expiresAt, now)) return null
  return changed(before, 'expired', { held: 0, expired: before.expired + before.held })
}

/** What the source of the former place had committed, that of the new one has not. */
export function move(before: ReservationRow, locationId: string): Changed {
  const allocated = locationId === before.locationId ? before.allocated : 0
  return changed(before, 'moved', { locationId, allocated })
}

function changed(before: ReservationRow, change: LegChange, after: Partial<ReservationRow>): Changed {
  return { change, after: { ...before, ...after, version: before.version + 1 } }
}

function exceeds(requested: number, outstanding: number, before: ReservationRow, now: Date): LegRefusal {
  // Nothing left because time took it: say that rather than a number.
  const ranOut = before.expired > 0 || (before.held > 0 && isOver(before.expiresAt, now))
  if (outstanding === 0 && ranOut) return { kind: 'expired', expiresAt: before.expiresAt }
  return { kind: 'exceeds', requested: Math.max(requested, 1), outstanding }
}
