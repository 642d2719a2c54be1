import { z } from 'zod'

const minorUnits = z.string()
const text = z.string().nullable()
const item = z.object({ variantId: text, sku: z.string() })
const price = z.object({ unitPriceMinor: minorUnits, discountMinor: minorUnits, taxMinor: minorUnits })
const line = { lineId: z.string() }
const units = z.int().positive()

/** One thing that is otherwise than before; each names all that a system needs to do the same its own way. */
const orderChange = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('LINE_ADDED'), ...line, ...item.shape, quantity: units }),
  z.object({ kind: z.literal('LINE_REMOVED'), ...line, ...item.shape, quantity: units }),
  z.object({ kind: z.literal('LINE_QUANTITY_CHANGED'), ...line, before: units, after: units }),
  z.object({ kind: z.literal('LINE_ITEM_CHANGED'), ...line, before: item, after: item }),
  z.object({ kind: z.literal('LINE_PRICE_CHANGED'), ...line, before: price, after: price }),
  z.object({ kind: z.literal('SHIPPING_PRICE_CHANGED'), beforeMinor: minorUnits, afterMinor: minorUnits }),
  z.object({ kind: z.literal('LOCATION_CHANGED'), before: text, after: text }),
  /** Names members alone: the address itself is personal data and stands in the order. */
  z.object({ kind: z.literal('ADDRESS_CHANGED'), members: z.array(z.string()) }),
  /** What says nothing of what is sold, where it goes or what it costs. */
  z.object({ kind: z.literal('DETAILS_CHANGED'), members: z.array(z.string()) }),
])

export type OrderChange = z.output<typeof orderChange>

/** All that one edit changes, whoever made it. */
export const changeSet = z.object({
  changes: z.array(orderChange),
  /** What the customer owes more, or less; null: in another currency than before. */
  priceDeltaMinor: minorUnits.nullable(),
})

export type ChangeSet = z.output<typeof changeSet>
