import { z } from 'zod'
import type { JsonObject, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { Shortfall } from '../reservations/place.ts'
import type { Missing } from './follow-demand.ts'

const line = z.object({ lineId: z.string(), variantId: z.string().nullable(), quantity: z.int().positive() })
const order = { orderId: z.string(), before: z.array(line) }
const edit = { editId: z.string(), ...order }

/** What the orders subgraph tells of the units an order is of. */
export const demandEvents = {
  'retail.order.demand-changed.v1': z.object({ ...order, after: z.array(line) }),
  /** All of it is kept, or nothing is changed. */
  'retail.order.edit-requested.v1': z.object({
    ...edit,
    /** `sku`: of a line that is to be added, whose variant is not known there. */
    after: z.array(line.extend({ sku: z.string().nullable() })),
    pinned: z.array(z.string()),
  }),
  /** The order is what its own system says after all. */
  'retail.order.edit-superseded.v1': z.object({ ...edit, after: z.array(line) }),
  'retail.order.edit-withdrawn.v1': z.object({ ...edit, after: z.array(line) }),
  'retail.order.public-status-changed.v1': z.object({ orderId: z.string(), to: z.string() }),
} as const

/**
 * Of an order that has nothing to come any more, however its units were had. Not CANCELLED: its source says with that what it wants, which
 * is nothing, and may want more again before the status is told.
 */
export const overStatuses: readonly string[] = [
  'DELIVERED',
  'COLLECTED',
  'RETURN_STARTED',
  'RETURN_RECEIVED',
  'REFUNDED',
]

export type EditRequested = z.output<(typeof demandEvents)['retail.order.edit-requested.v1']>
export type Refusal = 'INSUFFICIENT_STOCK' | 'UNKNOWN_VARIANT' | 'UNITS_GONE'

const shortType = 'retail.inventory.order-short.v1'

/** Units an order wants that could not be kept for it; 0: none are missing any more. */
export const shortEvents = {
  [shortType]: z.object({
    orderId: z.string(),
    variantId: z.string(),
    wanted: z.int().nonnegative(),
    missing: z.int().nonnegative(),
  }),
} as const

export function toShortEvent(orderId: string, missing: Missing, cause: RecordedEvent, now: Date): NewEvent {
  return { ...toEvent(shortType, { orderId, ...missing }, cause, now), inferred: true }
}

/** @param named lines that are to be added, with the variants they are of */
export function toKeptEvent(
  { editId, orderId }: EditRequested,
  named: readonly { readonly lineId: string; readonly variantId: string }[],
  cause: RecordedEvent,
  now: Date,
): NewEvent {
  return toEvent('retail.inventory.order-edit-kept.v1', { editId, orderId, named: [...named] }, cause, now)
}

export function toRefusedEvent(
  { editId, orderId }: EditRequested,
  reason: Refusal,
  found: readonly Shortfall[],
  cause: RecordedEvent,
  now: Date,
): NewEvent {
  const shortfalls = found.map(({ variantId, requested, available, alternatives }) => {
    return { variantId, requested, available, alternatives: [...alternatives] }
  })
  return toEvent('retail.inventory.order-edit-refused.v1', { editId, orderId, reason, shortfalls }, cause, now)
}

function toEvent(type: string, data: JsonObject, cause: RecordedEvent, now: Date): NewEvent {
  const [, , tenant = ''] = cause.source.split('/')
  const orderId = String(data.orderId)
  return {
    type,
    source: `/tenants/${tenant}/inventory/order-units/${encodeURIComponent(orderId)}`,
    subject: orderId,
    time: now.toISOString(),
    data,
    partitionKey: orderId,
    authority: 'storeloom',
    causationId: cause.id,
    ...(cause.correlationId === undefined ? {} : { correlationId: cause.correlationId }),
  }
}
