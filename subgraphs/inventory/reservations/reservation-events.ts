import { z } from 'zod'
import { rowsOfColumns } from '../../../platform/event-log/columns.ts'
import type { JsonObject, JsonValue, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { peekEvent } from '../../../platform/event-log/event-schema.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import type { Change } from './command.ts'
import { markOwed } from './owed.ts'

const type = 'retail.inventory.reservations-changed.v3'
/** As `v3`, with an object for each change that says what it has not in common; written by an earlier release. */
const objectsType = 'retail.inventory.reservations-changed.v2'
/** Each change by itself in full; written by earlier releases. */
const earlierType = 'retail.inventory.reservations-changed.v1'
/** Of all releases: their events stay in the log. */
export const reservationTypes: readonly string[] = [type, objectsType, earlierType]
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
  /** Of a change that tells of it: what was asked for, where this variant is given in its place. */
  substitutedFor: z.string().nullish(),
  /** Of a change that tells of it: what was said of units that were not here. */
  promise: z
    .object({ kind: z.string(), availableAt: z.string().nullable(), guaranteed: z.boolean(), basis: z.string() })
    .nullish(),
})

const changesOfVariant = z.object({ variantId: z.string(), changes: z.array(change).min(1) })
const members = z.record(z.string(), z.unknown())

/**
 * What was decided together is told together: of one variant, in the order it was decided. Each member of a change stands in `common`
 * where all changes agree in it, else in `columns` with a value per change. Together they are the whole reservation after the change,
 * so a late reader may take the one of the highest version.
 */
export const reservationEvents = {
  [type]: z
    .object({ variantId: z.string(), common: members, columns: z.record(z.string(), z.array(z.unknown())) })
    .transform(({ variantId, common, columns }) => ({ variantId, changes: toRows(common, columns) }))
    .pipe(changesOfVariant),
  [objectsType]: z
    .object({ variantId: z.string(), common: members, changes: z.array(members) })
    .transform(({ variantId, common, changes }) => ({
      variantId,
      changes: changes.map((own) => ({ ...common, ...own })),
    }))
    .pipe(changesOfVariant),
} as const

export const holdsCache = 'inventory.holds-of-variant'

/** A reader takes whole events: a page of many must stay small enough to hold. */
const mostChangesPerEvent = 128

export type Told = { readonly change: Change; readonly correlationId: string | null }

/** As few events as there are variants, however many reservations changed. */
export function toReservationEvents(told: readonly Told[], now: Date): readonly NewEvent[] {
  const open = new Map<string, Told[]>()
  const groups: Told[][] = []
  for (const one of told) {
    const { tenant, variantId } = one.change.after
    const key = `${tenant.length} ${tenant} ${variantId}`
    let group = open.get(key)
    if (group === undefined || group.length === mostChangesPerEvent) {
      group = []
      open.set(key, group)
      groups.push(group)
    }
    group.push(one)
  }
  const time = now.toISOString()
  return groups.map((group) => toEvent(group, time))
}

function toEvent(group: readonly Told[], time: string): NewEvent {
  const { tenant = '', variantId = '' } = group[0]?.change.after ?? {}
  return {
    type,
    source: `/tenants/${tenant}/inventory/reservations-of-variant/${variantId}`,
    subject: variantId,
    time,
    data: toColumns(variantId, group),
    partitionKey: variantId,
    authority: 'storeloom',
  }
}

function toColumns(variantId: string, group: readonly Told[]): JsonObject {
  const common: Record<string, JsonValue> = {}
  const columns: Record<string, readonly JsonValue[]> = {}
  for (const [name, pick] of memberPicks) {
    const values = group.map(pick)
    const [first = null] = values
    if (values.every((value) => value === first)) common[name] = first
    else columns[name] = values
  }
  // Of few changes, so that the others need not say that they are none of them.
  if (group.some(({ change }) => change.after.substitutedFor !== null)) {
    columns.substitutedFor = group.map(({ change }) => change.after.substitutedFor)
  }
  if (group.some(({ change }) => change.after.promise !== null)) {
    columns.promise = group.map(({ change }) => change.after.promise)
  }
  return { variantId, common, columns }
}

/** Values that can be compared: no objects. */
const memberPicks: readonly (readonly [string, (told: Told) => string | number | null])[] = [
  ['reservationId', ({ change }) => change.after.id],
  ['ownerKind', ({ change }) => change.after.owner.kind],
  ['ownerId', ({ change }) => change.after.owner.id],
  ['change', ({ change }) => change.change],
  ['locationId', ({ change }) => change.after.locationId],
  ['channelId', ({ change }) => change.after.channelId],
  ['method', ({ change }) => change.after.method],
  ['lineId', ({ change }) => change.after.lineId],
  ['orderId', ({ change }) => change.after.orderId],
  ['quantity', ({ change }) => change.after.quantity],
  ['held', ({ change }) => change.after.held],
  ['confirmed', ({ change }) => change.after.confirmed],
  ['consumed', ({ change }) => change.after.consumed],
  ['released', ({ change }) => change.after.released],
  ['expired', ({ change }) => change.after.expired],
  ['allocated', ({ change }) => change.after.allocated],
  ['expiresAt', ({ change }) => change.after.expiresAt],
  ['version', ({ change }) => change.after.version],
  ['occurredAt', ({ change }) => change.occurredAt],
  ['correlationId', ({ correlationId }) => correlationId],
]

type Columns = Readonly<Record<string, readonly unknown[]>>

function toRows(common: Readonly<Record<string, unknown>>, columns: Columns): readonly unknown[] {
  return rowsOfColumns(common, columns).map((row) => {
    const { ownerKind, ownerId, held, confirmed, consumed, released, expired, ...rest } = row
    return { ...rest, owner: { kind: ownerKind, id: ownerId }, legs: { held, confirmed, consumed, released, expired } }
  })
}

const ofVariant = z.object({ variantId: z.string() })
const variantOnly = { [type]: ofVariant, [objectsType]: ofVariant, [earlierType]: ofVariant } as const

/** Owns no table: the rows are written with the events. It tells every process which holds it knows no more, and what may be placed now. */
export const reservationProjection: Projection = {
  name: 'inventory.reservations',
  types: reservationTypes,
  tables: [],
  apply: (transaction, recorded) => markOwed(transaction, recorded.flatMap(mayPlaceNow)),
  keysOf(recorded) {
    const event = peekEvent(variantOnly, recorded)
    return event === null ? [] : [{ cache: holdsCache, key: event.data.variantId }]
  },
}

/** @returns the variant where more may be placed after an event than before it; nothing of most of them */
function mayPlaceNow(recorded: RecordedEvent): readonly string[] {
  const event = peekEvent(variantOnly, recorded)
  if (event === null) return []
  const common = Object(recorded.data.common)
  const isPlaced = common.change === 'confirmed' && typeof common.locationId === 'string'
  return isPlaced || freesNothing.has(common.change) ? [] : [event.data.variantId]
}

/** After these no shelf has more to give, and no order waits for more. */
const freesNothing: ReadonlySet<unknown> = new Set(['held', 'extended', 'allocated', 'consumed'])
