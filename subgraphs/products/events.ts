import { z } from 'zod'
import { factOrigin } from '../../platform/connector/fact.ts'
import type { EventOf } from '../../platform/event-log/event-schema.ts'
import { lifecycles } from './lifecycle.ts'

export const unitsOfMeasure = ['EACH', 'GRAM', 'MILLILITRE', 'MILLIMETRE'] as const

const externalRef = z.object({ system: z.string(), value: z.string() })
const media = z.object({ url: z.string(), alt: z.string().nullable() })
const option = z.object({ name: z.string(), value: z.string() })
/** int64 as text: a JSON number is not exact past 2^53. */
const minorUnits = z.string().regex(/^-?\d{1,19}$/)

/** All carry the whole state after the change, so the one with the highest sequence is the truth. */
export const productsEvents = {
  'retail.product.changed.v1': z.object({
    productId: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    brand: z.string().nullable(),
    categoryPath: z.array(z.string()),
    refs: z.array(externalRef),
    origin: factOrigin,
  }),
  'retail.variant.changed.v1': z.object({
    variantId: z.string(),
    productId: z.string(),
    sku: z.string(),
    gtin: z.string().nullable(),
    title: z.string(),
    options: z.array(option),
    baseUom: z.enum(unitsOfMeasure),
    lifecycle: z.enum(lifecycles),
    backorderable: z.boolean(),
    media: z.array(media),
    refs: z.array(externalRef),
    /** The keys it could be found by before this change, where they differ. */
    former: z.object({ sku: z.string(), gtin: z.string().nullable(), productId: z.string() }).nullable(),
    origin: factOrigin,
  }),
  'retail.price.changed.v1': z.object({
    variantId: z.string(),
    /** The variant the price belonged to before this change; null where it is the same. */
    formerVariantId: z.string().nullable(),
    /** null: every channel. */
    channelId: z.string().nullable(),
    priceList: z.string(),
    currency: z.string(),
    amountMinor: minorUnits,
    compareAtMinor: minorUnits.nullable(),
    validFrom: z.string().nullable(),
    validTo: z.string().nullable(),
    origin: factOrigin,
  }),
  /** The source no longer has the price. Same sequence scope as its changes. */
  'retail.price.withdrawn.v1': z.object({ variantId: z.string(), origin: factOrigin }),
} as const

export type ProductsEvent = EventOf<typeof productsEvents>
export type EventData<T extends ProductsEvent['type']> = Extract<ProductsEvent, { type: T }>['data']
