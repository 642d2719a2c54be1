import type { JsonObject, RecordedEvent } from '../../platform/event-log/event-log.ts'
import type { EditRequestEvent } from './editing/edit-events.ts'
import type { NeighbourEvent, OrdersEvent } from './events.ts'
import { type FulfillmentTimelineEvent, fulfillmentOrderEvents } from './fulfillment/fulfillment-events.ts'
import type { LineState } from './line-states.ts'
import { type ReturnEvent, returnEvents } from './returns/return-events.ts'

/** One row of an order's timeline; states skipped by a line report are entries of their own only when read. */
export type TimelineRow = {
  readonly orderId: string
  readonly eventId: string
  readonly at: string
  /** `order.captured` */
  readonly kind: string
  readonly system: string
  readonly inferred: boolean
  readonly detail: JsonObject
}

export type TimelineEntryView = {
  readonly id: string
  readonly eventId: string
  readonly at: string
  readonly kind: string
  readonly title: string
  readonly system: string
  readonly inferred: boolean
  readonly detail: JsonObject
}

export type TimelineEvent = OrdersEvent | NeighbourEvent | FulfillmentTimelineEvent | ReturnEvent | EditRequestEvent

/** @returns null for a fact that is of no order */
export function toTimelineRow(event: TimelineEvent): TimelineRow | null {
  const { orderId } = event.data
  if (orderId == null) return null
  const { recorded } = event
  return {
    orderId,
    eventId: recorded.id,
    at: recorded.time,
    kind: kindOf(recorded),
    system: recorded.authority,
    inferred: recorded.inferred ?? false,
    detail: detailOf(event),
  }
}

/** Newest first, as the rows are; a report is followed by the states its units must have passed on the way. */
export function toTimelineEntries(rows: readonly TimelineRow[]): readonly TimelineEntryView[] {
  return rows.flatMap(({ orderId: _, ...row }) => {
    const { skipped, ...detail } = row.detail
    const entry = { ...row, id: row.eventId, detail, title: titleOf(row.kind, detail) }
    const passed = Array.isArray(skipped) ? skipped.filter((state) => typeof state === 'string') : []
    return [
      entry,
      ...passed.toReversed().map((state) => ({
        ...entry,
        id: `${row.eventId}:${state}`,
        kind: 'order.line-state-changed',
        title: `Lines ${words(state)}`,
        inferred: true,
        detail: { state },
      })),
    ]
  })
}

function kindOf({ type }: RecordedEvent): string {
  return type.replace(/^retail\./, '').replace(/\.v\d+$/, '')
}

function detailOf(event: TimelineEvent): JsonObject {
  if (isOfFulfillmentOrder(event)) return fulfillmentDetail(event.data)
  if (isOfReturn(event)) return returnDetail(event)
  switch (event.type) {
    case 'retail.order.captured.v1':
      return { lines: event.data.lines.length }
    case 'retail.order.edited.v1':
      return { changes: event.data.changes, ...editOf(event) }
    case 'retail.order.edit-requested.v1':
    case 'retail.order.edit-proposed.v1':
    case 'retail.order.edit-confirmed.v1':
    case 'retail.order.edit-superseded.v1':
    case 'retail.order.edit-withdrawn.v1':
    case 'retail.order.edit-refused.v1': {
      const { editId, state, reason, requestedBy, changes } = event.data
      return { editId, state, reason, requestedBy, changes }
    }
    case 'retail.order.line-state-changed.v1':
    case 'retail.order.cancelled.v1': {
      const { lines, skipped } = event.data
      const states = new Set<LineState>(lines.flatMap(({ after }) => after.map(({ state }) => state)))
      return { states: [...states], lines, ...(skipped.length === 0 ? {} : { skipped }) }
    }
    case 'retail.order.line-substituted.v1': {
      const { lineId, quantity, ordered, given } = event.data
      return { lineId, quantity, ordered, given }
    }
    case 'retail.order.channel-acknowledged.v1': {
      const { acknowledgementId, lines, deadline, latenessMs } = event.data
      return { acknowledgementId, lines, deadline, latenessMs }
    }
    case 'retail.shipment.created.v1':
    case 'retail.shipment.dispatched.v1':
    case 'retail.shipment.milestone-recorded.v1':
    case 'retail.shipment.delivered.v1':
    case 'retail.shipment.exception-raised.v1':
    case 'retail.shipment.changed.v1': {
      const { shipmentId, state, carrier, trackingNumber } = event.data
      return { shipmentId, state, carrier, trackingNumber }
    }
    default: {
      const { orderId: _, ...facts } = event.data
      const told = Object.entries(facts).filter(([, value]) => value != null)
      return Object.fromEntries(told.map(([name, value]) => [name, value ?? null]))
    }
  }
}

type FulfillmentOrderEvent = Extract<FulfillmentTimelineEvent, { readonly type: keyof typeof fulfillmentOrderEvents }>

function isOfFulfillmentOrder(event: TimelineEvent): event is FulfillmentOrderEvent {
  return Object.hasOwn(fulfillmentOrderEvents, event.type)
}

function fulfillmentDetail(data: FulfillmentOrderEvent['data']): JsonObject {
  const { fulfillmentOrderId, locationId, state, reason, rerouteId, previousLocationId } = data
  const units = data.lines.reduce((sum, { quantity }) => sum + quantity, 0)
  return { fulfillmentOrderId, locationId, state, units, reason, rerouteId, previousLocationId }
}

function isOfReturn(event: TimelineEvent): event is ReturnEvent {
  return Object.hasOwn(returnEvents, event.type)
}

function returnDetail({ data }: ReturnEvent): JsonObject {
  const { returnId, rma, state, returnToId, crossBorder, note } = data
  const moved = 'receipts' in data ? data.receipts : 'placements' in data ? data.placements : []
  return {
    ...{ returnId, rma, state, returnToId, crossBorder, note },
    units: moved.map(({ lineId, quantity, locationId, ...unit }) => ({
      ...{ lineId, quantity, locationId, to: 'outcome' in unit ? unit.outcome : unit.disposition },
    })),
  }
}

/** What `Order.edits` is read from. */
function editOf({ data, recorded }: Extract<OrdersEvent, { readonly type: 'retail.order.edited.v1' }>): JsonObject {
  const { changeSet, currency } = data
  return changeSet === null ? {} : { edit: { ...changeSet, version: recorded.sequence, currency } }
}

const titles: Readonly<Record<string, string>> = {
  'order.captured': 'Order received',
  'order.edited': 'Order changed',
  'order.edit-requested': 'A change is asked for',
  'order.edit-proposed': 'Stock is kept for a change, and systems are told',
  'order.edit-confirmed': 'A change that was asked for was made',
  'order.edit-superseded': 'The order is otherwise than was asked for',
  'order.edit-withdrawn': 'A change that was asked for was taken back',
  'order.edit-refused': 'A change that was asked for has no stock',
  'order.cancelled': 'Lines cancelled',
  'order.line-substituted': 'Line given as another item',
  'order.channel-acknowledged': 'Acknowledged to the channel',
  'order.invoiced': 'Invoice issued',
  'order.promise-changed': 'Another date than was promised',
  'fulfillment-order.routed': 'A location is to fulfil it',
  'fulfillment-order.cancelled': 'The location is not to fulfil it any more',
  'fulfillment-order.rerouted': 'Another location is to fulfil it',
  'fulfillment-order.reroute-requested': 'Another location is looked for',
  'fulfillment-order.reroute-refused': 'No other location can fulfil it',
  'fulfillment-order.reroute-acknowledged': 'A reroute was seen to',
  'notification.requested': 'The customer is to be told',
  'return.requested': 'Units are to come back',
  'return.authorized': 'The return is authorized',
  'return.declined': 'The return is declined',
  'return.cancelled': 'The return is cancelled',
  'return.receipt-recorded': 'Units came back, or did not',
  'return.disposition-recorded': 'Units that came back have their place',
  'return.refund-changed': 'Money for what came back',
  'return.closed': 'The return is settled',
  'shipment.created': 'Shipment prepared',
  'shipment.dispatched': 'Shipment sent',
  'shipment.delivered': 'Shipment delivered',
  'shipment.changed': 'Shipment details changed',
}

function titleOf(kind: string, detail: JsonObject): string {
  if (kind === 'order.line-state-changed' && Array.isArray(detail.states)) {
    return `Lines ${detail.states.map((state) => words(String(state))).join(', ')}`
  }
  const known = titles[kind]
  if (known !== undefined) return known
  if (typeof detail.state === 'string' && kind.startsWith('shipment.')) return `Shipment ${words(detail.state)}`
  const text = words(kind.replace(/[.-]/g, ' '))
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function words(state: string): string {
  return state.toLowerCase().replaceAll('_', ' ')
}
