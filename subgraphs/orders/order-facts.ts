import type { EventOf } from '../../platform/event-log/event-schema.ts'
import type { LineReportData, OrderContent, OrdersEvent, refundEvents, ShipmentContent } from './events.ts'
import type { StateQuantity } from './line-states.ts'
import type { ReturnEvent } from './returns/return-events.ts'
import type { ShipmentMilestone } from './shipment-states.ts'

/**
 * What was told of an order, kept so that it does not matter in which order it was told: the newest content,
 * and every report sorted by when it happened. The order's state is derived from it (order-view.ts).
 */
export type OrderFacts = {
  readonly content: Sequenced<Omit<OrderContent, 'former'>> | null
  readonly reports: readonly LineReport[]
  readonly shipments: readonly ShipmentFacts[]
  readonly refunds: readonly RefundFact[]
  /** Absent where none was told. */
  readonly acknowledgements?: readonly AcknowledgementFact[]
  /** Absent where none was told. */
  readonly returns?: readonly ReturnFact[]
}

/** Units on their way back by a return of ours, and back: the newest word on it. */
export type ReturnFact = {
  readonly id: string
  readonly sequence: number
  readonly requestedAt: string
  readonly lines: readonly {
    readonly lineId: string
    readonly requested: number
    readonly received: number
    readonly receivedAt: string | null
  }[]
}

export type AcknowledgementFact = {
  readonly id: string
  readonly sequence: number
  readonly at: string
  readonly receivedAt: string
  readonly deadline: string | null
  readonly lines: readonly {
    readonly lineId: string
    readonly acknowledged: number
    readonly rejected: number
    readonly reason: string | null
  }[]
}

export type LineReport = {
  readonly at: string
  readonly sequence: number
  readonly receivedAt: string
  readonly lines: readonly { readonly lineId: string; readonly counts: readonly StateQuantity[] }[]
}

export type ShipmentFacts = {
  readonly id: string
  readonly content: Sequenced<Omit<ShipmentContent, 'orderId' | 'shipmentId' | 'state'>>
  readonly milestones: readonly ShipmentMilestone[]
}

export type RefundFact = {
  readonly id: string
  readonly sequence: number
  readonly amountMinor: string
  readonly succeeded: boolean
}

type Sequenced<T> = T & { readonly sequence: number }
export type RefundEvent = EventOf<typeof refundEvents>

export const noFacts: OrderFacts = { content: null, reports: [], shipments: [], refunds: [] }

/** More than any sane order has; a source that flaps loses its oldest reports, not the database. */
const maxReports = 500

/** Adds one fact. Adding it again, or later than a newer one, changes nothing it should not. */
export function addFact(facts: OrderFacts, event: OrdersEvent | RefundEvent | ReturnEvent): OrderFacts {
  const { sequence, time, subject } = event.recorded
  switch (event.type) {
    case 'retail.order.captured.v1':
    case 'retail.order.edited.v1': {
      if (facts.content !== null && facts.content.sequence >= sequence) return facts
      const { former: _, changeSet: _edit, ...content } = { changeSet: null, ...event.data }
      return { ...facts, content: { ...content, sequence } }
    }
    case 'retail.order.line-state-changed.v1':
    case 'retail.order.cancelled.v1':
      return { ...facts, reports: addReport(facts.reports, toReport(event.data, time, sequence)) }
    case 'retail.order.line-substituted.v1':
      // The content says so as well; this is for the timeline.
      return facts
    case 'retail.order.channel-acknowledged.v1': {
      const { acknowledgementId: id, lines, deadline, origin } = event.data
      const fact = { id, sequence, at: time, receivedAt: origin.receivedAt, deadline, lines }
      return { ...facts, acknowledgements: replaceNewer(facts.acknowledgements ?? [], fact) }
    }
    case 'retail.shipment.created.v1':
    case 'retail.shipment.dispatched.v1':
    case 'retail.shipment.milestone-recorded.v1':
    case 'retail.shipment.delivered.v1':
    case 'retail.shipment.exception-raised.v1':
    case 'retail.shipment.changed.v1':
      return { ...facts, shipments: addShipment(facts.shipments, event.data, time, sequence) }
    case 'retail.refund.due.v1':
    case 'retail.refund.approved.v1':
    case 'retail.refund.submitted.v1':
    case 'retail.refund.succeeded.v1':
    case 'retail.refund.failed.v1':
    case 'retail.refund.reversed.v1':
    case 'retail.refund.alternate-given.v1':
    case 'retail.refund.written-off.v1':
    case 'retail.refund.cancelled.v1':
    case 'retail.refund.amended.v1': {
      const refund = {
        id: event.data.refundId ?? subject,
        sequence,
        amountMinor: event.data.amountMinor ?? '0',
        succeeded: event.data.state === 'SUCCEEDED',
      }
      return { ...facts, refunds: replaceNewer(facts.refunds, refund) }
    }
    case 'retail.return.requested.v1':
    case 'retail.return.authorized.v1':
    case 'retail.return.declined.v1':
    case 'retail.return.cancelled.v1':
    case 'retail.return.receipt-recorded.v1':
    case 'retail.return.disposition-recorded.v1':
    case 'retail.return.refund-changed.v1':
    case 'retail.return.closed.v1':
      return { ...facts, returns: replaceNewer(facts.returns ?? [], toReturnFact(event.data, sequence)) }
    default:
      return event satisfies never
  }
}

function toReturnFact(data: ReturnEvent['data'], sequence: number): ReturnFact {
  const { returnId: id, requestedAt, state, lines } = data
  const ended = state === 'DECLINED' || state === 'CANCELLED'
  return {
    ...{ id, sequence, requestedAt },
    lines: lines.map(({ lineId, awaited, received, receivedAt }) => ({
      ...{ lineId, requested: ended ? 0 : awaited + received, received, receivedAt },
    })),
  }
}

function toReport(data: LineReportData, at: string, sequence: number): LineReport {
  return {
    at,
    sequence,
    receivedAt: data.origin.receivedAt,
    lines: data.lines.map(({ lineId, after }) => ({ lineId, counts: after })),
  }
}

function addReport(reports: readonly LineReport[], report: LineReport): readonly LineReport[] {
  if (reports.some(({ sequence }) => sequence === report.sequence)) return reports
  return [...reports, report].sort(byTime).slice(-maxReports)
}

function addShipment(
  shipments: readonly ShipmentFacts[],
  data: ShipmentContent,
  at: string,
  sequence: number,
): readonly ShipmentFacts[] {
  const { shipmentId, orderId: _, state, ...content } = data
  const known = shipments.find(({ id }) => id === shipmentId)
  const milestones = known?.milestones ?? []
  const seen = milestones.some((milestone) => milestone.sequence === sequence)
  const next: ShipmentFacts = {
    id: shipmentId,
    content: known === undefined || known.content.sequence < sequence ? { ...content, sequence } : known.content,
    milestones: seen ? milestones : [...milestones, { state, at, sequence }].sort(byTime).slice(-maxReports),
  }
  return [...shipments.filter(({ id }) => id !== shipmentId), next].sort(byId)
}

function replaceNewer<F extends { readonly id: string; readonly sequence: number }>(
  facts: readonly F[],
  fact: F,
): readonly F[] {
  const known = facts.find(({ id }) => id === fact.id)
  if (known !== undefined && known.sequence >= fact.sequence) return facts
  return [...facts.filter(({ id }) => id !== fact.id), fact].sort(byId)
}

function byTime(
  a: { readonly at: string; readonly sequence: number },
  b: { readonly at: string; readonly sequence: number },
): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1
  return a.sequence - b.sequence
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}
