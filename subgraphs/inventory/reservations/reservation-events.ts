import { z } from 'zod'
import type { NewEvent } from '../../../platform/event-log/event-log.ts'
import { peekEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import type { Change } from './command.ts'
import type { LegChange } from './legs.ts'

const units = z.int32()

/** The whole reservation after the change: a late reader may take the newest. */
const state = z.object({
  reservationId: z.string(),
  variantId: z.string(),
  locationId: z.string().nullable(),
  channelId: z.string(),
  method: z.string(),
  owner: z.object({ kind: z.string(), id: z.string() }),
  lineId: z.string(),
  orderId: z.string().nullable(),
  quantity: units,
  legs: z.object({ held: units, confirmed: units, consumed: units, released: units, expired: units }),
  allocated: units,
  expiresAt: z.string(),
  version: units,
})

const typeOf = {
  held: 'retail.inventory.reservation-held.v1',
  extended: 'retail.inventory.reservation-extended.v1',
  confirmed: 'retail.inventory.reservation-confirmed.v1',
  allocated: 'retail.inventory.reservation-allocated.v1',
  moved: 'retail.inventory.reservation-moved.v1',
  consumed: 'retail.inventory.reservation-consumed.v1',
  released: 'retail.inventory.reservation-released.v1',
  expired: 'retail.inventory.reservation-expired.v1',
} as const satisfies Record<LegChange, string>

export const reservationEvents = {
  [typeOf.held]: state,
  [typeOf.extended]: state,
  [typeOf.confirmed]: state,
  [typeOf.allocated]: state,
  [typeOf.moved]: state,
  [typeOf.consumed]: state,
  [typeOf.released]: state,
  [typeOf.expired]: state,
} as const

export const holdsCache = 'inventory.holds-of-variant'

export function toReservationEvent(
  { change, after, occurredAt }: Change,
  now: Date,
  correlationId: string | null,
): NewEvent {
  const { id, tenant, variantId, locationId, channelId, method, owner, lineId, orderId, quantity, allocated } = after
  const { held, confirmed, consumed, released, expired, expiresAt, version } = after
  const legs = { held, confirmed, consumed, released, expired }
  const data = { reservationId: id, variantId, locationId, channelId, method, owner, lineId, orderId, quantity, legs }
  return {
    type: typeOf[change],
    source: `/tenants/${tenant}/inventory/reservation/${id}`,
    subject: id,
    time: occurredAt ?? now.toISOString(),
    data: { ...data, allocated, expiresAt, version },
    partitionKey: id,
    authority: 'storeloom',
    ...(correlationId === null ? {} : { correlationId }),
  }
}

/** Owns no table: the rows are written with the events. It tells every process which holds it knows no more. */
export const reservationProjection: Projection = {
  name: 'inventory.reservations',
  types: Object.keys(reservationEvents),
  tables: [],
  apply: async () => {},
  keysOf(recorded) {
    const event = peekEvent(reservationEvents, recorded)
    return event === null ? [] : [{ cache: holdsCache, key: event.data.variantId }]
  },
}
