import type { OrderLineReservation } from './reservation-changes.ts'

export const fulfillmentOrderStates = [
  'OPEN',
  'RELEASED',
  'ACCEPTED',
  'REJECTED',
  'IN_PROGRESS',
  'READY',
  'SHORT',
  'SHIPPED',
  'COLLECTED',
  'CANCELLED',
  'CLOSED',
] as const
export type FulfillmentOrderState = (typeof fulfillmentOrderStates)[number]

export type FulfillmentMethod = OrderLineReservation['method']

/** JSON values only: it is kept as a document. */
export type KeptFulfillmentOrder = {
  readonly id: string
  readonly orderId: string
  readonly channelId: string
  readonly method: FulfillmentMethod
  readonly locationId: string
  readonly state: FulfillmentOrderState
  readonly lines: readonly KeptLine[]
  /** What made it; null: the reservation. */
  readonly madeBy: string | null
  /** The reroute that is to take its units elsewhere and is not decided yet. */
  readonly leavingBy: string | null
  /** The system whose word made the state what it is; null: none did. */
  readonly saidBy: string | null
  readonly version: number
}

export type KeptLine = {
  readonly reservationId: string
  readonly lineId: string
  readonly variantId: string
  /** Units still to leave. */
  readonly quantity: number
  readonly fulfilled: number
}

/** What may become of one by a location's word; anything else is said too late, and not followed. */
const followers: Readonly<Record<FulfillmentOrderState, readonly FulfillmentOrderState[]>> = {
  OPEN: ['RELEASED', 'ACCEPTED', 'REJECTED', 'IN_PROGRESS', 'READY', 'SHORT', 'SHIPPED', 'COLLECTED'],
  RELEASED: ['ACCEPTED', 'REJECTED', 'IN_PROGRESS', 'READY', 'SHORT', 'SHIPPED', 'COLLECTED'],
  ACCEPTED: ['REJECTED', 'IN_PROGRESS', 'READY', 'SHORT', 'SHIPPED', 'COLLECTED'],
  IN_PROGRESS: ['REJECTED', 'READY', 'SHORT', 'SHIPPED', 'COLLECTED'],
  SHORT: ['REJECTED', 'IN_PROGRESS', 'READY', 'SHIPPED', 'COLLECTED'],
  READY: ['SHIPPED', 'COLLECTED'],
  REJECTED: [],
  SHIPPED: [],
  COLLECTED: [],
  CANCELLED: [],
  CLOSED: [],
}

export function mayBecome(from: FulfillmentOrderState, to: FulfillmentOrderState): boolean {
  return followers[from].includes(to)
}

/** In which another location may take it: before it is picked, or when the location cannot go on. */
export const reroutableStates: readonly FulfillmentOrderState[] = ['OPEN', 'RELEASED', 'ACCEPTED', 'REJECTED', 'SHORT']

const ended: readonly FulfillmentOrderState[] = ['SHIPPED', 'COLLECTED', 'CANCELLED', 'CLOSED']

export function isLive({ state }: KeptFulfillmentOrder): boolean {
  return !ended.includes(state)
}
