import type { StateQuantity } from './line-states.ts'
import type { OrderState } from './order-state.ts'

export const publicStatuses = [
  'RECEIVED',
  'CONFIRMED',
  'PREPARING',
  'READY_FOR_PICKUP',
  'ON_ITS_WAY',
  'DELIVERED',
  'COLLECTED',
  'BACKORDERED',
  'PARTIALLY_CANCELLED',
  'CANCELLED',
  'RETURN_STARTED',
  'RETURN_RECEIVED',
  'REFUNDED',
] as const

export type PublicStatus = (typeof publicStatuses)[number]

/** What an order state is called outside. Holds, checks and rejections keep their reasons inside. */
const publicNames: { readonly [state in OrderState]: PublicStatus } = {
  CAPTURED: 'RECEIVED',
  VALIDATING: 'RECEIVED',
  ON_HOLD: 'RECEIVED',
  ACCEPTED: 'CONFIRMED',
  BACKORDERED: 'BACKORDERED',
  RESERVED: 'CONFIRMED',
  ALLOCATED: 'CONFIRMED',
  RELEASED: 'PREPARING',
  PICKED: 'PREPARING',
  PACKED: 'PREPARING',
  READY_FOR_PICKUP: 'READY_FOR_PICKUP',
  PARTIALLY_SHIPPED: 'ON_ITS_WAY',
  SHIPPED: 'ON_ITS_WAY',
  PARTIALLY_DELIVERED: 'ON_ITS_WAY',
  DELIVERED: 'DELIVERED',
  COLLECTED: 'COLLECTED',
  PARTIALLY_RETURNED: 'RETURN_RECEIVED',
  RETURNED: 'RETURN_RECEIVED',
  CANCELLED: 'CANCELLED',
  REJECTED: 'CANCELLED',
  LOST: 'CANCELLED',
  RECONCILED: 'DELIVERED',
}

export type PublicFacts = {
  readonly state: OrderState
  readonly counts: readonly StateQuantity[]
  /** Everything the customer owed for the order was paid back. */
  readonly fullyRefunded: boolean
}

export function toPublicStatus({ state, counts, fullyRefunded }: PublicFacts): PublicStatus {
  if (fullyRefunded) return 'REFUNDED'
  const has = (...states: readonly string[]) =>
    counts.some((count) => count.quantity > 0 && states.includes(count.state))
  const name = publicNames[state]
  if (has('RETURN_REQUESTED', 'RETURN_IN_TRANSIT') && name !== 'RETURN_RECEIVED') return 'RETURN_STARTED'
  const before = name === 'RECEIVED' || name === 'CONFIRMED' || name === 'PREPARING'
  return before && has('CANCELLED', 'REJECTED') ? 'PARTIALLY_CANCELLED' : name
}
