import { z } from 'zod'
import { factOrigin } from '../../platform/connector/fact.ts'
import type { EventOf } from '../../platform/event-log/event-schema.ts'
import { lineStates } from './line-states.ts'
import { changeSet } from './order-change.ts'
import { shipmentStates } from './shipment-states.ts'

/** int64 as text: a JSON number is not exact past 2^53. */
const minorUnits = z.string().regex(/^-?\d{1,19}$/)
const externalRef = z.object({ system: z.string(), value: z.string() })
const text = z.string().nullable()

const address = z.object({
  name: text,
  line1: text,
  line2: text,
  city: text,
  region: text,
  postalCode: text,
  country: text,
})

/** What may be given in place of what was ordered. */
export const substitutionPolicies = ['NOT_ALLOWED', 'ALLOWED', 'ASK_FIRST'] as const

const item = z.object({ variantId: text, sku: z.string() })

const orderLine = z.object({
  lineId: z.string(),
  /** null where the source's item is unknown to the catalogue. */
  variantId: z.string().nullable(),
  sku: z.string(),
  title: text,
  quantity: z.int().positive(),
  unitPriceMinor: minorUnits,
  discountMinor: minorUnits,
  taxMinor: minorUnits,
  substitution: z.enum(substitutionPolicies).nullable().default(null),
  /** What was ordered, where this is given in its place. */
  substitutedFor: item.nullable().default(null),
})

/** Everything the channel's order says, except how far its lines are. */
const orderContent = z.object({
  orderId: z.string(),
  number: z.string(),
  channelId: z.string(),
  externalNumber: z.string(),
  profileId: text,
  /** The store it was sold in or is collected from. Events of before it was told have none. */
  locationId: text.default(null),
  placedAt: z.string(),
  /** By when the channel asks to be told whether it can be had. */
  acknowledgeBy: text.default(null),
  currency: z.string(),
  taxIncluded: z.boolean(),
  lines: z.array(orderLine),
  shippingMinor: minorUnits,
  shipTo: address.nullable(),
  refs: z.array(externalRef),
  /** The keys it could be found by before this change, where they differ. */
  former: z.object({ number: z.string(), channelId: z.string(), externalNumber: z.string() }).nullable(),
  origin: factOrigin,
})

const stateQuantities = z.array(z.object({ state: z.enum(lineStates), quantity: z.int().nonnegative() }))

/** The lines whose units changed, each with all of its units before and after. */
const lineReport = z.object({
  orderId: z.string(),
  lines: z.array(z.object({ lineId: z.string(), before: stateQuantities, after: stateQuantities })),
  /** States the units must have passed that the source did not tell of. */
  skipped: z.array(z.enum(lineStates)),
  origin: factOrigin,
})

/** Everything known of a shipment, and the state this event brings. */
const shipment = z.object({
  shipmentId: z.string(),
  orderId: z.string(),
  locationId: text,
  carrier: text,
  trackingNumber: text,
  state: z.enum(shipmentStates),
  shippedAt: text,
  deliveredAt: text,
  costMinor: minorUnits.nullable(),
  currency: text,
  lines: z.array(z.object({ lineId: z.string(), quantity: z.int().positive() })),
  origin: factOrigin,
})

export const ordersEvents = {
  'retail.order.captured.v1': orderContent,
  /**
   * Carries the whole order after the change, the members that changed, and each change by its kind: a system takes what its own
   * way of editing needs. Events of before it was told have no change set.
   */
  'retail.order.edited.v1': orderContent.extend({
    changes: z.array(z.string()),
    changeSet: changeSet.nullable().default(null),
  }),
  'retail.order.line-state-changed.v1': lineReport,
  /** A line report in which units were cancelled and nothing else happened. */
  'retail.order.cancelled.v1': lineReport,
  /** Another item is given in place of what was ordered. */
  'retail.order.line-substituted.v1': z.object({
    orderId: z.string(),
    lineId: z.string(),
    quantity: z.int().positive(),
    ordered: item,
    given: item,
    origin: factOrigin,
  }),
  /** The channel was told which units it may count on; of each acknowledgement the newest counts. */
  'retail.order.channel-acknowledged.v1': z.object({
    orderId: z.string(),
    acknowledgementId: z.string(),
    lines: z.array(
      z.object({
        lineId: z.string(),
        acknowledged: z.int().nonnegative(),
        rejected: z.int().nonnegative(),
        reason: text,
      }),
    ),
    deadline: text,
    /** After the deadline; negative: before it. */
    latenessMs: z.int().nullable(),
    origin: factOrigin,
  }),
  'retail.shipment.created.v1': shipment,
  'retail.shipment.dispatched.v1': shipment,
  'retail.shipment.milestone-recorded.v1': shipment,
  'retail.shipment.delivered.v1': shipment,
  'retail.shipment.exception-raised.v1': shipment,
  /** Something other than the state changed: a tracking number, a cost. */
  'retail.shipment.changed.v1': shipment,
} as const

export type OrdersEvent = EventOf<typeof ordersEvents>
export type OrderContent = z.output<typeof orderContent>
export type OrderLineContent = z.output<typeof orderLine>
export type LineReportData = z.output<typeof lineReport>
export type ShipmentContent = z.output<typeof shipment>

/** What other subgraphs say of an order: it belongs on the order's timeline. */
const moneyFact = z.object({
  orderId: z.string().nullish(),
  /** Of a refund: the return it is for, where its system says so. */
  returnId: z.string().nullish(),
  paymentId: z.string().nullish(),
  refundId: z.string().nullish(),
  invoiceId: z.string().nullish(),
  amountMinor: minorUnits.nullish(),
  currency: z.string().nullish(),
  state: z.string().nullish(),
})

export const refundEvents = {
  'retail.refund.due.v1': moneyFact,
  'retail.refund.approved.v1': moneyFact,
  'retail.refund.submitted.v1': moneyFact,
  'retail.refund.succeeded.v1': moneyFact,
  'retail.refund.failed.v1': moneyFact,
  'retail.refund.reversed.v1': moneyFact,
  'retail.refund.alternate-given.v1': moneyFact,
  'retail.refund.written-off.v1': moneyFact,
  'retail.refund.cancelled.v1': moneyFact,
  'retail.refund.amended.v1': moneyFact,
} as const

export const neighbourEvents = {
  ...refundEvents,
  'retail.payment.initiated.v1': moneyFact,
  'retail.payment.authorized.v1': moneyFact,
  'retail.payment.captured.v1': moneyFact,
  'retail.payment.settled.v1': moneyFact,
  'retail.payment.voided.v1': moneyFact,
  'retail.payment.failed.v1': moneyFact,
  'retail.payment.expired.v1': moneyFact,
  'retail.payment.refunded.v1': moneyFact,
  'retail.payment.disputed.v1': moneyFact,
  'retail.payment.amended.v1': moneyFact,
  'retail.order.invoiced.v1': moneyFact,
  'retail.invoice.paid.v1': moneyFact,
  'retail.invoice.credited.v1': moneyFact,
  'retail.invoice.cancelled.v1': moneyFact,
  'retail.invoice.amended.v1': moneyFact,
} as const

export type NeighbourEvent = EventOf<typeof neighbourEvents>

/** Which customer a profile belongs to, decided by the customers subgraph. One sequence per profile. */
export const linkEvents = {
  'retail.customer.linked.v1': z.object({ profileId: z.string(), customerId: z.string() }),
} as const
