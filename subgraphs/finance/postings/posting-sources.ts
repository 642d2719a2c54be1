import { z } from 'zod'
import type { SourceDocument, SourceHandler } from '../../../platform/connector/connector.ts'
import {
  currencyField,
  decimalField,
  optional,
  parseDocument,
  referenceField,
  textField,
  timestampField,
  toAmountMinor,
} from '../../../platform/connector/document-fields.ts'
import { type Fact, toFactEvent } from '../../../platform/connector/fact.ts'
import { lineIdOf } from '../../../platform/order-line-id.ts'

const countryField = z.string().regex(/^[A-Z]{2}$/, 'a country by ISO 3166-1 alpha-2, such as FR')

const entityDocument = z.object({ currency: currencyField, countries: z.array(countryField).min(1).max(250) })

const rateDocument = z.object({
  base: currencyField,
  quote: currencyField,
  rate: z.string().regex(/^(?=.*[1-9])\d{1,12}(\.\d{1,12})?$/, 'a decimal above 0 as text, such as "0.8432"'),
  validFrom: timestampField,
  validTo: optional(timestampField),
})

const saleCostDocument = z.object({
  order: referenceField,
  currency: currencyField,
  lines: z
    .array(
      z.object({
        lineKey: textField,
        quantity: z.int().min(1).max(1_000_000_000),
        cost: decimalField,
        duty: optional(z.object({ country: countryField, amount: decimalField })),
      }),
    )
    .max(2_000),
})

/** Who keeps the books of which countries. One its source no longer has keeps none. */
const entitySource: SourceHandler = {
  kind: 'legal-entity',
  version: 1,
  normalize(document, context) {
    const entityId = idOf(document)
    const told = document.data === null ? null : parseDocument(entityDocument, document)
    const data = { entityId, currency: told?.currency ?? null, countries: told?.countries ?? [] }
    return [toFactEvent(fact('retail.finance.entity-changed.v1', 'legal-entity', entityId, data), document, context)]
  },
}

/** What one of `base` is of `quote`, for a time. */
const rateSource: SourceHandler = {
  kind: 'exchange-rate',
  version: 1,
  normalize(document, context) {
    const rateId = idOf(document)
    const told = document.data === null ? null : parseDocument(rateDocument, document)
    const data = { rateId, rate: told }
    return [toFactEvent(fact('retail.finance.rate-changed.v1', 'exchange-rate', rateId, data), document, context)]
  },
}

/** What the units of an order's lines cost when they were sold. One its source no longer has was archived there. */
const saleCostSource: SourceHandler = {
  kind: 'sale-cost',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const { order, currency, lines } = parseDocument(saleCostDocument, document)
    const orderId = context.ids.idOf('order', order.namespace, order.value)
    const minor = (at: number, field: string, amount: string) =>
      toAmountMinor(document, `lines.${at}.${field}`, amount, currency)
    const data = {
      ...{ orderId, currency },
      lines: lines.map(({ lineKey, quantity, cost, duty }, at) => ({
        ...{ lineId: lineIdOf(orderId, lineKey), quantity, costMinor: minor(at, 'cost', cost) },
        duty: duty && { country: duty.country, amountMinor: minor(at, 'duty.amount', duty.amount) },
      })),
    }
    return [toFactEvent(fact('retail.finance.sale-cost-told.v1', 'sale-cost', orderId, data), document, context)]
  },
}

function idOf({ system, key }: SourceDocument): string {
  return `${system}:${key}`
}

function fact(type: string, of: string, id: string, data: Fact['data']): Fact {
  return { type, aggregate: `finance/${of}`, id, data, occurredAt: null }
}

export const postingSources: readonly SourceHandler[] = [entitySource, rateSource, saleCostSource]
