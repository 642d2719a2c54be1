import { z } from 'zod'
import type { NaturalKey, NormalizeContext, SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import {
  currencyField,
  decimalField,
  distinctKeys,
  identifiersField,
  optional,
  parseDocument,
  parsePrevious,
  referenceField,
  textField,
  timestampField,
  toAmountMinor,
} from '../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../platform/connector/fact.ts'
import type { NewEvent } from '../../platform/event-log/event-log.ts'
import { hasGs1CheckDigit } from '../../platform/subgraph/scalars.ts'
import { type EventData, unitsOfMeasure } from './events.ts'
import { lifecycles } from './lifecycle.ts'

const gtinField = z
  .string()
  .refine(
    (text) => /^(?:\d{8}|\d{12,14})$/.test(text) && hasGs1CheckDigit(text),
    'a GTIN: 8, 12, 13 or 14 digits with a valid check digit',
  )

const variantDocument = z.object({
  sku: textField,
  gtin: optional(gtinField),
  title: textField,
  product: z.object({
    key: textField,
    title: textField,
    description: optional(textField),
    brand: optional(textField),
    categoryPath: z.array(textField).max(20).nullish(),
  }),
  options: z
    .array(z.object({ name: textField, value: textField }))
    .max(50)
    .nullish(),
  baseUom: z.enum(unitsOfMeasure).nullish(),
  lifecycle: z.enum(lifecycles).nullish(),
  backorderable: z.boolean().nullish(),
  media: z
    .array(z.object({ url: z.url(), alt: optional(textField) }))
    .max(50)
    .nullish(),
  identifiers: identifiersField,
})

const priceDocument = z
  .object({
    variant: referenceField,
    channelId: optional(textField),
    priceList: textField,
    currency: currencyField,
    amount: decimalField,
    compareAt: optional(decimalField),
    validFrom: optional(timestampField),
    validTo: optional(timestampField),
  })
  .refine(({ validFrom, validTo }) => validFrom === null || validTo === null || validFrom < validTo, {
    path: ['validTo'],
    message: 'a time after validFrom',
  })

type VariantDocument = z.output<typeof variantDocument>

/** A catalogue's variant, with the product it belongs to. */
export const variantSource: SourceHandler = {
  kind: 'variant',
  version: 1,
  normalize(document, context) {
    const before = parsePrevious(variantDocument, context)
    // A variant its source no longer has stays known, since orders refer to it; it is only no longer sold.
    if (document.data === null) {
      return before === null ? [] : [variantChanged({ ...before, lifecycle: 'ARCHIVED' }, before, document, context)]
    }
    const now = parseDocument(variantDocument, document)
    const productBefore = before === null ? null : productOf(before, document, context)
    const product = productOf(now, document, context)
    const productChanged = toFactEvent(
      {
        type: 'retail.product.changed.v1',
        aggregate: 'products/product',
        id: product.productId,
        data: product,
        occurredAt: null,
      },
      document,
      context,
    )
    const same = JSON.stringify(product) === JSON.stringify(productBefore)
    return [...(same ? [] : [productChanged]), variantChanged(now, before, document, context)]
  },
}

/** One price of one variant in one price list. */
export const priceSource: SourceHandler = {
  kind: 'price',
  version: 1,
  normalize(document, context) {
    const before = parsePrevious(priceDocument, context)
    const variantBefore = before === null ? null : variantIdOf(before.variant, context)
    const id = `${document.system}:${document.key}`
    const aggregate = 'products/price'
    if (document.data === null) {
      if (variantBefore === null) return []
      const data = { variantId: variantBefore }
      const type = 'retail.price.withdrawn.v1'
      return [
        toFactEvent({ type, aggregate, id, partitionKey: variantBefore, data, occurredAt: null }, document, context),
      ]
    }
    const { variant, amount, compareAt, ...rest } = parseDocument(priceDocument, document)
    const variantId = variantIdOf(variant, context)
    const data: Omit<EventData<'retail.price.changed.v1'>, 'origin'> = {
      ...rest,
      variantId,
      formerVariantId: variantBefore === variantId ? null : variantBefore,
      amountMinor: toAmountMinor(document, 'amount', amount, rest.currency),
      compareAtMinor: compareAt === null ? null : toAmountMinor(document, 'compareAt', compareAt, rest.currency),
    }
    const type = 'retail.price.changed.v1'
    return [toFactEvent({ type, aggregate, id, partitionKey: variantId, data, occurredAt: null }, document, context)]
  },
}

function variantChanged(
  now: VariantDocument,
  before: VariantDocument | null,
  document: SourceDocument,
  context: NormalizeContext,
): NewEvent {
  const { productId } = productOf(now, document, context)
  const former = before && {
    sku: before.sku,
    gtin: before.gtin,
    productId: productOf(before, document, context).productId,
  }
  const unmoved = former?.sku === now.sku && former.gtin === now.gtin && former.productId === productId
  const shared = [
    { namespace: 'sku', value: now.sku },
    ...(now.gtin === null ? [] : [{ namespace: 'gtin', value: now.gtin }]),
  ]
  const names = [...shared, ...now.identifiers]
  const data: Omit<EventData<'retail.variant.changed.v1'>, 'origin'> = {
    variantId: context.ids.idOf('variant', document.system, document.key, names),
    productId,
    sku: now.sku,
    gtin: now.gtin,
    title: now.title,
    options: now.options ?? [],
    baseUom: now.baseUom ?? 'EACH',
    lifecycle: now.lifecycle ?? 'ACTIVE',
    backorderable: now.backorderable ?? false,
    media: now.media ?? [],
    refs: distinctKeys([{ namespace: document.system, value: document.key }, ...names]).map(toRef),
    former: unmoved ? null : former,
  }
  const fact = { type: 'retail.variant.changed.v1', aggregate: 'products/variant', occurredAt: null, data }
  return toFactEvent({ ...fact, id: data.variantId, partitionKey: productId }, document, context)
}

function productOf(
  { product }: VariantDocument,
  { system }: SourceDocument,
  context: NormalizeContext,
): Omit<EventData<'retail.product.changed.v1'>, 'origin'> {
  return {
    productId: context.ids.idOf('product', system, product.key),
    title: product.title,
    description: product.description,
    brand: product.brand,
    categoryPath: product.categoryPath ?? [],
    refs: [{ system, value: product.key }],
  }
}

function toRef({ namespace, value }: NaturalKey) {
  return { system: namespace, value }
}

function variantIdOf(reference: z.output<typeof referenceField>, context: NormalizeContext): string {
  return context.ids.idOf('variant', reference.namespace, reference.value)
}
