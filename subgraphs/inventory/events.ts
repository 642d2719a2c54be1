import { z } from 'zod'
import { factOrigin } from '../../platform/connector/fact.ts'
import type { EventOf } from '../../platform/event-log/event-schema.ts'
import { fulfillmentMethods } from '../../platform/fulfillment-methods.ts'

export const locationKinds = [
  'DC',
  'STORE',
  'MFC',
  'THIRD_PARTY',
  'DROPSHIP',
  'VENDOR',
  'RETURNS_CENTER',
  'VIRTUAL',
] as const

/** Why a position is stored as received but needs a look: its numbers cannot be true. */
export const anomalies = ['NEGATIVE_ON_HAND', 'NEGATIVE_SELLABLE'] as const

const text = z.string()
const units = z.int32()
const nullableText = text.nullable()

/** onHand = sellable + damaged + qualityControl + returnHold + manualHold */
export const bucketsSchema = z.object({
  onHand: units,
  sellable: units,
  damaged: units,
  qualityControl: units,
  returnHold: units,
  manualHold: units,
})

const positionState = {
  variantId: text,
  locationId: text,
  ...bucketsSchema.shape,
  committed: units,
  incoming: units,
  reorderPoint: units.nullable(),
  anomaly: z.enum(anomalies).nullable(),
  /** When the source took stock as a whole; null: it was read when it changed. */
  asOf: nullableText.default(null),
  origin: factOrigin,
}

const inTransitSchema = z.object({
  include: z.boolean(),
  horizonHours: z.number(),
  minConfidence: z.number(),
  haircutBasisPoints: units,
})

/** All carry the whole state after the change, so the one with the highest sequence is the truth. */
export const inventoryEvents = {
  'retail.inventory.channel-changed.v1': z.object({
    channelId: text,
    name: text,
    kind: text,
    /** ISO 3166-1 alpha-2; null or absent: none. */
    region: nullableText.default(null),
    /** null: every kind. */
    locationKinds: z.array(z.enum(locationKinds)).nullable(),
    /** null: every location of the kinds. */
    locationCodes: z.array(text).nullable(),
    methods: z.array(z.enum(fulfillmentMethods)),
    /** Whether and how far it sells what is on its way; null or absent: not at all. */
    inTransit: inTransitSchema.nullable().default(null),
    origin: factOrigin,
  }),
  'retail.inventory.channel-closed.v1': z.object({ channelId: text, origin: factOrigin }),
  'retail.inventory.location-changed.v1': z.object({
    locationId: text,
    code: text,
    gln: nullableText,
    name: text,
    kind: z.enum(locationKinds),
    timeZone: text,
    address: z.object({
      name: nullableText,
      line1: nullableText,
      line2: nullableText,
      city: nullableText,
      region: nullableText,
      postalCode: nullableText,
      country: nullableText,
    }),
    capabilities: z.array(z.enum(fulfillmentMethods)),
    active: z.boolean(),
    /** Degrees, WGS 84. */
    geo: z.object({ latitude: z.number(), longitude: z.number() }).nullable().default(null),
    refs: z.array(z.object({ system: text, value: text })),
    origin: factOrigin,
  }),
  /** The first word of a source on a position. Absolute, so replaying it is harmless. */
  'retail.inventory.stock-counted.v1': z.object(positionState),
  /** A source's numbers differ from what it said before. */
  'retail.inventory.stock-adjusted.v1': z.object({ ...positionState, before: bucketsSchema }),
  /** The source no longer keeps the position. Same sequence scope as its counts. */
  'retail.inventory.position-withdrawn.v1': z.object({ variantId: text, locationId: text, origin: factOrigin }),
} as const

export type InventoryEvent = EventOf<typeof inventoryEvents>
export type EventData<T extends InventoryEvent['type']> = Extract<InventoryEvent, { type: T }>['data']

/** What inventory needs to know of the catalogue's events: by which SKU a variant is asked for, and which rules mean it. */
export const catalogueEvents = {
  'retail.variant.changed.v1': z.object({
    variantId: text,
    sku: text,
    productId: text.nullish(),
    lifecycle: text.nullish(),
    backorderable: z.boolean().nullish(),
    former: z.object({ sku: text }).nullable(),
  }),
  'retail.product.changed.v1': z.object({ productId: text, categoryPath: z.array(text) }),
} as const
