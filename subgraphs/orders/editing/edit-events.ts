import { z } from 'zod'
import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import { changeSet } from '../order-change.ts'
import { demandLines } from '../order-demand.ts'

const text = z.string().nullable()
const units = z.int().nonnegative()

export const editRequestStates = ['REQUESTED', 'PENDING', 'CONFIRMED', 'REFUSED', 'SUPERSEDED', 'WITHDRAWN'] as const
export const editRefusalReasons = ['INSUFFICIENT_STOCK', 'UNKNOWN_VARIANT', 'UNITS_GONE'] as const

/** The whole of it after the step: any system can make its own amendment of it. */
const edit = z.object({
  editId: z.string(),
  orderId: z.string(),
  channelId: z.string(),
  state: z.enum(editRequestStates),
  reason: z.string(),
  requestedBy: z.string(),
  changes: changeSet.shape.changes,
  /** Units of each line before, and by the edit; of one that gives way: by the edit, and by the channel's system. */
  before: demandLines,
  after: demandLines,
  /** Who said so; null: nobody but stock. */
  system: text,
})

export const editRequestEvents = {
  /** Stock is to decide. */
  'retail.order.edit-requested.v1': edit.extend({
    after: z.array(demandLines.element.extend({ sku: text })),
    /** Reservations that nothing is given back of: they were picked. */
    pinned: z.array(z.string()),
  }),
  /** Stock is kept for it: each system is to make it in its own way. */
  'retail.order.edit-proposed.v1': edit,
  /** The channel's own system says that the order is so. */
  'retail.order.edit-confirmed.v1': edit,
  /** The channel's own system says that the order is otherwise: what is kept for it follows that. */
  'retail.order.edit-superseded.v1': edit,
  /** As superseded, of one that somebody took back; `reason` says why, `requestedBy` who. */
  'retail.order.edit-withdrawn.v1': edit,
  'retail.order.edit-refused.v1': edit,
} as const

export type EditRequestEvent = EventOf<typeof editRequestEvents>

const shortfall = z.object({
  variantId: z.string(),
  requested: units,
  available: units,
  alternatives: z.array(z.object({ locationId: z.string(), available: units })),
})

const step = { editId: z.string(), orderId: z.string() }

/** What stock has decided. */
export const editDecisionEvents = {
  'retail.inventory.order-edit-kept.v1': z.object({
    ...step,
    named: z.array(z.object({ lineId: z.string(), variantId: z.string() })),
  }),
  'retail.inventory.order-edit-refused.v1': z.object({
    ...step,
    reason: z.enum(editRefusalReasons),
    shortfalls: z.array(shortfall),
  }),
} as const

export type EditDecision = EventOf<typeof editDecisionEvents>
export type EditShortfall = z.output<typeof shortfall>
export type EditAlternative = EditShortfall['alternatives'][number]
