import { z } from 'zod'
import type { DataClassification, JsonObject, NewEvent } from '../event-log/event-log.ts'
import type { NormalizeContext, SourceDocument } from './connector.ts'

/** Where an event's fact comes from, kept in its data so that a rebuild answers the same provenance. */
export const factOrigin = z.object({
  system: z.string(),
  /** By the source's clock, RFC 3339 UTC; null where the source does not say. */
  occurredAt: z.string().nullable(),
  receivedAt: z.string(),
})

export type FactOrigin = z.output<typeof factOrigin>

export type Fact = {
  /** `retail.variant.changed.v1` */
  readonly type: string
  /** `products/variant`: with the tenant before it and the id behind it, the scope of `sequence`. */
  readonly aggregate: string
  readonly id: string
  /** Default the id. */
  readonly partitionKey?: string
  readonly data: JsonObject
  readonly occurredAt: string | null
  /** The natural key of a fact that may arrive twice by different ways; the tenant is put before it. */
  readonly ingressKey?: string
  readonly dataClassification?: DataClassification
}

/** An event stating what `document` said; `data.origin` tells where it comes from. */
export function toFactEvent(fact: Fact, document: SourceDocument, context: Pick<NormalizeContext, 'tenant'>): NewEvent {
  const origin: FactOrigin = {
    system: document.system,
    occurredAt: fact.occurredAt,
    receivedAt: document.receivedAt,
  }
  return {
    type: fact.type,
    source: `/tenants/${context.tenant}/${fact.aggregate}/${encodeURIComponent(fact.id)}`,
    subject: fact.id,
    time: fact.occurredAt ?? document.receivedAt,
    data: { ...fact.data, origin },
    partitionKey: fact.partitionKey ?? fact.id,
    authority: document.system,
    ...(fact.ingressKey === undefined ? {} : { ingressKey: `${context.tenant}:${fact.ingressKey}` }),
    ...(fact.dataClassification === undefined ? {} : { dataClassification: fact.dataClassification }),
  }
}
