import { z } from 'zod'
import { rowsOfColumns } from '../../../platform/event-log/columns.ts'
import type { RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { fulfillmentMethods } from '../../../platform/fulfillment-methods.ts'
import { parseWith } from '../../../platform/parse.ts'

/** What inventory tells of reservations; of each, the whole after its change. */
export const reservationsChanged = 'retail.inventory.reservations-changed.v3'

const units = z.int().nonnegative()
const ordered = z.object({
  reservationId: z.string(),
  change: z.string(),
  orderId: z.string(),
  lineId: z.string(),
  channelId: z.string(),
  method: z.enum(fulfillmentMethods),
  /** null: no location is to fulfil it yet. */
  locationId: z.string().nullable(),
  confirmed: units,
  consumed: units,
})
const members = z.object({
  variantId: z.string(),
  common: z.record(z.string(), z.unknown()),
  columns: z.record(z.string(), z.array(z.unknown())),
})

export type OrderLineReservation = z.output<typeof ordered> & { readonly variantId: string }

/** Those that an order has; most are still of a cart. @throws AppError `SOURCE_DATA_INVALID`, so that the event is parked */
export function orderedOf(recorded: RecordedEvent): readonly OrderLineReservation[] {
  // Asked before anything else: this is of every reservation there is.
  if (Object(recorded.data.common).orderId === null) return []
  const what = { what: `event ${recorded.type}`, code: 'SOURCE_DATA_INVALID' } as const
  const { variantId, common, columns } = parseWith(members, recorded.data, what)
  return rowsOfColumns(common, columns)
    .filter(({ orderId }) => orderId !== null)
    .map((row) => ({ ...parseWith(ordered, row, what), variantId }))
}
