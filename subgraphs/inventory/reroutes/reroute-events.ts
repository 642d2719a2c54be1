import { z } from 'zod'
import type { JsonObject, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { Change } from '../reservations/command.ts'
import { unitsOf } from '../reservations/legs.ts'
import { toReservationEvents } from '../reservations/reservation-events.ts'
import type { RefusedReroute, Rerouted } from './reroute.ts'

/** What the orders subgraph asks for. */
export const rerouteRequests = {
  'retail.fulfillment-order.reroute-requested.v1': z.object({
    rerouteId: z.string(),
    attempt: z.int().positive(),
    orderId: z.string(),
    fulfillmentOrderId: z.string(),
    fromLocationId: z.string(),
    toLocationId: z.string().nullable(),
    rejectedLocationIds: z.array(z.string()),
    reservationIds: z.array(z.string()).min(1),
  }),
} as const

export type RerouteRequested = z.output<(typeof rerouteRequests)['retail.fulfillment-order.reroute-requested.v1']>

/** When the order would have left, or been ready, where it was, and does where it is; null: not known. */
export type Dates = { readonly previousDate: string | null; readonly date: string | null }

/**
 * What was decided, after what happened to each reservation: whoever reads the answer has read that. The reservations' events name
 * the request as their cause.
 */
export function toRerouteEvents(
  requested: RerouteRequested,
  decided: Rerouted | RefusedReroute,
  dates: Dates,
  cause: RecordedEvent,
  now: Date,
): readonly NewEvent[] {
  const { rerouteId, attempt, orderId } = requested
  const common = { rerouteId, attempt, orderId }
  if (decided.kind === 'refused') {
    const { reason, alternatives } = decided
    return [toEvent('retail.inventory.reroute-refused.v1', { ...common, reason, alternatives }, cause, now)]
  }
  const { changes, locationId, score } = decided
  const correlationId = cause.correlationId ?? null
  const moved = toReservationEvents(
    changes.map((change) => ({ change, correlationId })),
    now,
  ).map((event) => ({ ...event, causationId: cause.id }))
  const lines = changes.map(({ after }) => toLine(after, now))
  const data = { ...common, locationId, score, lines, ...dates }
  return [...moved, toEvent('retail.inventory.reservations-rerouted.v1', data, cause, now)]
}

function toLine(after: Change['after'], now: Date): JsonObject {
  const { id: reservationId, lineId, variantId, version } = after
  return { reservationId, lineId, variantId, quantity: unitsOf(after, now), version }
}

function toEvent(type: string, data: JsonObject, cause: RecordedEvent, now: Date): NewEvent {
  const [, , tenant = ''] = cause.source.split('/')
  return {
    type,
    source: `/tenants/${tenant}/inventory/reroute/${String(data.rerouteId)}`,
    subject: String(data.rerouteId),
    time: now.toISOString(),
    data,
    partitionKey: String(data.orderId),
    authority: 'storeloom',
    causationId: cause.id,
    ...(cause.correlationId === undefined ? {} : { correlationId: cause.correlationId }),
  }
}
