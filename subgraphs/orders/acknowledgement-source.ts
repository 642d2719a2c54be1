import { z } from 'zod'
import type { SourceHandler } from '../../platform/connector/connector.ts'
import {
  optional,
  parseDocument,
  referenceField,
  textField,
  timestampField,
} from '../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../platform/connector/fact.ts'
import { lineIdOf } from '../../platform/order-line-id.ts'

const unitsField = z
  .int()
  .min(0)
  .max(1_000_000_000)
  .nullish()
  .transform((value) => value ?? 0)

const acknowledgementDocument = z
  .object({
    order: referenceField,
    acknowledgedAt: timestampField,
    deadline: optional(timestampField),
    lines: z
      .array(
        z
          .object({ lineKey: textField, acknowledged: unitsField, rejected: unitsField, reason: optional(textField) })
          .refine(({ acknowledged, rejected }) => acknowledged + rejected > 0, 'units acknowledged, rejected, or both'),
      )
      .min(1)
      .max(2_000),
  })
  .refine(({ lines }) => new Set(lines.map(({ lineKey }) => lineKey)).size === lines.length, {
    path: ['lines'],
    message: 'lines with a key of their own each',
  })

/** What a marketplace was told of lines it sold for us, and when. A newer word on the same one takes its place. */
export const acknowledgementSource: SourceHandler = {
  kind: 'channel-acknowledgement',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const { order, acknowledgedAt, deadline, lines } = parseDocument(acknowledgementDocument, document)
    const orderId = context.ids.idOf('order', order.namespace, order.value)
    const data = {
      orderId,
      acknowledgementId: `${document.system}:${document.key}`,
      lines: lines.map(({ lineKey, ...line }) => ({ lineId: lineIdOf(orderId, lineKey), ...line })),
      deadline,
      latenessMs: deadline === null ? null : Date.parse(acknowledgedAt) - Date.parse(deadline),
    }
    const fact = { aggregate: 'orders/order', id: orderId, data, occurredAt: acknowledgedAt }
    return [toFactEvent({ ...fact, type: 'retail.order.channel-acknowledged.v1' }, document, context)]
  },
}
