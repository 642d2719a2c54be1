import { z } from 'zod'
import type { NaturalKey, NormalizeContext, SourceHandler } from '../../platform/connector/connector.ts'
import {
  distinctKeys,
  identifiersField,
  optional,
  parseDocument,
  parsePrevious,
  referenceField,
  textField,
  timestampField,
} from '../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../platform/connector/fact.ts'
import { fulfillmentMethods } from '../../platform/fulfillment-methods.ts'
import { hasGs1CheckDigit } from '../../platform/subgraph/scalars.ts'
import { anomalyOf, toBuckets } from './buckets.ts'
import { type EventData, locationKinds } from './events.ts'
import { type PositionKey, toPositionId } from './position-id.ts'
import { noInTransit } from './supply.ts'

const channelDocument = z.object({
  id: textField,
  name: textField,
  kind: textField,
  region: optional(z.string().regex(/^[A-Z]{2}$/, 'two letters such as FR')),
  locationKinds: optional(z.array(z.enum(locationKinds))),
  locationCodes: optional(z.array(textField)),
  methods: z.array(z.enum(fulfillmentMethods)),
  inTransit: optional(
    z.object({
      include: z.boolean().default(true),
      horizonHours: z.number().min(0).max(8_760).default(noInTransit.horizonHours),
      minConfidence: z.number().min(0).max(1).default(noInTransit.minConfidence),
      haircutBasisPoints: z.int().min(0).max(10_000).default(noInTransit.haircutBasisPoints),
    }),
  ),
})

const addressField = z
  .object({
    name: optional(textField),
    line1: optional(textField),
    line2: optional(textField),
    city: optional(textField),
    region: optional(textField),
    postalCode: optional(textField),
    country: optional(textField),
  })
  .nullish()
  .transform((address) => address ?? noAddress)

const noAddress = { name: null, line1: null, line2: null, city: null, region: null, postalCode: null, country: null }

const locationDocument = z.object({
  code: textField,
  name: textField,
  kind: z.enum(locationKinds),
  timeZone: textField.refine(isTimeZone, 'an IANA time zone such as Europe/Paris'),
  address: addressField,
  capabilities: z.array(z.enum(fulfillmentMethods)),
  active: z.boolean(),
  gln: optional(
    z
      .string()
      .refine((text) => /^\d{13}$/.test(text) && hasGs1CheckDigit(text), 'a GLN: 13 digits with a valid check digit'),
  ),
  geo: optional(z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })),
  identifiers: identifiersField,
})

const units = z.int32().nonnegative()

const stockDocument = z.object({
  variant: referenceField,
  location: referenceField,
  onHand: z.int32(),
  damaged: units.nullish(),
  qualityControl: units.nullish(),
  returnHold: units.nullish(),
  manualHold: units.nullish(),
  committed: units.nullish(),
  incoming: units.nullish(),
  reorderPoint: optional(units),
  occurredAt: optional(timestampField),
  asOf: optional(timestampField),
})

type StockDocument = z.output<typeof stockDocument>

/** Where a channel may sell from; the estate says it, under its own channel ids. */
export const channelSource: SourceHandler = {
  kind: 'channel',
  version: 3,
  normalize(document, context) {
    const aggregate = 'inventory/channel'
    if (document.data === null) {
      const id = parsePrevious(channelDocument, context)?.id
      if (id === undefined) return []
      const type = 'retail.inventory.channel-closed.v1'
      return [toFactEvent({ type, aggregate, id, data: { channelId: id }, occurredAt: null }, document, context)]
    }
    const { id, ...rest } = parseDocument(channelDocument, document)
    const type = 'retail.inventory.channel-changed.v1'
    return [toFactEvent({ type, aggregate, id, data: { channelId: id, ...rest }, occurredAt: null }, document, context)]
  },
}

/** A place that holds stock. One its source no longer has is kept, inactive: positions and orders refer to it. */
export const locationSource: SourceHandler = {
  kind: 'location',
  version: 2,
  normalize(document, context) {
    const before = parsePrevious(locationDocument, context)
    if (document.data === null && before === null) return []
    const now =
      document.data === null && before ? { ...before, active: false } : parseDocument(locationDocument, document)
    const { identifiers, ...rest } = now
    const names = [
      { namespace: 'location-code', value: now.code },
      ...(now.gln === null ? [] : [{ namespace: 'gln', value: now.gln }]),
      ...identifiers,
    ]
    const id = context.ids.idOf('location', document.system, document.key, names)
    const refs = distinctKeys([{ namespace: document.system, value: document.key }, ...names]).map(toRef)
    const data: Omit<EventData<'retail.inventory.location-changed.v1'>, 'origin'> = { locationId: id, ...rest, refs }
    const fact = { type: 'retail.inventory.location-changed.v1', aggregate: 'inventory/location', id, data }
    return [toFactEvent({ ...fact, occurredAt: null }, document, context)]
  },
}

/** How many units of a variant are at a location, by bucket. */
export const stockSource: SourceHandler = {
  kind: 'stock',
  version: 1,
  normalize(document, context) {
    const before = parsePrevious(stockDocument, context)
    const was = before === null ? null : { key: keyOf(before, context), buckets: bucketsOf(before) }
    const withdrawn = was && {
      type: 'retail.inventory.position-withdrawn.v1',
      aggregate,
      id: toPositionId(was.key),
      data: was.key,
      occurredAt: null,
    }
    if (document.data === null) return withdrawn === null ? [] : [toFactEvent(withdrawn, document, context)]

    const now = parseDocument(stockDocument, document)
    const key = keyOf(now, context)
    const id = toPositionId(key)
    const buckets = bucketsOf(now)
    const state = {
      ...key,
      ...buckets,
      committed: now.committed ?? 0,
      incoming: now.incoming ?? 0,
      reorderPoint: now.reorderPoint,
      anomaly: anomalyOf(buckets),
      asOf: now.asOf,
    }
    const occurredAt = now.occurredAt ?? now.asOf
    const moved = withdrawn !== null && withdrawn.id !== id
    if (was !== null && !moved) {
      const data = { ...state, before: was.buckets }
      const type = 'retail.inventory.stock-adjusted.v1'
      return [toFactEvent({ type, aggregate, id, data, occurredAt }, document, context)]
    }
    const counted = { type: 'retail.inventory.stock-counted.v1', aggregate, id, data: state, occurredAt }
    return [...(moved ? [withdrawn] : []), counted].map((fact) => toFactEvent(fact, document, context))
  },
}

function toRef({ namespace, value }: NaturalKey) {
  return { system: namespace, value }
}

const aggregate = 'inventory/stock'

function keyOf({ variant, location }: StockDocument, { ids }: NormalizeContext): PositionKey {
  return {
    variantId: ids.idOf('variant', variant.namespace, variant.value),
    locationId: ids.idOf('location', location.namespace, location.value),
  }
}

function bucketsOf(document: StockDocument) {
  return toBuckets(document.onHand, {
    damaged: document.damaged ?? 0,
    qualityControl: document.qualityControl ?? 0,
    returnHold: document.returnHold ?? 0,
    manualHold: document.manualHold ?? 0,
  })
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}
