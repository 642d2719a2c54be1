import { z } from 'zod'
import type { SourceHandler } from '../../../platform/connector/connector.ts'
import { optional, parseDocument, textField, timestampField } from '../../../platform/connector/document-fields.ts'
import { factOrigin, toFactEvent } from '../../../platform/connector/fact.ts'

const items = z.int32().nonnegative()

const feedDocument = z
  .object({
    channelId: textField,
    sentAt: timestampField,
    confirmedAt: optional(timestampField),
    items,
    rejected: items.nullish().transform((value) => value ?? 0),
  })
  .refine(({ items: all, rejected }) => rejected <= all, { path: ['rejected'], message: 'at most items' })
  .refine(({ sentAt, confirmedAt }) => confirmedAt === null || confirmedAt >= sentAt, {
    path: ['confirmedAt'],
    message: 'from sentAt on',
  })

export const feedEvents = {
  /** Our stock as it was sent to a marketplace: the whole of it, as far as it has come. */
  'retail.inventory.channel-feed-changed.v1': z.object({
    feedId: z.string(),
    channelId: z.string(),
    sentAt: z.string(),
    /** null: the channel has not said yet that it has it. */
    confirmedAt: z.string().nullable(),
    items: z.int32(),
    rejected: z.int32(),
    origin: factOrigin,
  }),
} as const

/** A feed of stock to a marketplace, as the connector that sends it tells. What it forgets happened nevertheless. */
export const feedSource: SourceHandler = {
  kind: 'channel-feed',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const feed = parseDocument(feedDocument, document)
    const feedId = `${document.system}:${document.key}`
    const fact = { aggregate: 'inventory/channel-feed', id: feedId, data: { feedId, ...feed } }
    const occurredAt = feed.confirmedAt ?? feed.sentAt
    return [toFactEvent({ ...fact, type: 'retail.inventory.channel-feed-changed.v1', occurredAt }, document, context)]
  },
}
