import { z } from 'zod'
import type { JsonObject, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'

const text = z.string()
const place = { variantId: text, locationId: text }
const level = { ...place, level: z.int(), threshold: z.int() }

/** What the ledger's processes conclude. */
export const derivedEvents = {
  /** Outside truth shrank below what was promised. Carries the whole: told again when the number of missing units changes. */
  'retail.inventory.shortfall-detected.v1': z.object({
    ...place,
    units: z.int(),
    /** Promised last first: those at risk. */
    orders: z.array(text),
  }),
  'retail.inventory.shortfall-resolved.v1': z.object(place),
  /** Stock, reservations or rules of a component changed: as many of the kit may be made up as that allows. */
  'retail.inventory.kit-touched.v1': z.object({ variantId: text }),
  'retail.inventory.reorder-point-reached.v1': z.object(level),
  'retail.inventory.safety-stock-breached.v1': z.object({ ...level, ruleId: text }),
  /** A movement became known late: from `happenedAt` on, balances were other than believed. History itself stays. */
  'retail.inventory.balance-revised.v1': z.object({
    ...place,
    movementId: text,
    sellable: z.int(),
    happenedAt: text,
    knownAt: text,
    lateMs: z.int(),
  }),
  /** Somebody stood before the shelf: what they found, and what was believed until then. */
  'retail.inventory.count-compared.v1': z.object({
    ...place,
    counted: z.int(),
    expected: z.int(),
    countedAt: text,
  }),
  /** More units were there than was known: nobody could buy them, for as long as their source was late. */
  'retail.inventory.stock-understated.v1': z.object({ ...place, units: z.int(), lateMs: z.int() }),
  /** Numbers of a source's stream were passed over. Carries all that are missing then. */
  'retail.ops.sequence-gap-detected.v1': z.object({
    system: text,
    stream: text,
    missing: z.array(z.object({ from: z.int(), to: z.int() })),
  }),
  /** The source was read again for the gap, as it was by the `gap`th word on it; or it could not be read. */
  'retail.ops.sequence-gap-asked.v1': z.object({
    system: text,
    stream: text,
    gap: z.int(),
    ask: z.int(),
    outcome: z.enum(['READ_AGAIN', 'UNAVAILABLE']),
  }),
  'retail.ops.sequence-gap-closed.v1': z.object({ system: text, stream: text }),
} as const

export type DerivedType = keyof typeof derivedEvents

/** @param cause whose tenant, time and correlation the conclusion shares */
export function derived(type: DerivedType, data: JsonObject, cause: RecordedEvent): NewEvent {
  const [, , tenant = ''] = cause.source.split('/')
  const [aggregate, subject] = subjectOf(data)
  return {
    type,
    source: `/tenants/${tenant}/${aggregate}/${encodeURIComponent(subject)}`,
    subject,
    time: cause.time,
    data,
    partitionKey: subject,
    authority: 'storeloom',
    inferred: true,
    causationId: cause.id,
    ...(cause.correlationId === undefined ? {} : { correlationId: cause.correlationId }),
  }
}

function subjectOf({ stream, system, variantId, locationId }: JsonObject): readonly [string, string] {
  if (stream !== undefined) return ['ops/stream', `${system}:${stream}`]
  return locationId === undefined
    ? ['inventory/kit', `${variantId}`]
    : ['inventory/watch', `${variantId}@${locationId}`]
}
