import type { LineState } from './line-states.ts'
import { statesBetween, type TransitionTable } from './transitions.ts'

export const shipmentStates = [
  'LABEL_CREATED',
  'PRE_TRANSIT',
  'IN_TRANSIT',
  'OUT_FOR_DELIVERY',
  'AVAILABLE_FOR_PICKUP',
  'DELIVERED',
  'EXCEPTION',
  'RETURN_TO_SENDER',
  'LOST',
  'CANCELLED',
  'UNKNOWN',
] as const

export type ShipmentState = (typeof shipmentStates)[number]

const shipmentTransitions: TransitionTable<ShipmentState> = {
  LABEL_CREATED: ['PRE_TRANSIT', 'CANCELLED'],
  PRE_TRANSIT: ['IN_TRANSIT', 'CANCELLED'],
  IN_TRANSIT: ['OUT_FOR_DELIVERY', 'AVAILABLE_FOR_PICKUP', 'DELIVERED', 'EXCEPTION', 'RETURN_TO_SENDER', 'LOST'],
  OUT_FOR_DELIVERY: ['DELIVERED', 'EXCEPTION', 'IN_TRANSIT'],
  AVAILABLE_FOR_PICKUP: ['DELIVERED', 'RETURN_TO_SENDER'],
  DELIVERED: [],
  EXCEPTION: ['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'RETURN_TO_SENDER', 'LOST'],
  RETURN_TO_SENDER: [],
  LOST: [],
  CANCELLED: [],
  UNKNOWN: [],
}

export type ShipmentMilestone = { readonly state: ShipmentState; readonly at: string; readonly sequence: number }

/** The state after all milestones in the order they happened; a scan that may not follow leaves it as it is. */
export function toShipmentState(milestones: readonly ShipmentMilestone[]): ShipmentState {
  let state: ShipmentState = 'UNKNOWN'
  for (const milestone of milestones) {
    if (milestone.state === 'UNKNOWN') continue
    const legal = state === 'UNKNOWN' || statesBetween(shipmentTransitions, state, milestone.state) !== null
    if (legal) state = milestone.state
  }
  return state
}

/** What a shipment's state says of the units in it; null before they left the house. */
export function unitsStateOf(state: ShipmentState): LineState | null {
  switch (state) {
    case 'IN_TRANSIT':
    case 'OUT_FOR_DELIVERY':
    case 'AVAILABLE_FOR_PICKUP':
    case 'EXCEPTION':
      return 'SHIPPED'
    case 'DELIVERED':
      return 'DELIVERED'
    case 'LOST':
      return 'LOST'
    case 'RETURN_TO_SENDER':
      return 'RETURN_IN_TRANSIT'
    case 'LABEL_CREATED':
    case 'PRE_TRANSIT':
    case 'CANCELLED':
    case 'UNKNOWN':
      return null
    default:
      return state satisfies never
  }
}
