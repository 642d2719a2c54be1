import { z } from 'zod'
import { factOrigin } from '../../../platform/connector/fact.ts'
import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import { fulfillmentMethods } from '../../../platform/fulfillment-methods.ts'
import { fulfillmentOrderStates } from './fulfillment-order.ts'

const text = z.string().nullable()
const units = z.int().nonnegative()

/** The whole of it after the change: any system can make of it what it calls such a thing. */
const fulfillmentOrder = z.object({
  fulfillmentOrderId: z.string(),
  orderId: z.string(),
  channelId: z.string(),
  method: z.enum(fulfillmentMethods),
  locationId: z.string(),
  state: z.enum(fulfillmentOrderStates),
  lines: z.array(
    z.object({
      reservationId: z.string(),
      lineId: z.string(),
      variantId: z.string(),
      quantity: units,
      fulfilled: units,
    }),
  ),
  version: z.int().positive(),
  reason: text,
  rerouteId: text,
  /** Of a reroute: what the location does no more, the one it was, and whom else it was given back by. */
  previousFulfillmentOrderId: text,
  previousLocationId: text,
  rejectedLocationIds: z.array(z.string()),
  /** Of a reroute: units the location may still promise of the scarcest variant. */
  score: z.int().nullable(),
})

export const fulfillmentOrderEvents = {
  'retail.fulfillment-order.routed.v1': fulfillmentOrder,
  /** Its lines changed, and nothing else. */
  'retail.fulfillment-order.changed.v1': fulfillmentOrder,
  'retail.fulfillment-order.released.v1': fulfillmentOrder,
  'retail.fulfillment-order.accepted.v1': fulfillmentOrder,
  'retail.fulfillment-order.rejected.v1': fulfillmentOrder,
  'retail.fulfillment-order.picked.v1': fulfillmentOrder,
  'retail.fulfillment-order.packed.v1': fulfillmentOrder,
  'retail.fulfillment-order.ready-for-pickup.v1': fulfillmentOrder,
  'retail.fulfillment-order.short.v1': fulfillmentOrder,
  'retail.fulfillment-order.shipped.v1': fulfillmentOrder,
  'retail.fulfillment-order.collected.v1': fulfillmentOrder,
  'retail.fulfillment-order.cancelled.v1': fulfillmentOrder,
  /** Made in the place of one that was cancelled just before. */
  'retail.fulfillment-order.rerouted.v1': fulfillmentOrder,
} as const

export type FulfillmentOrderEventType = keyof typeof fulfillmentOrderEvents

const rerouteStep = z.object({ rerouteId: z.string(), attempt: z.int().positive(), orderId: z.string() })

const alternative = z.object({
  locationId: z.string(),
  complete: z.boolean(),
  lines: z.array(z.object({ variantId: z.string(), requested: units, available: units })),
})

const refusal = rerouteStep.extend({
  reason: z.enum(['NO_LOCATION', 'TARGET_SHORT', 'UNKNOWN_LOCATION', 'UNITS_CHANGED']),
  alternatives: z.array(alternative),
})

/** What stock has decided. */
export const decisionEvents = {
  'retail.inventory.reservations-rerouted.v1': rerouteStep.extend({
    locationId: z.string(),
    score: z.int(),
    lines: z.array(z.object({ reservationId: z.string(), lineId: z.string(), variantId: z.string(), quantity: units })),
    previousDate: text,
    date: text,
  }),
  'retail.inventory.reroute-refused.v1': refusal,
} as const

export type RerouteRefused = z.output<typeof refusal>

export const reportStatuses = [
  'RELEASED',
  'ACCEPTED',
  'REJECTED',
  'PICKED',
  'PACKED',
  'READY_FOR_PICKUP',
  'SHORT',
  'SHIPPED',
  'COLLECTED',
  'CANCELLED',
] as const

/** What a location's system says of its task, before it is known which fulfilment order it means. */
const report = z.object({
  orderId: z.string(),
  locationId: z.string(),
  /** Where the system names it. */
  fulfillmentOrderId: text,
  taskId: z.string(),
  status: z.enum(reportStatuses),
  reason: text,
  origin: factOrigin,
})

export const reportEvents = { 'retail.fulfillment-order.status-reported.v1': report } as const
export type Report = z.output<typeof report>

export const rerouteEvents = {
  'retail.fulfillment-order.reroute-requested.v1': rerouteStep.extend({
    fulfillmentOrderId: z.string(),
    fromLocationId: z.string(),
    toLocationId: text,
    rejectedLocationIds: z.array(z.string()),
    reservationIds: z.array(z.string()).min(1),
    reason: z.string(),
    requestedBy: z.string(),
  }),
  'retail.fulfillment-order.reroute-refused.v1': refusal.extend({ fulfillmentOrderId: z.string() }),
  /** People have seen to what no system's word closes. */
  'retail.fulfillment-order.reroute-acknowledged.v1': z.object({
    rerouteId: z.string(),
    orderId: z.string(),
    fulfillmentOrderId: z.string(),
    note: z.string(),
    acknowledgedBy: z.string(),
  }),
  'retail.order.promise-changed.v1': z.object({
    orderId: z.string(),
    fulfillmentOrderId: z.string(),
    previousDate: text,
    date: text,
    reason: z.string(),
  }),
  'retail.notification.requested.v1': z.object({
    notificationId: z.string(),
    orderId: z.string(),
    /** null: it is about none; likewise the return, and what a return has not. */
    fulfillmentOrderId: text,
    returnId: text.default(null),
    template: z.enum([
      'PICKUP_LOCATION_CHANGED',
      'DELIVERY_PROMISE_CHANGED',
      'RETURN_AUTHORIZED',
      'RETURN_DECLINED',
      'RETURN_RECEIVED',
    ]),
    previousLocationId: text,
    locationId: text,
    previousDate: text,
    date: text,
  }),
} as const

/** What of all this belongs on an order's timeline. */
export const fulfillmentTimelineEvents = { ...fulfillmentOrderEvents, ...rerouteEvents } as const
export type FulfillmentTimelineEvent = EventOf<typeof fulfillmentTimelineEvents>
