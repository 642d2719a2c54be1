import type { KeptFulfillmentOrder } from '../fulfillment/fulfillment-order.ts'
import { lineProgress } from '../line-states.ts'
import type { OrderChange } from '../order-change.ts'
import { type DemandLine, demandOf } from '../order-demand.ts'
import type { OrderState } from '../order-state.ts'
import type { LineView, OrderView } from '../order-view.ts'
import type { AskedChange } from './edit-input.ts'
import { type AskedLine, unitsOf } from './edit-request.ts'

/** An edit as it would be: what the order is of before it and by it. */
export type Plan = {
  readonly kind: 'plan'
  readonly changes: readonly OrderChange[]
  readonly before: readonly DemandLine[]
  readonly after: readonly AskedLine[]
  /** Reservations whose units were picked. */
  readonly pinned: readonly string[]
}

export type PlanRefusal =
  | { readonly kind: 'line-not-found'; readonly lineId: string }
  | { readonly kind: 'order-not-editable'; readonly state: OrderState }
  | { readonly kind: 'line-not-editable'; readonly lineId: string; readonly leastQuantity: number }
  | { readonly kind: 'unchanged' }

/** In which something of an order is still to leave. */
export const editableStates: readonly OrderState[] = [
  ...(['CAPTURED', 'VALIDATING', 'ON_HOLD', 'ACCEPTED', 'BACKORDERED', 'RESERVED', 'ALLOCATED', 'RELEASED'] as const),
  ...(['PICKED', 'PACKED', 'READY_FOR_PICKUP', 'PARTIALLY_SHIPPED', 'PARTIALLY_DELIVERED'] as const),
]

/** What changes make of an order, or why not. Pure. @param nameOf the id of a line that is to be added, by its place */
export function planEdit(
  order: OrderView,
  fulfillmentOrders: readonly KeptFulfillmentOrder[],
  asked: readonly AskedChange[],
  nameOf: (index: number) => string,
): Plan | PlanRefusal {
  if (!editableStates.includes(order.state)) return { kind: 'order-not-editable', state: order.state }
  const lines = new Map(order.lines.map((line) => [line.id, line]))
  const before = demandOfOrder(order)
  const after = new Map<string, AskedLine>(before.map((line) => [line.lineId, { ...line, sku: null }]))
  const changes: OrderChange[] = []
  for (const change of asked) {
    const { quantity } = change
    if (change.kind === 'add') {
      const [lineId, item] = [nameOf(change.index), { variantId: null, sku: change.sku }]
      after.set(lineId, { lineId, ...item, quantity })
      changes.push({ kind: 'LINE_ADDED', lineId, ...item, quantity })
      continue
    }
    const { lineId } = change
    const line = lines.get(lineId)
    const was = after.get(lineId)
    if (line === undefined || was === undefined) return { kind: 'line-not-found', lineId }
    const leastQuantity = pickedOf(line)
    if (quantity < leastQuantity) return { kind: 'line-not-editable', lineId, leastQuantity }
    if (quantity === was.quantity) continue
    const { variantId, sku } = line
    if (quantity === 0) {
      after.delete(lineId)
      changes.push({ kind: 'LINE_REMOVED', lineId, variantId, sku, quantity: was.quantity })
    } else {
      after.set(lineId, { ...was, quantity })
      changes.push({ kind: 'LINE_QUANTITY_CHANGED', lineId, before: was.quantity, after: quantity })
    }
  }
  if (changes.length === 0) return { kind: 'unchanged' }
  const begun = fulfillmentOrders.filter(({ state }) => state === 'IN_PROGRESS' || state === 'READY')
  return (
    belowPicked(order, fulfillmentOrders, [...after.values()], changes) ?? {
      ...{ kind: 'plan', changes, before, after: [...after.values()] },
      pinned: begun.flatMap(({ lines: all }) => all.map(({ reservationId }) => reservationId)),
    }
  )
}

/** Units that the order's own system wants. */
export function demandOfOrder({ lines }: OrderView): readonly DemandLine[] {
  return demandOf(
    lines.map(({ id: lineId, ...line }) => ({ ...line, lineId })),
    new Map(lines.map(({ id, stateCounts }) => [id, stateCounts])),
  )
}

/** Units of a line that are picked, or further. */
function pickedOf({ stateCounts }: LineView): number {
  return stateCounts.reduce(
    (sum, { state, quantity }) => (lineProgress[state] >= lineProgress.PICKED ? sum + quantity : sum),
    0,
  )
}

/** By what locations say, which may be ahead of the order's system; of a variant in all lines together. */
function belowPicked(
  { lines }: OrderView,
  fulfillmentOrders: readonly KeptFulfillmentOrder[],
  after: readonly AskedLine[],
  changes: readonly OrderChange[],
): PlanRefusal | null {
  const picked = new Map<string, number>()
  for (const { state, lines: all } of fulfillmentOrders) {
    for (const { variantId, quantity, fulfilled } of all) {
      const units = fulfilled + (state === 'IN_PROGRESS' || state === 'READY' ? quantity : 0)
      picked.set(variantId, (picked.get(variantId) ?? 0) + units)
    }
  }
  const wants = unitsOf(after)
  for (const change of changes) {
    const line = lines.find(({ id }) => 'lineId' in change && id === change.lineId)
    const variantId = line?.variantId ?? null
    if (line === undefined || variantId === null) continue
    const missing = (picked.get(variantId) ?? 0) - (wants.get(variantId) ?? 0)
    const quantity = after.find(({ lineId }) => lineId === line.id)?.quantity ?? 0
    if (missing > 0) return { kind: 'line-not-editable', lineId: line.id, leastQuantity: quantity + missing }
  }
  return null
}
