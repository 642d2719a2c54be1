import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import { type About, postingIdOf } from './posting.ts'
import type { Cause, refundEvents, returnEvents } from './posting-events.ts'

export type ReturnEvent = EventOf<typeof returnEvents>
export type RefundEvent = EventOf<typeof refundEvents>

/** A posting that an event asks for. */
export type Asked = {
  readonly id: string
  readonly returnId: string
  readonly orderId: string
  readonly about: About
  readonly cause: Cause
}

/** What is to be posted of units that came back, or were placed. */
export function aboutOfReturn(event: ReturnEvent, cause: Cause): readonly Asked[] {
  const { returnId, orderId, currency: orderCurrency } = event.data
  const ask = (key: string, about: About): Asked => ({
    id: postingIdOf(about.rule, key),
    ...{ returnId, orderId, about, cause },
  })
  if (event.type === 'retail.return.receipt-recorded.v1') {
    const { crossBorder, destinationCountry, receipts } = event.data
    return receipts.flatMap(({ receiptId, outcome, netMinor, taxMinor, ...told }) => {
      const units = { ...told, receiptId, crossBorder, destinationCountry, orderCurrency }
      const came = outcome === 'RECEIVED'
      const paid = came || outcome === 'KEPT_BY_CUSTOMER'
      return [
        ...(came ? (['P9A', 'P15', 'P9C'] as const).map((rule) => ask(receiptId, { rule, ...units })) : []),
        ...(paid ? [ask(receiptId, { rule: 'P10', netMinor, taxMinor, orderCurrency })] : []),
      ]
    })
  }
  if (event.type !== 'retail.return.disposition-recorded.v1') return []
  return event.data.placements.flatMap(({ placementId, receiptId, disposition, offset, quantity, locationId }) =>
    // What is looked at further stays where it stands in the books.
    disposition === 'QUARANTINED'
      ? []
      : [ask(placementId, { rule: 'P9B', receiptId, disposition, offset, quantity, locationId })],
  )
}

/** What is to be posted of money that was given back, or came back. */
export function refundRule({ type, data }: RefundEvent, orderCurrency: string, cause: Cause): Asked {
  const { refundId, returnId, orderId, amountMinor, currency } = data
  const rule = type === 'retail.refund.succeeded.v1' ? ('P10B' as const) : ('P10C' as const)
  const about = { rule, refundId, amountMinor, currency, orderCurrency }
  return { id: postingIdOf(rule, refundId), returnId, orderId, about, cause }
}
