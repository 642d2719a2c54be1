import { z } from 'zod'
import type { NormalizeContext, SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import {
  decimalField,
  optional,
  parseDocument,
  referenceField,
  textField,
  timestampField,
} from '../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../platform/connector/fact.ts'
import type { NewEvent } from '../../platform/event-log/event-log.ts'
import { isCurrency } from '../../platform/money.ts'
import { lineIdOf } from '../../platform/order-line-id.ts'
import type { ShipmentContent } from './events.ts'
import { toMinor } from './order-document.ts'
import { type ShipmentState, shipmentStates, unitsStateOf } from './shipment-states.ts'

const shipmentDocument = z
  .object({
    order: referenceField,
    location: optional(referenceField),
    carrier: optional(textField),
    trackingNumber: optional(textField),
    status: z.enum(shipmentStates),
    shippedAt: optional(timestampField),
    deliveredAt: optional(timestampField),
    cost: optional(decimalField),
    currency: optional(textField.refine(isCurrency, 'an ISO 4217 code such as EUR')),
    lines: z.array(z.object({ lineKey: textField, quantity: z.int().min(1).max(1_000_000_000) })).max(2_000),
  })
  .refine(({ cost, currency }) => cost === null || currency !== null, {
    path: ['currency'],
    message: 'an ISO 4217 code, since cost is given',
  })

type ShipmentDocument = z.output<typeof shipmentDocument>

/** A parcel or delivery. One first seen under way tells that it left and what came of it; each event carries the whole. */
export const shipmentSource: SourceHandler = {
  kind: 'shipment',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const now = parseDocument(shipmentDocument, document)
    const before = shipmentDocument.safeParse(context.previous).data ?? null
    const content = toContent(now, document, context)
    const known = before === null ? [] : stepsOf(before)
    const steps = stepsOf(now)
      .filter((step) => !known.some(({ state }) => state === step.state))
      .map((step) =>
        step.type === 'created' && before !== null ? { ...step, type: 'milestone-recorded' as const } : step,
      )
    const told = steps.map((step) => toEvent(step, content, document, context))
    if (before === null || told.length > 0) return told
    if (now.status !== before.status) {
      const step = { type: 'milestone-recorded', state: now.status, at: null, inferred: false } as const
      return [toEvent(step, content, document, context)]
    }
    const same = JSON.stringify(content) === JSON.stringify(toContent(before, document, context))
    if (same) return []
    return [toEvent({ type: 'changed', state: now.status, at: null, inferred: false }, content, document, context)]
  },
}

type Step = {
  readonly type: 'created' | 'dispatched' | 'milestone-recorded' | 'delivered' | 'exception-raised' | 'changed'
  readonly state: ShipmentState
  readonly at: string | null
  readonly inferred: boolean
}

function stepsOf(shipment: ShipmentDocument): readonly Step[] {
  const { status, shippedAt, deliveredAt } = shipment
  if (unitsStateOf(status) === null) return [{ type: 'created', state: status, at: null, inferred: false }]
  const started = shippedAt ?? deliveredAt
  const dispatched: Step = { type: 'dispatched', state: 'IN_TRANSIT', at: started, inferred: shippedAt === null }
  switch (status) {
    case 'IN_TRANSIT':
      return [dispatched]
    case 'DELIVERED':
      return [dispatched, { type: 'delivered', state: status, at: deliveredAt, inferred: false }]
    case 'EXCEPTION':
    case 'LOST':
    case 'RETURN_TO_SENDER':
      return [dispatched, { type: 'exception-raised', state: status, at: null, inferred: false }]
    default:
      return [dispatched, { type: 'milestone-recorded', state: status, at: null, inferred: false }]
  }
}

function toEvent(
  step: Step,
  content: Omit<ShipmentContent, 'origin' | 'state'>,
  document: SourceDocument,
  context: NormalizeContext,
): NewEvent {
  const event = toFactEvent(
    {
      type: `retail.shipment.${step.type}.v1`,
      aggregate: 'orders/shipment',
      id: content.shipmentId,
      data: { ...content, state: step.state },
      occurredAt: step.at,
    },
    document,
    context,
  )
  return step.inferred ? { ...event, inferred: true } : event
}

function toContent(
  shipment: ShipmentDocument,
  document: SourceDocument,
  context: NormalizeContext,
): Omit<ShipmentContent, 'origin' | 'state'> {
  const { order, location, cost, currency } = shipment
  const orderId = context.ids.idOf('order', order.namespace, order.value)
  return {
    shipmentId: context.ids.idOf('shipment', document.system, document.key),
    orderId,
    locationId: location && context.ids.idOf('location', location.namespace, location.value),
    carrier: shipment.carrier,
    trackingNumber: shipment.trackingNumber,
    shippedAt: shipment.shippedAt,
    deliveredAt: shipment.deliveredAt,
    costMinor: cost === null || currency === null ? null : toMinor(cost, currency, 'cost'),
    currency,
    lines: shipment.lines.map(({ lineKey, quantity }) => ({ lineId: lineIdOf(orderId, lineKey), quantity })),
  }
}
