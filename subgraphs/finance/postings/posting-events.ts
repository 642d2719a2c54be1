import { z } from 'zod'
import type { NewEvent } from '../../../platform/event-log/event-log.ts'
import { type KeptPosting, type PostingStage, ruleVersion } from './posting.ts'

const text = z.string().nullable()
const units = z.int().nonnegative()

/** What finance systems told that postings rest on. */
export const termEvents = {
  'retail.finance.entity-changed.v1': z.object({
    entityId: z.string(),
    currency: text,
    countries: z.array(z.string()),
  }),
  'retail.finance.rate-changed.v1': z.object({
    rateId: z.string(),
    rate: z
      .object({ base: z.string(), quote: z.string(), rate: z.string(), validFrom: z.string(), validTo: text })
      .nullable(),
  }),
  'retail.finance.sale-cost-told.v1': z.object({
    orderId: z.string(),
    currency: z.string(),
    lines: z.array(
      z.object({
        ...{ lineId: z.string(), quantity: z.int().positive(), costMinor: z.string() },
        duty: z.object({ country: z.string(), amountMinor: z.string() }).nullable(),
      }),
    ),
  }),
} as const

const told = { returnId: z.string(), orderId: z.string(), currency: z.string(), version: z.int().positive() }

/** What the orders subgraph tells of returns. */
export const returnEvents = {
  'retail.return.requested.v1': z.object(told),
  'retail.return.receipt-recorded.v1': z.object({
    ...told,
    crossBorder: z.boolean().nullable(),
    destinationCountry: text,
    receipts: z.array(
      z.object({
        ...{ receiptId: z.string(), lineId: z.string(), outcome: z.string(), quantity: z.int().positive() },
        ...{ locationId: z.string(), country: text, shippedFromCountries: z.array(z.string()), firstUnit: units },
        ...{ netMinor: z.string(), taxMinor: z.string() },
      }),
    ),
  }),
  'retail.return.disposition-recorded.v1': z.object({
    ...told,
    placements: z.array(
      z.object({
        ...{ placementId: z.string(), receiptId: z.string(), locationId: z.string(), quantity: z.int().positive() },
        ...{ disposition: z.enum(['RESTOCKED', 'DAMAGED', 'QUARANTINED', 'SCRAPPED']), offset: units },
      }),
    ),
  }),
} as const

/** Money that was given back for a return, or came back. */
const refund = z.object({
  returnId: z.string(),
  refundId: z.string(),
  orderId: z.string(),
  amountMinor: z.string(),
  currency: z.string(),
})
export const refundEvents = {
  'retail.refund.succeeded.v1': refund,
  'retail.refund.reversed.v1': refund,
} as const

/** What a finance system made of a posting. */
const journal = z.object({
  postingId: z.string(),
  entryId: z.string(),
  state: z.string(),
  currency: z.string(),
  amountMinor: z.string(),
  reason: text,
})
export const journalEvents = {
  'retail.finance.journal-posted.v1': journal,
  'retail.finance.journal-rejected.v1': journal,
  'retail.finance.journal-reversed.v1': journal,
} as const

export type Cause = { readonly time: string; readonly causationId: string; readonly correlationId: string | null }

const typeOf = {
  WAITING: 'retail.finance.posting-waiting.v1',
  PENDING: 'retail.finance.posting-requested.v1',
  CONFIRMED: 'retail.finance.posting-confirmed.v1',
  REJECTED: 'retail.finance.posting-rejected.v1',
} as const satisfies Readonly<Record<PostingStage, string>>

/** The whole posting after its change: a finance system can make its own entry of it. */
export function toPostingEvent(after: KeptPosting, stage: PostingStage, cause: Cause): NewEvent {
  const { id: postingId, tenant, returnId, orderId, rule, sourceEventId, at, waitsFor, lines } = after
  const { rate, journalEntryId, reason, version } = after
  return {
    ...envelope(tenant, 'posting', postingId, orderId, cause),
    type: typeOf[stage],
    data: {
      ...{ postingId, returnId, orderId, canonicalTransactionId: orderId, rule, ruleVersion, sourceEventId, at, stage },
      ...{ waitsFor, lines, rate, journalEntryId, reason, version },
    },
  }
}

export type Books = {
  readonly tenant: string
  readonly returnId: string
  readonly orderId: string
  readonly currency: string
  readonly version: number
  readonly stage: PostingStage | null
  /** Those that are among its postings, in the currency of the order; null: it waits for a rate. */
  readonly refunds: readonly { readonly refundId: string; readonly amountMinor: string | null }[]
}

/** How far the books are with a return. CONFIRMED where nothing is to be posted: nothing is open. */
export function toBooksEvent({ tenant, returnId, orderId, version, stage, refunds }: Books, cause: Cause): NewEvent {
  return {
    ...envelope(tenant, 'return', returnId, orderId, cause),
    type: 'retail.finance.return-postings-changed.v1',
    data: { returnId, orderId, returnVersion: version, refunds, state: stage ?? 'CONFIRMED' },
  }
}

function envelope(tenant: string, aggregate: string, id: string, orderId: string, cause: Cause) {
  const { time, causationId, correlationId } = cause
  return {
    source: `/tenants/${tenant}/finance/${aggregate}/${id}`,
    ...{ subject: id, time, partitionKey: orderId, authority: 'storeloom', causationId },
    ...(correlationId === null ? {} : { correlationId }),
  }
}
