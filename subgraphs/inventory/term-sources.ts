import { z } from 'zod'
import type { NormalizeContext, SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import {
  decimalField,
  optional,
  parseDocument,
  parsePrevious,
  referenceField,
  textField,
  timestampField,
} from '../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../platform/connector/fact.ts'
import type { JsonObject } from '../../platform/event-log/event-log.ts'
import { fulfillmentMethods } from '../../platform/fulfillment-methods.ts'
import type { TermBody, TermKind } from './term-schemas.ts'
import { mostSubstitutes, supplyKinds, supplyStates } from './vocabulary.ts'

const units = z.int32().nonnegative()
const unitsOrNone = units.nullish().transform((value) => value ?? 0)
const positive = z.int32().positive()
const reference = optional(referenceField)
const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'HH:MM')
const localDate = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'YYYY-MM-DD')
const validity = { validFrom: optional(timestampField), validTo: optional(timestampField) }

/** Percent with at most two digits after the point, as basis points. */
const percent = optional(
  decimalField.transform((value, context) => {
    if (/^\d{1,3}(\.\d{1,2})?$/.test(value) && Number(value) <= 100) return Math.round(Number(value) * 100)
    context.addIssue({ code: 'custom', message: '0 to 100 with at most two digits after the point', input: value })
    return z.NEVER
  }),
)

const scope = {
  channelId: optional(textField),
  method: optional(z.enum(fulfillmentMethods)),
  variant: reference,
  category: optional(textField),
  location: reference,
  ...validity,
}

const safetyRule = z
  .object({ ...scope, units: optional(units), percent })
  .refine(({ units: some, percent: share }) => some !== null || share !== null, 'units, percent, or both')

const locationExclusion = z.object({ ...scope, reason: textField, quarantine: optional(z.boolean()) })

const channelAllocation = z
  .object({
    ...validity,
    channelId: textField,
    variant: reference,
    category: optional(textField),
    mode: z.enum(['SHARED', 'CAP', 'RING_FENCED']),
    units: optional(units),
    percent,
    consumed: optional(units),
    consumedAt: optional(timestampField),
    publishFloor: unitsOrNone,
    maxPublish: optional(units),
  })
  .refine(({ mode, units: some }) => mode !== 'RING_FENCED' || some !== null, 'units where the mode is RING_FENCED')

const degradedBuffer = z.object({
  system: optional(textField),
  location: reference,
  policy: z.enum(['STRICT', 'BUFFERED']).nullish(),
  factor: z.number().nonnegative().max(1_000).nullish(),
  maxUnits: optional(units),
})

const supply = z.object({
  kind: z.enum(supplyKinds),
  variant: referenceField,
  destination: referenceField,
  quantity: units,
  received: unitsOrNone,
  claimed: unitsOrNone,
  eta: timestampField,
  confidence: z.number().min(0).max(1).nullish(),
  state: z.enum(supplyStates),
})

const kit = z.object({
  variant: referenceField,
  shipTogether: optional(z.boolean()),
  components: z
    .array(z.object({ variant: referenceField, quantity: positive }))
    .min(1)
    .max(50),
})

const substitution = z.object({
  ...validity,
  channelId: optional(textField),
  variant: referenceField,
  substitutes: z.array(referenceField).min(1).max(mostSubstitutes),
})

const salesVelocity = z.object({
  variant: referenceField,
  location: reference,
  unitsPerHour: z.number().nonnegative().max(1_000_000),
})

const sellingTerms = z.object({
  variant: referenceField,
  backorderLimit: optional(units),
  backorders: z
    .array(z.object({ quantity: positive, promisedAt: timestampField }))
    .max(1_000)
    .nullish(),
  preorder: optional(z.object({ releaseAt: timestampField, threshold: units, allocated: unitsOrNone })),
  dockToStockDays: z.number().min(0).max(365).nullish(),
})

const calendar = z.object({
  location: referenceField,
  week: z.array(z.object({ opens: localTime, closes: localTime, cutOff: localTime }).nullable()).length(7),
  closedOn: z.array(localDate).max(366).nullish(),
  handlingMinutes: z.number().min(0).max(43_200).nullish(),
  pickupMinutes: z.number().min(0).max(43_200).nullish(),
  dailyCapacityOrders: optional(units),
  capacityUsedToday: unitsOrNone,
})

const transitTime = z.object({
  location: reference,
  method: optional(z.enum(fulfillmentMethods)),
  country: optional(z.string().regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2')),
  postalPrefix: optional(textField),
  days: z.int().min(0).max(60),
  closedOn: z.array(localDate).max(366).nullish(),
})

type Reference = z.output<typeof referenceField>
type Ids = NormalizeContext['ids']

const variantOf = (ids: Ids, { namespace, value }: Reference) => ids.idOf('variant', namespace, value)
const locationOf = (ids: Ids, { namespace, value }: Reference) => ids.idOf('location', namespace, value)
const variantOrAny = (ids: Ids, given: Reference | null) => (given === null ? null : variantOf(ids, given))
const locationOrAny = (ids: Ids, given: Reference | null) => (given === null ? null : locationOf(ids, given))

/** What retailer and systems agree about selling stock: one handler per kind of document. */
export const termSources: readonly SourceHandler[] = [
  termSource('safety-rule', safetyRule, ({ variant, location, percent: share, ...rest }, ids) => ({
    ...rest,
    variantId: variantOrAny(ids, variant),
    locationId: locationOrAny(ids, location),
    units: rest.units ?? 0,
    basisPoints: share ?? 0,
  })),
  termSource('location-exclusion', locationExclusion, ({ variant, location, ...rest }, ids) => ({
    ...rest,
    variantId: variantOrAny(ids, variant),
    locationId: locationOrAny(ids, location),
    quarantine: rest.quarantine ?? false,
  })),
  termSource('channel-allocation', channelAllocation, ({ variant, percent: share, ...rest }, ids) => ({
    ...rest,
    variantId: variantOrAny(ids, variant),
    basisPoints: share,
    consumed: rest.mode === 'RING_FENCED' ? rest.consumed : 0,
  })),
  termSource('degraded-buffer', degradedBuffer, ({ location, ...rest }, ids) => ({
    ...rest,
    locationId: locationOrAny(ids, location),
    policy: rest.policy ?? 'BUFFERED',
    factor: rest.factor ?? 1,
  })),
  termSource('supply', supply, ({ variant, destination, ...rest }, ids) => ({
    ...rest,
    variantId: variantOf(ids, variant),
    locationId: locationOf(ids, destination),
    confidence: rest.confidence ?? weakConfidence,
  })),
  termSource('kit', kit, ({ variant, components, shipTogether }, ids) => ({
    variantId: variantOf(ids, variant),
    shipTogether: shipTogether ?? false,
    components: components.map((component) => ({
      variantId: variantOf(ids, component.variant),
      quantity: component.quantity,
    })),
  })),
  termSource('substitution', substitution, ({ variant, substitutes, ...rest }, ids) => ({
    ...rest,
    variantId: variantOf(ids, variant),
    substitutes: substitutes.map((substitute) => variantOf(ids, substitute)),
  })),
  termSource('sales-velocity', salesVelocity, ({ variant, location, unitsPerHour }, ids) => ({
    variantId: variantOf(ids, variant),
    locationId: locationOrAny(ids, location),
    unitsPerHour,
  })),
  termSource('selling-terms', sellingTerms, ({ variant, ...rest }, ids) => ({
    ...rest,
    variantId: variantOf(ids, variant),
    backorders: rest.backorders ?? [],
    dockToStockDays: rest.dockToStockDays ?? 0,
  })),
  termSource('fulfillment-calendar', calendar, ({ location, ...rest }, ids) => ({
    ...rest,
    locationId: locationOf(ids, location),
    closedOn: rest.closedOn ?? [],
    handlingMinutes: rest.handlingMinutes ?? 0,
    pickupMinutes: rest.pickupMinutes ?? 0,
  })),
  termSource('transit-time', transitTime, ({ location, closedOn, ...rest }, ids) => ({
    ...rest,
    locationId: locationOrAny(ids, location),
    closedOn: closedOn ?? [],
  })),
]

/** Of a supply whose source does not say how sure it is. */
const weakConfidence = 0.5
const aggregate = 'inventory/term'

function termSource<K extends TermKind, S extends z.ZodType>(
  kind: K,
  schema: S,
  toBody: (document: z.output<S>, ids: Ids) => TermBody<K> & JsonObject,
): SourceHandler {
  return {
    kind,
    version: 1,
    normalize(document, context) {
      const termId = toTermId(kind, document)
      const before = parsePrevious(schema, context)
      const was = before === null ? null : variantIn(toBody(before, context.ids))
      const withdrawn = {
        type: 'retail.inventory.term-withdrawn.v1',
        aggregate,
        id: termId,
        data: { termId, kind, variantId: was },
        occurredAt: null,
      }
      if (document.data === null) return before === null ? [] : [toFactEvent(withdrawn, document, context)]
      const body = toBody(parseDocument(schema, document), context.ids)
      const data = { ...body, termId }
      const changed = { type: `retail.inventory.${kind}-changed.v1`, aggregate, id: termId, data, occurredAt: null }
      // Whoever follows the variant it was about must hear that it no longer is.
      const facts = before !== null && was !== variantIn(body) ? [withdrawn, changed] : [changed]
      return facts.map((fact) => toFactEvent(fact, document, context))
    },
  }
}

function variantIn(body: JsonObject): string | null {
  return typeof body.variantId === 'string' ? body.variantId : null
}

function toTermId(kind: TermKind, { system, key }: SourceDocument): string {
  return `${kind}:${system}:${key}`
}
