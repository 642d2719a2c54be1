import type { FactOrigin } from '../../platform/connector/fact.ts'
import { acknowledgedOf, type LineAcknowledgement, type OrderAcknowledgement } from './acknowledgement.ts'
import type { OrderContent, OrderLineContent } from './events.ts'
import { advanceUnits, type LineState, type LineStateCount, lineProgress, moveUnits } from './line-states.ts'
import type { OrderFacts, ShipmentFacts } from './order-facts.ts'
import { type OrderState, toOrderState } from './order-state.ts'
import { orderTotals } from './order-totals.ts'
import { type PublicStatus, toPublicStatus } from './public-status.ts'
import { type ShipmentState, toShipmentState, unitsStateOf } from './shipment-states.ts'

/** What is answered of an order: plain JSON, so that any cache tier can hold it. */
export type OrderView = Omit<OrderContent, 'former' | 'lines' | 'orderId' | 'refs'> & {
  readonly id: string
  readonly refs: readonly { readonly system: string; readonly value: string }[]
  readonly lines: readonly LineView[]
  readonly shipments: readonly ShipmentView[]
  readonly state: OrderState
  readonly publicStatus: PublicStatus
  readonly ackDeadline: string | null
  readonly acknowledgement: OrderAcknowledgement | null
  readonly version: number
}

/** `stateCounts` always sum to `quantity`. */
export type LineView = Omit<OrderLineContent, 'lineId'> & {
  readonly id: string
  readonly currency: string
  readonly taxIncluded: boolean
  readonly stateCounts: readonly LineStateCount[]
  readonly acknowledgement: LineAcknowledgement | null
}

export type ShipmentView = {
  readonly id: string
  readonly orderId: string
  readonly locationId: string | null
  readonly carrier: string | null
  readonly trackingNumber: string | null
  readonly state: ShipmentState
  readonly shippedAt: string | null
  readonly deliveredAt: string | null
  readonly costMinor: string | null
  readonly currency: string | null
  readonly lines: readonly ShipmentLineView[]
  readonly origin: FactOrigin
}

export type ShipmentLineView = { readonly orderId: string; readonly lineId: string; readonly quantity: number }

/** An entity whose fields another subgraph answers, or a later resolver here. */
export type Reference = { readonly id: string }

/** @returns null while nothing but a neighbour's facts are known: a shipment may be told before its order. */
export function toOrderView(facts: OrderFacts): OrderView | null {
  const { content } = facts
  if (content === null) return null
  const { orderId, sequence, lines, origin, ...rest } = content
  const counts = countUnits(facts)
  const acknowledged = acknowledgedOf(facts)
  const views = lines.map(({ lineId, ...line }) => ({
    ...line,
    id: lineId,
    currency: content.currency,
    taxIncluded: content.taxIncluded,
    stateCounts: counts.get(lineId) ?? [],
    acknowledgement: acknowledged.lines.get(lineId) ?? null,
  }))
  const known = new Set(lines.map(({ lineId }) => lineId))
  const units = [...counts.values()].flat()
  const state = toOrderState(units)
  const newest = [...facts.reports, ...(facts.acknowledgements ?? [])].reduce(
    (a, b) => (b.sequence > a.sequence ? b : a),
    {
      sequence,
      receivedAt: origin.receivedAt,
    },
  )
  return {
    ...rest,
    id: orderId,
    lines: views,
    shipments: facts.shipments.map((shipment) => toShipmentView(shipment, orderId, known)),
    state,
    ackDeadline: acknowledged.ackDeadline,
    acknowledgement: acknowledged.order,
    publicStatus: toPublicStatus({ state, counts: units, fullyRefunded: isFullyRefunded(facts, views) }),
    version: newest.sequence,
    origin: { ...origin, receivedAt: newest.receivedAt },
  }
}

/** Where an order was sold or is collected, and where its parcels leave from. */
export function locationsOf(order: Pick<OrderView, 'shipments' | 'locationId'>): readonly string[] {
  return [...new Set([order, ...order.shipments].flatMap(({ locationId }) => locationId ?? []))].sort()
}

type Step = { readonly at: string; readonly order: number; readonly apply: () => void }

/** Replays what happened to each line's units by the sources' clocks; an older fact told late has no later effect. */
function countUnits({
  content,
  reports,
  shipments,
  returns = [],
}: OrderFacts): ReadonlyMap<string, readonly LineStateCount[]> {
  const counts = new Map<string, readonly LineStateCount[]>()
  for (const line of content?.lines ?? []) {
    counts.set(line.lineId, [{ state: 'CAPTURED', quantity: line.quantity, since: content?.placedAt ?? '' }])
  }
  const update = (lineId: string, change: (current: readonly LineStateCount[]) => readonly LineStateCount[]) => {
    const current = counts.get(lineId)
    if (current !== undefined) counts.set(lineId, change(current))
  }
  const steps: Step[] = reports.map(({ at, lines }, order) => ({
    at,
    order,
    apply: () => {
      for (const line of lines) update(line.lineId, (current) => moveUnits(current, line.counts, at).counts)
    },
  }))
  const carried = new Map<string, Map<string, number>>()
  for (const { id, content: shipment, milestones } of shipments) {
    for (const { state, at } of milestones) {
      const reached = unitsStateOf(state)
      if (reached === null) continue
      const apply = () => {
        for (const { lineId, quantity } of sumByLine(shipment.lines)) {
          const total = carry(carried, lineId, reached, id, quantity)
          update(lineId, (current) => advanceUnits(current, reached, total, at))
        }
      }
      steps.push({ at, order: 1_000 + lineProgress[reached], apply })
    }
  }
  for (const { id, requestedAt, lines } of returns) {
    for (const { lineId, requested, received, receivedAt } of lines) {
      const reach = (state: LineState, quantity: number, since: string) => {
        const apply = () => {
          const total = carry(carried, lineId, state, id, quantity)
          update(lineId, (current) => advanceUnits(current, state, total, since))
        }
        if (quantity > 0) steps.push({ at: since, order: 1_000 + lineProgress[state], apply })
      }
      reach('RETURN_REQUESTED', requested, requestedAt)
      reach('RETURNED', received, receivedAt ?? requestedAt)
    }
  }
  // Of facts of one moment the order's own come first; shipments then only add what it did not tell.
  steps.sort((a, b) => (a.at === b.at ? a.order - b.order : a.at < b.at ? -1 : 1))
  for (const step of steps) step.apply()
  return counts
}

/** @returns units of the line that all shipments so far brought to `state` */
function carry(
  carried: Map<string, Map<string, number>>,
  lineId: string,
  state: LineState,
  shipmentId: string,
  quantity: number,
): number {
  const key = `${lineId} ${state}`
  const byShipment = carried.get(key) ?? new Map<string, number>()
  byShipment.set(shipmentId, quantity)
  carried.set(key, byShipment)
  return [...byShipment.values()].reduce((sum, each) => sum + each, 0)
}

function sumByLine(lines: ShipmentFacts['content']['lines']): readonly { lineId: string; quantity: number }[] {
  const sums = new Map<string, number>()
  for (const { lineId, quantity } of lines) sums.set(lineId, (sums.get(lineId) ?? 0) + quantity)
  return [...sums].map(([lineId, quantity]) => ({ lineId, quantity }))
}

function toShipmentView(
  { id, content, milestones }: ShipmentFacts,
  orderId: string,
  known: ReadonlySet<string>,
): ShipmentView {
  const { sequence: _, lines, ...rest } = content
  return {
    ...rest,
    id,
    orderId,
    state: toShipmentState(milestones),
    lines: lines.filter(({ lineId }) => known.has(lineId)).map((line) => ({ orderId, ...line })),
  }
}

function isFullyRefunded({ refunds, content }: OrderFacts, lines: readonly LineView[]): boolean {
  if (content === null) return false
  const refunded = refunds.reduce((sum, refund) => (refund.succeeded ? sum + BigInt(refund.amountMinor) : sum), 0n)
  return refunded > 0n && refunded >= orderTotals({ ...content, lines }).totalMinor
}
