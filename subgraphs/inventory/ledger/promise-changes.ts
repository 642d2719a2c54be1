import { z } from 'zod'
import { rowsOfColumns } from '../../../platform/event-log/columns.ts'
import type { RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseWith } from '../../../platform/parse.ts'
import { reservationTypes } from '../reservations/reservation-events.ts'

/** Where units that orders were promised may have become more or fewer. */
export type PromiseChange = {
  readonly variantId: string
  /** null: the network owes them, no position does. */
  readonly locationId: string | null
  /** Whether they were elsewhere before; where, an event does not say. */
  readonly moved: boolean
}

/** @throws AppError `SOURCE_DATA_INVALID`, so that the event is parked */
export function promiseChangesOf(recorded: RecordedEvent): readonly PromiseChange[] {
  // Asked before anything else: most of what is reserved is only held.
  if (!reservationTypes.includes(recorded.type) || Object(recorded.data.common).orderId === null) return []
  const what = { what: `event ${recorded.type}`, code: 'SOURCE_DATA_INVALID' } as const
  const { variantId, common, columns, changes } = parseWith(ofVariant, recorded.data, what)
  const rows = changes?.map((own) => ({ ...common, ...own })) ?? rowsOfColumns(common, columns)
  return rows
    .map((row) => parseWith(oneChange, row, what))
    .filter(({ orderId, change }) => orderId !== null && !heldOnly.has(change))
    .map(({ locationId, change }) => ({ variantId, locationId, moved: change === 'moved' }))
}

const members = z.record(z.string(), z.unknown())
/** In every version: earlier ones list each change by itself. */
const ofVariant = z.object({
  variantId: z.string(),
  common: members.default({}),
  columns: z.record(z.string(), z.array(z.unknown())).default({}),
  changes: z.array(members).optional(),
})
const oneChange = z.object({ change: z.string(), locationId: z.string().nullable(), orderId: z.string().nullable() })

/** Changes that leave what is confirmed as it was. */
const heldOnly: ReadonlySet<string> = new Set(['held', 'extended', 'expired'])
