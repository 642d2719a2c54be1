import type { JsonObject, NewEvent } from '../../../platform/event-log/event-log.ts'
import type { FulfillmentOrderEventType } from './fulfillment-events.ts'
import type { KeptFulfillmentOrder } from './fulfillment-order.ts'
import type { Acknowledgement, KeptReroute } from './reroute.ts'

type Change = FulfillmentOrderEventType extends `retail.fulfillment-order.${infer Name}.v1` ? Name : never

type Around = {
  readonly reason?: string | null
  readonly rerouteId?: string | null
  readonly previousFulfillmentOrderId?: string
  readonly previousLocationId?: string
  readonly rejectedLocationIds?: readonly string[]
  readonly score?: number
}

/** Why something is told, and of which moment. */
export type Cause = {
  readonly tenant: string
  readonly time: string
  readonly authority: string
  readonly correlationId: string | null
  /** null: a command. */
  readonly causationId: string | null
}

/** Turns what becomes of one order into events, in the order it is told. All are of one source, so none overtakes another. */
export type Telling = {
  at(): string
  order(change: Change, after: KeptFulfillmentOrder, around?: Around): void
  request(reroute: KeptReroute, leaving: KeptFulfillmentOrder, toLocationId: string | null): void
  refused(reroute: KeptReroute, fulfillmentOrderId: string): void
  acknowledged(reroute: KeptReroute, by: Acknowledgement): void
  /** What the customer was told otherwise. */
  customer(
    reroute: KeptReroute,
    made: KeptFulfillmentOrder,
    told: {
      readonly previousLocationId: string
      readonly previousDate: string | null
      readonly date: string | null
    },
  ): void
}

/** @param causeOf asked at each event: what is being taken in */
export function createTelling(causeOf: () => Cause, tell: (event: NewEvent) => void): Telling {
  function send(type: string, orderId: string, data: JsonObject, authority = causeOf().authority): void {
    const { tenant, time, correlationId, causationId } = causeOf()
    tell({
      type: `retail.${type}.v1`,
      source: `/tenants/${tenant}/orders/fulfillment/${encodeURIComponent(orderId)}`,
      subject: orderId,
      time,
      data,
      partitionKey: orderId,
      authority,
      ...(causationId === null ? {} : { causationId }),
      ...(correlationId === null ? {} : { correlationId }),
    })
  }

  return {
    at: () => causeOf().time,
    order(change, after, around = {}) {
      const { id, madeBy, leavingBy, saidBy: _, ...told } = after
      send(`fulfillment-order.${change}`, after.orderId, {
        ...told,
        fulfillmentOrderId: id,
        reason: around.reason ?? null,
        rerouteId: around.rerouteId ?? leavingBy ?? madeBy,
        previousFulfillmentOrderId: around.previousFulfillmentOrderId ?? null,
        previousLocationId: around.previousLocationId ?? null,
        rejectedLocationIds: around.rejectedLocationIds ?? [],
        score: around.score ?? null,
      })
    },
    request({ id, attempt, orderId, rejectedLocationIds, reason, requestedBy }, leaving, toLocationId) {
      const reservationIds = leaving.lines.filter(({ quantity }) => quantity > 0).map((line) => line.reservationId)
      const { id: fulfillmentOrderId, locationId: fromLocationId } = leaving
      send('fulfillment-order.reroute-requested', orderId, {
        ...{ rerouteId: id, attempt, orderId, fulfillmentOrderId, fromLocationId, toLocationId },
        ...{ rejectedLocationIds, reservationIds, reason, requestedBy },
      })
    },
    refused({ id, attempt, orderId, refusal }, fulfillmentOrderId) {
      const { reason = 'NO_LOCATION', alternatives = [] } = refusal ?? {}
      const data = { rerouteId: id, attempt, orderId, fulfillmentOrderId, reason, alternatives }
      send('fulfillment-order.reroute-refused', orderId, data, 'storeloom')
    },
    acknowledged({ id, orderId, fromId }, { note, acknowledgedBy }) {
      const data = { rerouteId: id, orderId, fulfillmentOrderId: fromId, note, acknowledgedBy }
      send('fulfillment-order.reroute-acknowledged', orderId, data)
    },
    customer({ id, attempt, reason }, { id: fulfillmentOrderId, orderId, method, locationId }, told) {
      const { previousLocationId, previousDate, date } = told
      const place = method === 'PICKUP' || method === 'LOCKER'
      if (previousDate !== date) {
        send('order.promise-changed', orderId, { orderId, fulfillmentOrderId, previousDate, date, reason })
      } else if (!place) return
      const template = place ? 'PICKUP_LOCATION_CHANGED' : 'DELIVERY_PROMISE_CHANGED'
      send('notification.requested', orderId, {
        ...{ notificationId: `${id}:${attempt}`, orderId, fulfillmentOrderId, template },
        ...{ previousLocationId, locationId, previousDate, date },
      })
    },
  }
}
