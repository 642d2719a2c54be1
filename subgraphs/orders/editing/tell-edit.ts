import type { JsonObject, NewEvent } from '../../../platform/event-log/event-log.ts'
import type { DemandLine } from '../order-demand.ts'
import type { editRequestEvents } from './edit-events.ts'
import type { KeptEditRequest } from './edit-request.ts'

/** Why something is told, and of which moment. */
export type Cause = {
  readonly tenant: string
  readonly time: string
  readonly correlationId: string | null
  /** null: a request. */
  readonly causationId: string | null
}

const typeOf: Readonly<Record<KeptEditRequest['state'], keyof typeof editRequestEvents>> = {
  REQUESTED: 'retail.order.edit-requested.v1',
  PENDING: 'retail.order.edit-proposed.v1',
  CONFIRMED: 'retail.order.edit-confirmed.v1',
  REFUSED: 'retail.order.edit-refused.v1',
  SUPERSEDED: 'retail.order.edit-superseded.v1',
  WITHDRAWN: 'retail.order.edit-withdrawn.v1',
}

/** What has become of an edit. All that is told of an order's edits is of one source, so none overtakes another. */
export function toEditEvent(edit: KeptEditRequest, cause: Cause, more: JsonObject = {}): NewEvent {
  const { id: editId, orderId, channelId, state, reason, requestedBy, changes, system } = edit
  const { tenant, time, correlationId, causationId } = cause
  return {
    type: typeOf[state],
    source: `/tenants/${tenant}/orders/order-edits/${encodeURIComponent(orderId)}`,
    subject: orderId,
    time,
    data: {
      ...{ editId, orderId, channelId, state, reason, requestedBy, changes: [...changes] },
      ...{ before: edit.before.map(toLine), after: edit.after.map(toLine), system, ...more },
    },
    partitionKey: orderId,
    authority: system ?? 'storeloom',
    ...(causationId === null ? {} : { causationId }),
    ...(correlationId === null ? {} : { correlationId }),
  }
}

function toLine({ lineId, variantId, quantity }: DemandLine): DemandLine {
  return { lineId, variantId, quantity }
}
