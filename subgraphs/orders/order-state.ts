import { type LineState, lineProgress, type StateQuantity } from './line-states.ts'

export type OrderState =
  | Exclude<LineState, 'RETURN_REQUESTED' | 'RETURN_IN_TRANSIT'>
  | 'PARTIALLY_SHIPPED'
  | 'PARTIALLY_DELIVERED'
  | 'PARTIALLY_RETURNED'
  | 'RECONCILED'

/** What the units of all lines together say of the order: the least progress of those still on their way. */
export function toOrderState(counts: readonly StateQuantity[]): OrderState {
  const states = new Set(counts.filter(({ quantity }) => quantity > 0).map(({ state }) => state))
  const live = [...states].filter((state) => state !== 'LOST' && lineProgress[state] >= 0)
  if (live.length === 0) return stateOfNone(states)
  const least = live.reduce((a, b) => (lineProgress[b] < lineProgress[a] ? b : a))
  if (live.includes('RETURNED')) return live.length === 1 ? 'RETURNED' : 'PARTIALLY_RETURNED'
  if (lineProgress[least] >= lineProgress.DELIVERED) {
    return live.every((state) => state === 'COLLECTED') ? 'COLLECTED' : 'DELIVERED'
  }
  if (live.some((state) => lineProgress[state] >= lineProgress.DELIVERED)) return 'PARTIALLY_DELIVERED'
  if (least === 'SHIPPED') return 'SHIPPED'
  if (live.includes('SHIPPED')) return 'PARTIALLY_SHIPPED'
  return least === 'RETURN_REQUESTED' || least === 'RETURN_IN_TRANSIT' ? 'DELIVERED' : least
}

function stateOfNone(states: ReadonlySet<LineState>): OrderState {
  if (states.has('LOST')) return 'LOST'
  if (states.has('CANCELLED')) return 'CANCELLED'
  return states.has('REJECTED') ? 'REJECTED' : 'CAPTURED'
}
