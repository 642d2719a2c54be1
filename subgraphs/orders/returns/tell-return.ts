import type { JsonObject, NewEvent } from '../../../platform/event-log/event-log.ts'
import {
  awaitedOf,
  creditedOf,
  isCrossBorder,
  type KeptReturn,
  type KeptReturnLine,
  onHoldOf,
  refundDueOf,
  refundTrackOf,
  shareOf,
  stateOf,
  sumOf,
} from './return.ts'

/** Why something is told, and of which moment. */
export type Cause = {
  readonly time: string
  readonly correlationId: string | null
  /** null: a command. */
  readonly causationId: string | null
}

export type ReturnChange = 'requested' | 'authorized' | 'declined' | 'cancelled' | 'closed'

/** Its sequence counts the changes of one return. */
export function toChangeEvent(change: ReturnChange, after: KeptReturn, cause: Cause): NewEvent {
  return toEvent(`return.${change}`, after, {}, cause)
}

export function toReceiptEvent(before: KeptReturn, after: KeptReturn, cause: Cause): NewEvent {
  const known = new Set(before.lines.flatMap(({ receipts }) => receipts.map(({ id }) => id)))
  const receipts = after.lines.flatMap((line) =>
    line.receipts
      .filter(({ id }) => !known.has(id))
      .map(({ id, outcome, quantity, locationId, country, firstUnit }) => {
        const { netMinor, taxMinor } = shareOf(line.sold, after.taxIncluded, firstUnit, quantity)
        return {
          ...{ receiptId: id, lineId: line.lineId, variantId: line.variantId, outcome, quantity, locationId, country },
          ...{ firstUnit, soldUnits: line.sold.quantity, shippedFromCountries: countriesOf(line) },
          ...{ netMinor: netMinor.toString(), taxMinor: taxMinor.toString() },
        }
      }),
  )
  return toEvent('return.receipt-recorded', after, { receipts }, cause)
}

export function toDispositionEvent(before: KeptReturn, after: KeptReturn, cause: Cause): NewEvent {
  const receiptsOf = ({ lines }: KeptReturn) => lines.flatMap(({ receipts }) => receipts)
  const known = new Set(receiptsOf(before).flatMap(({ dispositions }) => dispositions.map(({ id }) => id)))
  const placements = after.lines.flatMap(({ lineId, variantId, receipts }) =>
    receipts.flatMap(({ id: receiptId, locationId, country, dispositions }) => {
      let offset = 0
      return dispositions.flatMap(({ id: placementId, disposition, quantity }) => {
        const at = { placementId, receiptId, lineId, variantId, locationId, country, disposition, quantity }
        const placement = { ...at, offset }
        offset += quantity
        return known.has(placementId) ? [] : [placement]
      })
    }),
  )
  return toEvent('return.disposition-recorded', after, { placements }, cause)
}

export function toRefundEvent(after: KeptReturn, cause: Cause): NewEvent {
  const refundDueMinor = refundDueOf(after).toString()
  return toEvent('return.refund-changed', after, { refund: refundTrackOf(after), refundDueMinor }, cause)
}

export type ReturnTemplate = 'RETURN_AUTHORIZED' | 'RETURN_DECLINED' | 'RETURN_RECEIVED'

/** What the customer is to be told: once for each version of the return. */
export function toReturnNotification(template: ReturnTemplate, after: KeptReturn, cause: Cause): NewEvent {
  const { id: returnId, orderId, version } = after
  const about = { fulfillmentOrderId: null, previousLocationId: null, locationId: null, previousDate: null, date: null }
  return {
    ...toEvent('notification.requested', after, {}, cause),
    data: { notificationId: `${returnId}:${version}`, orderId, returnId, template, ...about },
  }
}

function toEvent(type: string, after: KeptReturn, more: JsonObject, cause: Cause): NewEvent {
  const { id, tenant, rma, orderId, channelId, initiatedVia, returnToId, destinationCountry, deadline } = after
  const { requestedAt, note, currency, version } = after
  return {
    type: `retail.${type}.v1`,
    source: `/tenants/${tenant}/orders/return/${id}`,
    subject: id,
    time: cause.time,
    data: {
      ...{ returnId: id, rma, orderId, channelId, initiatedVia, state: stateOf(after), returnToId },
      ...{ crossBorder: isCrossBorder(after), destinationCountry, deadline, requestedAt, note, currency, version },
      lines: after.lines.map(toLine),
      ...more,
    },
    // With the order's other facts: its timeline and its money are parked together.
    partitionKey: orderId,
    authority: 'storeloom',
    ...(cause.causationId === null ? {} : { causationId: cause.causationId }),
    ...(cause.correlationId === null ? {} : { correlationId: cause.correlationId }),
  }
}

function toLine(line: KeptReturnLine): JsonObject {
  const { lineId, variantId, quantity, reason, receipts } = line
  const received = receipts.filter(({ outcome }) => outcome === 'RECEIVED')
  return {
    ...{ lineId, variantId, quantity, reason, awaited: awaitedOf(line), credited: creditedOf(line) },
    received: sumOf(received),
    receivedAt: received.map(({ at }) => at).sort()[0] ?? null,
    onHold: receipts.reduce((sum, receipt) => sum + onHoldOf(receipt), 0),
  }
}

function countriesOf({ shippedFrom }: KeptReturnLine): readonly string[] {
  return [...new Set(shippedFrom.flatMap(({ country }) => country ?? []))].sort()
}
