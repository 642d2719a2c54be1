import { z } from 'zod'
import type { JsonObject, JsonValue, NewEvent } from '../../../platform/event-log/event-log.ts'
import { peekEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import type { Change } from './command.ts'
import type { Legs } from './legs.ts'

const type = 'retail.inventory.reservations-changed.v1'
const units = z.int32()
/** Absent where there are none: most legs of most reservations. */
const leg = units.default(0)

/** The whole reservation after the change: a late reader may take the one of the highest version. */
const change = z.object({
  change: z.enum(['held', 'extended', 'confirmed', 'allocated', 'moved', 'consumed', 'released', 'expired']),
  reservationId: z.string(),
  locationId: z.string().nullable(),
  channelId: z.string(),
  method: z.string(),
  owner: z.object({ kind: z.string(), id: z.string() }),
  lineId: z.string(),
  orderId: z.string().nullable().default(null),
  quantity: units,
  legs: z.object({ held: leg, confirmed: leg, consumed: leg, released: leg, expired: leg }),
  allocated: leg,
  expiresAt: z.string(),
  version: units,
  /** When it happened by the clock of whoever told; absent: when the event says. */
  occurredAt: z.string().optional(),
  correlationId: z.string().optional(),
})

/** What was decided together is told together: of one variant, in the order it was decided. */
export const reservationEvents = {
  [type]: z.object({ variantId: z.string(), changes: z.array(change).min(1) }),
} as const

export const holdsCache = 'inventory.holds-of-variant'

/** A reader takes whole events: a page of many must stay small enough to hold. */
const mostChangesPerEvent = 64

export type Told = { readonly change: Change; readonly correlationId: string | null }

/** As few events as there are variants, however many reservations changed. */
export function toReservationEvents(told: readonly Told[], now: Date): readonly NewEvent[] {
  const open = new Map<string, JsonObject[]>()
  const events: NewEvent[] = []
  for (const one of told) {
    const { tenant, variantId } = one.change.after
    const source = `/tenants/${tenant}/inventory/reservations-of-variant/${variantId}`
    let changes = open.get(source)
    if (changes === undefined || changes.length === mostChangesPerEvent) {
      changes = []
      open.set(source, changes)
      events.push({
        type,
        source,
        subject: variantId,
        time: now.toISOString(),
        data: { variantId, changes },
        partitionKey: variantId,
        authority: 'storeloom',
      })
    }
    changes.push(toChange(one))
  }
  return events
}

function toChange({ change: { change, after, occurredAt }, correlationId }: Told): JsonObject {
  const { id, locationId, channelId, method, owner, lineId, orderId, quantity, allocated, expiresAt, version } = after
  const told: Record<string, JsonValue> = {
    change,
    reservationId: id,
    locationId,
    channelId,
    method,
    owner,
    lineId,
    quantity,
    legs: withoutZeros(after),
    expiresAt,
    version,
  }
  if (orderId !== null) told.orderId = orderId
  if (allocated !== 0) told.allocated = allocated
  if (occurredAt !== null) told.occurredAt = occurredAt
  if (correlationId !== null) told.correlationId = correlationId
  return told
}

function withoutZeros(legs: Legs): JsonObject {
  const there: Record<string, number> = {}
  for (const name of legNames) if (legs[name] !== 0) there[name] = legs[name]
  return there
}

const legNames = ['held', 'confirmed', 'consumed', 'released', 'expired'] as const

const variantOnly = { [type]: z.object({ variantId: z.string() }) } as const

/** Owns no table: the rows are written with the events. It tells every process which holds it knows no more. */
export const reservationProjection: Projection = {
  name: 'inventory.reservations',
  types: Object.keys(reservationEvents),
  tables: [],
  apply: async () => {},
  keysOf(recorded) {
    const event = peekEvent(variantOnly, recorded)
    return event === null ? [] : [{ cache: holdsCache, key: event.data.variantId }]
  },
}
