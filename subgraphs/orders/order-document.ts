import { z } from 'zod'
import type { NormalizeContext, SourceDocument } from '../../platform/connector/connector.ts'
import {
  decimalField,
  identifiersField,
  optional,
  referenceField,
  textField,
  timestampField,
} from '../../platform/connector/document-fields.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { isCurrency, parseMoney } from '../../platform/money.ts'
import { lineIdOf } from '../../platform/order-line-id.ts'
import { type OrderContent, substitutionPolicies } from './events.ts'
import { lineStates, type StateQuantity } from './line-states.ts'

const currencyField = textField.refine(isCurrency, 'an ISO 4217 code such as EUR')
const quantityField = z.int().min(1).max(1_000_000_000)

const addressField = z.object({
  name: optional(textField),
  line1: optional(textField),
  line2: optional(textField),
  city: optional(textField),
  region: optional(textField),
  postalCode: optional(textField),
  country: optional(textField),
})

const lineField = z
  .object({
    key: textField,
    variant: optional(referenceField),
    sku: textField,
    title: optional(textField),
    quantity: quantityField,
    unitPrice: decimalField,
    discount: optional(decimalField),
    tax: optional(decimalField),
    substitution: optional(z.enum(substitutionPolicies)),
    substituteFor: optional(z.object({ variant: optional(referenceField), sku: textField })),
    status: optional(z.enum(lineStates)),
    statusCounts: optional(z.array(z.object({ state: z.enum(lineStates), quantity: z.int().nonnegative() })).max(50)),
  })
  .refine(({ quantity, statusCounts }) => statusCounts === null || sumOf(statusCounts) === quantity, {
    path: ['statusCounts'],
    message: 'counts that sum to quantity',
  })

/** The `order` kind of docs/source-documents.md. */
export const orderDocument = z
  .object({
    number: textField,
    channelId: textField,
    externalNumber: textField,
    customer: optional(referenceField),
    location: optional(referenceField),
    placedAt: timestampField,
    acknowledgeBy: optional(timestampField),
    currency: currencyField,
    taxIncluded: z.boolean(),
    status: z.enum(lineStates),
    statusAt: optional(timestampField),
    lines: z.array(lineField).max(2_000),
    shipping: optional(decimalField),
    shipTo: optional(addressField),
    identifiers: identifiersField,
  })
  .refine(({ lines }) => new Set(lines.map(({ key }) => key)).size === lines.length, {
    path: ['lines'],
    message: 'lines with a key of their own each',
  })

export type OrderDocument = z.output<typeof orderDocument>

/** How far each line is, by line id. */
export function toLineCounts(order: OrderDocument, orderId: string): ReadonlyMap<string, readonly StateQuantity[]> {
  return new Map(
    order.lines.map((line) => [
      lineIdOf(orderId, line.key),
      line.statusCounts ?? [{ state: line.status ?? order.status, quantity: line.quantity }],
    ]),
  )
}

/** @throws AppError `SOURCE_DATA_INVALID` naming an amount that does not fit its currency or is below zero. */
export function toContent(
  order: OrderDocument,
  document: SourceDocument,
  context: NormalizeContext,
): Omit<OrderContent, 'origin' | 'former'> {
  const { currency } = order
  const names = [{ namespace: document.system, value: document.key }, ...order.identifiers]
  const orderId = context.ids.idOf('order', document.system, document.key, order.identifiers)
  return {
    orderId,
    number: order.number,
    channelId: order.channelId,
    externalNumber: order.externalNumber,
    profileId: order.customer && context.ids.idOf('customer-profile', order.customer.namespace, order.customer.value),
    locationId: order.location && context.ids.idOf('location', order.location.namespace, order.location.value),
    placedAt: order.placedAt,
    acknowledgeBy: order.acknowledgeBy,
    currency,
    taxIncluded: order.taxIncluded,
    lines: order.lines.map((line, index) => ({
      lineId: lineIdOf(orderId, line.key),
      variantId: variantIdOf(line, context),
      sku: line.sku,
      title: line.title,
      quantity: line.quantity,
      unitPriceMinor: toMinor(line.unitPrice, currency, `lines.${index}.unitPrice`),
      discountMinor: toMinor(line.discount ?? '0', currency, `lines.${index}.discount`),
      taxMinor: toMinor(line.tax ?? '0', currency, `lines.${index}.tax`),
      substitution: line.substitution,
      substitutedFor: line.substituteFor && {
        variantId: variantIdOf(line.substituteFor, context),
        sku: line.substituteFor.sku,
      },
    })),
    shippingMinor: toMinor(order.shipping ?? '0', currency, 'shipping'),
    shipTo: order.shipTo,
    refs: names.map(({ namespace, value }) => ({ system: namespace, value })),
  }
}

function variantIdOf(
  { variant }: { readonly variant: z.output<typeof referenceField> | null },
  { ids }: NormalizeContext,
): string | null {
  return variant && ids.idOf('variant', variant.namespace, variant.value)
}

/** @throws AppError `SOURCE_DATA_INVALID` naming the field, its value and what is allowed. */
export function toMinor(amount: string, currency: string, field: string): string {
  const refuse = (allowed: string, cause?: unknown) =>
    new AppError(
      'SOURCE_DATA_INVALID',
      `Cannot read ${field}: it is ${JSON.stringify(amount.slice(0, 40))}, allowed is ${allowed}`,
      { details: { fields: [{ field, got: amount.slice(0, 40), allowed }] }, cause },
    )
  let minor: bigint
  try {
    minor = parseMoney(amount, currency, 'SOURCE_DATA_INVALID')
  } catch (cause) {
    throw refuse(cause instanceof AppError ? String(cause.details?.allowed) : 'a decimal such as 12.34', cause)
  }
  if (minor < 0n) throw refuse('0 or more')
  return minor.toString()
}

function sumOf(counts: readonly StateQuantity[]): number {
  return counts.reduce((sum, { quantity }) => sum + quantity, 0)
}
