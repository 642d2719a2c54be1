import { z } from 'zod'
import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import { dispositions, receiptOutcomes, returnOrigins, returnReasons, returnStates } from './return.ts'

const text = z.string().nullable()
const units = z.int().nonnegative()
/** int64 as text: a JSON number is not exact past 2^53. */
const minorUnits = z.string().regex(/^-?\d{1,19}$/)

const line = z.object({
  lineId: z.string(),
  variantId: text,
  quantity: z.int().positive(),
  reason: z.enum(returnReasons),
  awaited: units,
  /** Received and not received in one: units that money is given back for. */
  credited: units,
  received: units,
  /** When the first of them came in. */
  receivedAt: text,
  onHold: units,
})

/** The whole of it after the change. */
const told = z.object({
  returnId: z.string(),
  rma: z.string(),
  orderId: z.string(),
  channelId: z.string(),
  initiatedVia: z.enum(returnOrigins),
  state: z.enum(returnStates),
  returnToId: z.string(),
  crossBorder: z.boolean().nullable(),
  destinationCountry: text,
  deadline: z.string(),
  requestedAt: z.string(),
  note: text,
  currency: z.string(),
  lines: z.array(line),
  version: z.int().positive(),
})

/** What came in, was missed, or was let go of a line; with what the units cost the customer. */
const receipt = z.object({
  receiptId: z.string(),
  lineId: z.string(),
  variantId: text,
  outcome: z.enum(receiptOutcomes),
  quantity: z.int().positive(),
  locationId: z.string(),
  country: text,
  /** Of the locations the line was shipped from, where known. */
  shippedFromCountries: z.array(z.string()),
  /** Of the units of the order's line, these come after as many that came back before. */
  firstUnit: units,
  soldUnits: z.int().positive(),
  netMinor: minorUnits,
  taxMinor: minorUnits,
})

const placement = z.object({
  placementId: z.string(),
  receiptId: z.string(),
  lineId: z.string(),
  variantId: text,
  locationId: z.string(),
  country: text,
  disposition: z.enum(dispositions),
  quantity: z.int().positive(),
  /** Of the units of the receipt, these come after as many that were placed before. */
  offset: units,
})

export const returnEvents = {
  'retail.return.requested.v1': told,
  'retail.return.authorized.v1': told,
  'retail.return.declined.v1': told,
  'retail.return.cancelled.v1': told,
  'retail.return.receipt-recorded.v1': told.extend({ receipts: z.array(receipt).min(1) }),
  'retail.return.disposition-recorded.v1': told.extend({ placements: z.array(placement).min(1) }),
  'retail.return.refund-changed.v1': told.extend({ refund: z.string(), refundDueMinor: minorUnits }),
  'retail.return.closed.v1': told,
} as const

export type ReturnEvent = EventOf<typeof returnEvents>

/** What others say that moves a return. */
export const returnNews = {
  /** How far the books are with a return, and which of its versions they know. */
  'retail.finance.return-postings-changed.v1': z.object({
    returnId: z.string(),
    orderId: z.string(),
    returnVersion: units,
    /** In the currency of the order; null: no rate is known yet. */
    refunds: z.array(z.object({ refundId: z.string(), amountMinor: minorUnits.nullable() })),
    state: z.string(),
  }),
} as const
