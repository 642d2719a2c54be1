import type { Report } from './fulfillment-events.ts'
import type { FulfillmentOrderState } from './fulfillment-order.ts'

/** What becomes of a fulfilment order by a location's word. */
export const stateOf: Readonly<Record<Report['status'], FulfillmentOrderState>> = {
  RELEASED: 'RELEASED',
  ACCEPTED: 'ACCEPTED',
  REJECTED: 'REJECTED',
  // A location that cancels what it is to do gives it back.
  CANCELLED: 'REJECTED',
  PICKED: 'IN_PROGRESS',
  PACKED: 'IN_PROGRESS',
  READY_FOR_PICKUP: 'READY',
  SHORT: 'SHORT',
  SHIPPED: 'SHIPPED',
  COLLECTED: 'COLLECTED',
}

/** How that is told: `retail.fulfillment-order.….v1`. */
export const eventOf = {
  RELEASED: 'released',
  ACCEPTED: 'accepted',
  REJECTED: 'rejected',
  CANCELLED: 'rejected',
  PICKED: 'picked',
  PACKED: 'packed',
  READY_FOR_PICKUP: 'ready-for-pickup',
  SHORT: 'short',
  SHIPPED: 'shipped',
  COLLECTED: 'collected',
} as const satisfies Readonly<Record<Report['status'], string>>
