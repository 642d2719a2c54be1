import { z } from 'zod'
import type { SourceHandler } from '../../../platform/connector/connector.ts'
import {
  optional,
  parseDocument,
  referenceField,
  textField,
  timestampField,
} from '../../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../../platform/connector/fact.ts'
import { reportStatuses } from './fulfillment-events.ts'

const reportDocument = z.object({
  order: referenceField,
  location: referenceField,
  fulfillmentOrderId: optional(textField),
  status: z.enum(reportStatuses),
  statusAt: optional(timestampField),
  reason: optional(textField),
})

/** What a location's system says of what it is to fulfil; a document it no longer has was archived there. */
export const reportSource: SourceHandler = {
  kind: 'fulfillment-order',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const { order, location, fulfillmentOrderId, status, statusAt, reason } = parseDocument(reportDocument, document)
    const orderId = context.ids.idOf('order', order.namespace, order.value)
    const locationId = context.ids.idOf('location', location.namespace, location.value)
    const taskId = `${document.system}:${document.key}`
    return [
      toFactEvent(
        {
          type: 'retail.fulfillment-order.status-reported.v1',
          aggregate: 'orders/fulfillment-task',
          id: taskId,
          partitionKey: orderId,
          data: { orderId, locationId, fulfillmentOrderId, taskId, status, reason },
          occurredAt: statusAt,
        },
        document,
        context,
      ),
    ]
  },
}
