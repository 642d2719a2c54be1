import { z } from 'zod'
import { factOrigin } from '../../platform/connector/fact.ts'
import { fulfillmentMethods } from '../../platform/fulfillment-methods.ts'
import { supplyKinds, supplyStates } from './vocabulary.ts'

const text = z.string()
const nullableText = text.nullable()
const units = z.int32()

const scope = {
  channelId: nullableText,
  method: z.enum(fulfillmentMethods).nullable(),
  variantId: nullableText,
  category: nullableText,
  locationId: nullableText,
}
const validity = { validFrom: nullableText, validTo: nullableText }

/** What is agreed about selling stock, one shape per kind; `docs/source-documents.md` says where each comes from. */
export const termSchemas = {
  'safety-rule': z.object({ ...scope, ...validity, units, basisPoints: units }),
  'location-exclusion': z.object({ ...scope, ...validity, reason: text, quarantine: z.boolean() }),
  'channel-allocation': z.object({
    ...validity,
    channelId: text,
    variantId: nullableText,
    category: nullableText,
    mode: z.enum(['SHARED', 'CAP', 'RING_FENCED']),
    units: units.nullable(),
    basisPoints: units.nullable(),
    /** null: as was said before. */
    consumed: units.nullable(),
    /** When that was so; null: when it was told. Of an event before that was kept: absent. */
    consumedAt: nullableText.optional().transform((at) => at ?? null),
    publishFloor: units,
    maxPublish: units.nullable(),
  }),
  'degraded-buffer': z.object({
    system: nullableText,
    locationId: nullableText,
    policy: z.enum(['STRICT', 'BUFFERED']),
    factor: z.number(),
    maxUnits: units.nullable(),
  }),
  supply: z.object({
    kind: z.enum(supplyKinds),
    variantId: text,
    locationId: text,
    quantity: units,
    received: units,
    claimed: units,
    eta: text,
    confidence: z.number(),
    state: z.enum(supplyStates),
  }),
  kit: z.object({
    variantId: text,
    shipTogether: z.boolean(),
    components: z.array(z.object({ variantId: text, quantity: units })),
  }),
  substitution: z.object({ ...validity, channelId: nullableText, variantId: text, substitutes: z.array(text) }),
  'sales-velocity': z.object({ variantId: text, locationId: nullableText, unitsPerHour: z.number() }),
  'selling-terms': z.object({
    variantId: text,
    backorderLimit: units.nullable(),
    backorders: z.array(z.object({ quantity: units, promisedAt: text })),
    preorder: z.object({ releaseAt: text, threshold: units, allocated: units }).nullable(),
    dockToStockDays: z.number(),
  }),
  'fulfillment-calendar': z.object({
    locationId: text,
    week: z.array(z.object({ opens: text, closes: text, cutOff: text }).nullable()),
    closedOn: z.array(text),
    handlingMinutes: z.number(),
    pickupMinutes: z.number(),
    dailyCapacityOrders: units.nullable(),
    capacityUsedToday: units,
  }),
  'transit-time': z.object({
    locationId: nullableText,
    method: z.enum(fulfillmentMethods).nullable(),
    country: nullableText,
    postalPrefix: nullableText,
    days: units,
    closedOn: z.array(text),
  }),
} as const

export type TermKind = keyof typeof termSchemas
export type TermBody<K extends TermKind> = z.output<(typeof termSchemas)[K]>

/** Of a term that is kept here: who changed it last, and why. */
export const decisionSchema = z.object({ by: text, reason: text })

const identity = { termId: text, origin: factOrigin, decision: decisionSchema.optional() }

/** `retail.inventory.<kind>-changed.v1`, each with the whole of the term after the change. */
export const termEvents = {
  'retail.inventory.safety-rule-changed.v1': termSchemas['safety-rule'].extend(identity),
  'retail.inventory.location-exclusion-changed.v1': termSchemas['location-exclusion'].extend(identity),
  'retail.inventory.channel-allocation-changed.v1': termSchemas['channel-allocation'].extend(identity),
  'retail.inventory.degraded-buffer-changed.v1': termSchemas['degraded-buffer'].extend(identity),
  'retail.inventory.supply-changed.v1': termSchemas.supply.extend(identity),
  'retail.inventory.kit-changed.v1': termSchemas.kit.extend(identity),
  'retail.inventory.substitution-changed.v1': termSchemas.substitution.extend(identity),
  'retail.inventory.sales-velocity-changed.v1': termSchemas['sales-velocity'].extend(identity),
  'retail.inventory.selling-terms-changed.v1': termSchemas['selling-terms'].extend(identity),
  'retail.inventory.fulfillment-calendar-changed.v1': termSchemas['fulfillment-calendar'].extend(identity),
  'retail.inventory.transit-time-changed.v1': termSchemas['transit-time'].extend(identity),
  /** No longer agreed, whatever its kind. Same sequence scope as its changes. */
  'retail.inventory.term-withdrawn.v1': z.object({ ...identity, kind: text, variantId: nullableText }),
} as const

export type TermEventType = keyof typeof termEvents

/** The kind a change is of. */
export function termKindOf(type: TermEventType): string {
  return type.slice('retail.inventory.'.length, -'-changed.v1'.length)
}
