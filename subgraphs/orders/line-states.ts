import { statesBetween, type TransitionTable } from './transitions.ts'

export const lineStates = [
  'CAPTURED',
  'VALIDATING',
  'ON_HOLD',
  'ACCEPTED',
  'BACKORDERED',
  'RESERVED',
  'ALLOCATED',
  'RELEASED',
  'PICKED',
  'PACKED',
  'READY_FOR_PICKUP',
  'SHIPPED',
  'DELIVERED',
  'COLLECTED',
  'RETURN_REQUESTED',
  'RETURN_IN_TRANSIT',
  'RETURNED',
  'CANCELLED',
  'REJECTED',
  'LOST',
] as const

export type LineState = (typeof lineStates)[number]

export type StateQuantity = { readonly state: LineState; readonly quantity: number }
/** `since`: when the first of these units entered the state, RFC 3339 UTC. */
export type LineStateCount = StateQuantity & { readonly since: string }

/** The only ways a unit may go. A state further on stands for the ones before it. */
export const lineTransitions: TransitionTable<LineState> = {
  CAPTURED: ['VALIDATING', 'REJECTED'],
  VALIDATING: ['ACCEPTED', 'ON_HOLD', 'REJECTED', 'CANCELLED'],
  ON_HOLD: ['VALIDATING', 'ACCEPTED', 'CANCELLED'],
  ACCEPTED: ['RESERVED', 'BACKORDERED', 'CANCELLED'],
  BACKORDERED: ['RESERVED', 'CANCELLED'],
  RESERVED: ['ALLOCATED', 'BACKORDERED', 'CANCELLED'],
  ALLOCATED: ['RELEASED', 'RESERVED', 'CANCELLED'],
  RELEASED: ['PICKED', 'ALLOCATED', 'CANCELLED'],
  PICKED: ['PACKED', 'READY_FOR_PICKUP', 'ALLOCATED'],
  PACKED: ['SHIPPED', 'READY_FOR_PICKUP', 'CANCELLED'],
  READY_FOR_PICKUP: ['COLLECTED', 'CANCELLED'],
  SHIPPED: ['DELIVERED', 'LOST', 'RETURN_IN_TRANSIT'],
  DELIVERED: ['RETURN_REQUESTED'],
  COLLECTED: ['RETURN_REQUESTED'],
  RETURN_REQUESTED: ['RETURN_IN_TRANSIT'],
  RETURN_IN_TRANSIT: ['RETURNED'],
  RETURNED: [],
  CANCELLED: [],
  REJECTED: [],
  LOST: [],
}

/** How far a unit is; -1 for one that left the way before it was shipped. */
export const lineProgress: { readonly [state in LineState]: number } = {
  CANCELLED: -1,
  REJECTED: -1,
  CAPTURED: 0,
  VALIDATING: 1,
  ON_HOLD: 2,
  ACCEPTED: 3,
  BACKORDERED: 4,
  RESERVED: 5,
  ALLOCATED: 6,
  RELEASED: 7,
  PICKED: 8,
  PACKED: 9,
  READY_FOR_PICKUP: 10,
  SHIPPED: 11,
  LOST: 12,
  DELIVERED: 13,
  COLLECTED: 13,
  RETURN_REQUESTED: 14,
  RETURN_IN_TRANSIT: 15,
  RETURNED: 16,
}

export type Moved = {
  readonly counts: readonly LineStateCount[]
  /** States no fact told of but the units must have passed, in the order passed. */
  readonly skipped: readonly LineState[]
  /** Units the fact put into a state that none of the others may enter: they stayed where they were. */
  readonly refused: readonly StateQuantity[]
}

/**
 * Moves a line's units to what a newer fact says of them. The sum never changes: units the fact does not
 * speak of stay, units it has too many of are refused, and so is every step the table does not allow.
 */
export function moveUnits(current: readonly LineStateCount[], target: readonly StateQuantity[], at: string): Moved {
  const units = toUnits(current)
  const wanted = toQuantities(target)
  const settled = new Map<LineState, Unit>()
  for (const [state, quantity] of wanted) {
    const unit = units.get(state)
    const kept = Math.min(quantity, unit?.quantity ?? 0)
    if (unit === undefined || kept === 0) continue
    settle(settled, state, kept, unit.since)
    unit.quantity -= kept
    wanted.set(state, quantity - kept)
  }
  const skipped = new Set<LineState>()
  const refused: StateQuantity[] = []
  for (const [state, quantity] of byProgress(wanted)) {
    const left = take(units, state, quantity, (taken, _from, between) => {
      settle(settled, state, taken, at)
      for (const passed of between) skipped.add(passed)
    })
    if (left > 0) refused.push({ state, quantity: left })
  }
  for (const [state, unit] of units) settle(settled, state, unit.quantity, unit.since)
  return { counts: toCounts(settled), skipped: inOrder(skipped), refused }
}

/**
 * Sees to it that at least `quantity` units are in `state` or beyond, moving the furthest that may go there.
 * A second report of the same units moves nothing.
 */
export function advanceUnits(
  current: readonly LineStateCount[],
  state: LineState,
  quantity: number,
  at: string,
): readonly LineStateCount[] {
  const there = current.filter((count) => isAtLeast(count.state, state))
  const missing = quantity - there.reduce((sum, count) => sum + count.quantity, 0)
  if (missing <= 0) return current
  const units = toUnits(current.filter((count) => !isAtLeast(count.state, state)))
  const settled = toUnits(there)
  take(units, state, missing, (taken) => settle(settled, state, taken, at))
  for (const [left, unit] of units) settle(settled, left, unit.quantity, unit.since)
  return toCounts(settled)
}

/** Whether the units of two readings are spread alike. */
export function sameCounts(left: readonly StateQuantity[], right: readonly StateQuantity[]): boolean {
  const other = toQuantities(right)
  const mine = toQuantities(left)
  return mine.size === other.size && [...mine].every(([state, quantity]) => other.get(state) === quantity)
}

type Unit = { quantity: number; since: string }

function isAtLeast(state: LineState, goal: LineState): boolean {
  return goal === 'LOST' ? state === 'LOST' : lineProgress[state] >= lineProgress[goal]
}

/** @returns how many units could not be taken */
function take(
  units: Map<LineState, Unit>,
  state: LineState,
  quantity: number,
  onTaken: (quantity: number, from: LineState, between: readonly LineState[]) => void,
): number {
  let left = quantity
  const furthestFirst = [...units].sort(([a], [b]) => lineProgress[b] - lineProgress[a])
  for (const [from, unit] of furthestFirst) {
    if (left === 0) break
    if (unit.quantity === 0) continue
    const between = statesBetween(lineTransitions, from, state)
    if (between === null) continue
    const taken = Math.min(left, unit.quantity)
    unit.quantity -= taken
    left -= taken
    onTaken(taken, from, between)
  }
  return left
}

function settle(into: Map<LineState, Unit>, state: LineState, quantity: number, since: string): void {
  if (quantity === 0) return
  const unit = into.get(state)
  if (unit === undefined) into.set(state, { quantity, since })
  else {
    unit.quantity += quantity
    if (since < unit.since) unit.since = since
  }
}

function toUnits(counts: readonly LineStateCount[]): Map<LineState, Unit> {
  const units = new Map<LineState, Unit>()
  for (const { state, quantity, since } of counts) settle(units, state, quantity, since)
  return units
}

function toQuantities(counts: readonly StateQuantity[]): Map<LineState, number> {
  const quantities = new Map<LineState, number>()
  for (const { state, quantity } of counts) {
    if (quantity > 0) quantities.set(state, (quantities.get(state) ?? 0) + quantity)
  }
  return quantities
}

function byProgress(quantities: ReadonlyMap<LineState, number>): readonly (readonly [LineState, number])[] {
  return [...quantities].filter(([, quantity]) => quantity > 0).sort(([a], [b]) => lineProgress[b] - lineProgress[a])
}

function toCounts(units: ReadonlyMap<LineState, Unit>): readonly LineStateCount[] {
  return inOrder(units.keys()).flatMap((state) => {
    const unit = units.get(state)
    return unit === undefined || unit.quantity === 0 ? [] : [{ state, quantity: unit.quantity, since: unit.since }]
  })
}

function inOrder(states: Iterable<LineState>): readonly LineState[] {
  const present = new Set(states)
  return lineStates.filter((state) => present.has(state))
}
