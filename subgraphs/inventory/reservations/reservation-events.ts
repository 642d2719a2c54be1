import { z } from 'zod'
import type { JsonObject, JsonValue, NewEvent } from '../../../platform/event-log/event-log.ts'
import { peekEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import type { Change } from './command.ts'
import type { Legs } from './legs.ts'

const type = 'retail.inventory.reservations-changed.v2'
/** Each change by itself in full; written by earlier releases. */
const earlierType = 'retail.inventory.reservations-changed.v1'
const units = z.int32()
/** Absent where there are none: most legs of most reservations. */
const leg = units.default(0)

const change = z.object({
  reservationId: z.string(),
  owner: z.object({ kind: z.string(), id: z.string() }),
  change: z.enum(['held', 'extended', 'confirmed', 'allocated', 'moved', 'consumed', 'released', 'expired']),
  locationId: z.string().nullable(),
  channelId: z.string(),
  method: z.string(),
  lineId: z.string(),
  orderId: z.string().nullable(),
  quantity: units,
  legs: z.object({ held: leg, confirmed: leg, consumed: leg, released: leg, expired: leg }),
  allocated: units,
  expiresAt: z.string(),
  version: units,
  /** When it happened by the clock of whoever told; null: when the event says. */
  occurredAt: z.string().nullable(),
  correlationId: z.string().nullable(),
})

const members = z.record(z.string(), z.unknown())

/**
 * What was decided together is told together: of one variant, in the order it was decided. A change has what is common unless it
 * says otherwise; so it is the whole reservation after the change, and a late reader may take the one of the highest version.
 */
export const reservationEvents = {
  [type]: z
    .object({ variantId: z.string(), common: members, changes: z.array(members) })
    .transform(({ variantId, common, changes }) => ({
      variantId,
      changes: changes.map((own) => ({ ...common, ...own })),
    }))
    .pipe(z.object({ variantId: z.string(), changes: z.array(change).min(1) })),
} as const

export const holdsCache = 'inventory.holds-of-variant'

/** A reader takes whole events: a page of many must stay small enough to hold. */
const mostChangesPerEvent = 128

export type Told = { readonly change: Change; readonly correlationId: string | null }
type Common = JsonObject & { readonly legs: JsonObject }

/** As few events as there are variants, however many reservations changed. */
export function toReservationEvents(told: readonly Told[], now: Date): readonly NewEvent[] {
  const open = new Map<string, { readonly common: Common; readonly changes: JsonObject[] }>()
  const events: NewEvent[] = []
  const time = now.toISOString()
  for (const one of told) {
    const { tenant, variantId } = one.change.after
    const source = `/tenants/${tenant}/inventory/reservations-of-variant/${variantId}`
    let event = open.get(source)
    if (event === undefined || event.changes.length === mostChangesPerEvent) {
      event = { common: toCommon(one), changes: [] }
      open.set(source, event)
      events.push({
        type,
        source,
        subject: variantId,
        time,
        data: { variantId, ...event },
        partitionKey: variantId,
        authority: 'storeloom',
      })
    }
    event.changes.push(toChange(one, event.common))
  }
  return events
}

function toCommon({ change: { change, after, occurredAt }, correlationId }: Told): Common {
  const { locationId, channelId, method, lineId, orderId, quantity, allocated, expiresAt, version } = after
  const legs = withoutZeros(after)
  return {
    change,
    locationId,
    channelId,
    method,
    lineId,
    orderId,
    quantity,
    legs,
    allocated,
    expiresAt,
    version,
    occurredAt,
    correlationId,
  }
}

/** Written out rather than looped over: it is done for every unit that is sold. */
function toChange({ change: { change, after, occurredAt }, correlationId }: Told, common: Common): JsonObject {
  const own: Record<string, JsonValue> = { reservationId: after.id, owner: after.owner }
  if (change !== common.change) own.change = change
  if (after.locationId !== common.locationId) own.locationId = after.locationId
  if (after.channelId !== common.channelId) own.channelId = after.channelId
  if (after.method !== common.method) own.method = after.method
  if (after.lineId !== common.lineId) own.lineId = after.lineId
  if (after.orderId !== common.orderId) own.orderId = after.orderId
  if (after.quantity !== common.quantity) own.quantity = after.quantity
  if (legNames.some((name) => after[name] !== (common.legs[name] ?? 0))) own.legs = withoutZeros(after)
  if (after.allocated !== common.allocated) own.allocated = after.allocated
  if (after.expiresAt !== common.expiresAt) own.expiresAt = after.expiresAt
  if (after.version !== common.version) own.version = after.version
  if (occurredAt !== common.occurredAt) own.occurredAt = occurredAt
  if (correlationId !== common.correlationId) own.correlationId = correlationId
  return own
}

function withoutZeros(legs: Legs): JsonObject {
  const there: Record<string, number> = {}
  for (const name of legNames) if (legs[name] !== 0) there[name] = legs[name]
  return there
}

const legNames = ['held', 'confirmed', 'consumed', 'released', 'expired'] as const

const ofVariant = z.object({ variantId: z.string() })
const variantOnly = { [type]: ofVariant, [earlierType]: ofVariant } as const

/** Owns no table: the rows are written with the events. It tells every process which holds it knows no more. */
export const reservationProjection: Projection = {
  name: 'inventory.reservations',
  types: [...Object.keys(reservationEvents), earlierType],
  tables: [],
  apply: async () => {},
  keysOf(recorded) {
    const event = peekEvent(variantOnly, recorded)
    return event === null ? [] : [{ cache: holdsCache, key: event.data.variantId }]
  },
}
