import { z } from 'zod'
import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { Missing } from './follow-demand.ts'

const lines = z.array(z.object({ lineId: z.string(), variantId: z.string().nullable(), quantity: z.int().positive() }))

/** What the orders subgraph tells of the units an order is of. */
export const demandEvents = {
  'retail.order.demand-changed.v1': z.object({
    orderId: z.string(),
    channelId: z.string(),
    before: lines,
    after: lines,
  }),
} as const

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
  const [, , tenant = ''] = cause.source.split('/')
  return {
    type: shortType,
    source: `/tenants/${tenant}/inventory/order-units/${encodeURIComponent(orderId)}`,
    subject: orderId,
    time: now.toISOString(),
    data: { orderId, ...missing },
    partitionKey: orderId,
    authority: 'storeloom',
    inferred: true,
    causationId: cause.id,
    ...(cause.correlationId === undefined ? {} : { correlationId: cause.correlationId }),
  }
}
