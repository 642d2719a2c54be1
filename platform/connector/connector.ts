import type { JsonObject, JsonValue, NewEvent } from '../event-log/event-log.ts'

/**
 * What a system of record says of one of its things: a document in the canonical shape of its kind, before
 * canonical ids exist. Values arrive as the source has them; exact decimals are text.
 */
export type SourceDocument = {
  /** The system's id in the estate, e.g. `erp`. */
  readonly system: string
  /** Which shape `data` claims to have: `variant`, `order`, `shipment` … (subgraphs say which they accept). */
  readonly kind: string
  /** The thing's own key in that system. */
  readonly key: string
  /** null: the source no longer has it. */
  readonly data: JsonObject | null
  /** When the connector received it. RFC 3339 UTC. */
  readonly receivedAt: string
}

/** Resolves natural keys to canonical ids; the same key always gives the same id, and a new one is minted once. */
export type IdentityResolver = {
  /**
   * @param kind the canonical kind whose prefix the id carries, e.g. `variant`
   * @param namespace where the value is unique: a system id, or a namespace shared between systems such as `sku`
   * @param aliases further natural keys known to mean the same thing
   */
  idOf(kind: EntityKind, namespace: string, value: string, aliases?: readonly NaturalKey[]): string
}

export type NaturalKey = { readonly namespace: string; readonly value: string }

export type EntityKind =
  | 'product'
  | 'variant'
  | 'location'
  | 'channel'
  | 'order'
  | 'order-line'
  | 'fulfillment-order'
  | 'shipment'
  | 'return'
  | 'customer-profile'
  | 'payment'
  | 'refund'
  | 'invoice'
  | 'journal-entry'

export type NormalizeContext = {
  readonly tenant: string
  readonly ids: IdentityResolver
  /** What the same thing looked like when it was last normalised; null the first time. Lets a change become an event. */
  readonly previous: JsonObject | null
}

/**
 * Turns one kind of source document into events. Pure, so that it may run twice; versioned, so that a stored
 * document can be normalised again when the rules change.
 */
export type SourceHandler = {
  readonly kind: string
  readonly version: number
  /** @throws AppError `SOURCE_DATA_INVALID` naming the field, its value and what is allowed: the document is dead-lettered. */
  normalize(document: SourceDocument, context: NormalizeContext): readonly NewEvent[]
}

/** Delivers what a connector read into the event log. One call is one transaction: documents, checkpoint and events, or nothing. */
export type Ingest = {
  /**
   * @param batch at most 5,000 documents; of several with one kind and key the last counts
   * @throws AppError `UPSTREAM_UNAVAILABLE` or `UPSTREAM_TIMEOUT` when the store cannot be written; nothing was lost: deliver again
   */
  deliver(batch: IngestBatch): Promise<IngestOutcome>
}

export type IngestBatch = {
  readonly system: string
  readonly documents: readonly SourceDocument[]
  /** Things the connector could not even read: dead-lettered as they are told here. */
  readonly failures?: readonly DocumentFailure[]
  /** Where this reader stands after the batch; stored in the same transaction. */
  readonly checkpoint?: { readonly name: string; readonly value: JsonObject }
  /**
   * For deliveries that may arrive out of order: a document received before the one already stored is dropped.
   * Default false: what is delivered is the newest.
   */
  readonly skipOlder?: boolean
}

/** A thing that could not be mapped. A later good version of the same key resolves it. */
export type DocumentFailure = {
  readonly kind: string
  readonly key: string
  readonly reason: string
  /** The first member that was wrong, outermost first: `lines.0.unitPrice`. */
  readonly field?: string
  /** What the source had, as far as it could be read. */
  readonly raw?: JsonValue
}

export type IngestOutcome = {
  readonly changed: number
  /** Same content as last time. */
  readonly unchanged: number
  readonly deadLettered: number
  readonly events: number
}

/** How fresh a system of record's data is here. */
export type SourceFreshness = {
  readonly system: string
  /** The last moment at which everything the source had was known here; null before the first complete read. */
  readonly syncedAt: Date | null
  readonly state: 'connecting' | 'snapshot' | 'live' | 'retrying' | 'stopped'
  /** Safe for operators: no address, no secret. */
  readonly lastError: string | null
}

/**
 * Wraps one outside system. It knows that system's protocol and nothing of GraphQL. Push systems go
 * verify → identify → inbox → normalise → append; pull systems snapshot first and then follow changes.
 */
export type Connector = AsyncDisposable & {
  readonly system: string
  /** Runs until aborted: reads everything, then follows changes; retries with backoff and never rejects on a source fault. */
  run(signal: AbortSignal): Promise<void>
  /** Resolves when the first complete read is in the log. */
  readonly ready: Promise<void>
  /**
   * Reads every document of a kind again, for whoever found that some of it was lost on the way; what is known newer stays.
   * Absent: there is nothing to read again.
   * @returns false when the source is not read now, or has no such kind
   */
  readonly reread?: (kind: string, signal: AbortSignal) => Promise<boolean>
}

export type WebhookRequest = {
  readonly rawBody: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** The push half of a connector. `verify` sees raw bytes; nothing is parsed before it passed. */
export type WebhookSource = {
  readonly system: string
  /** @throws AppError `UNAUTHENTICATED` when the signature is wrong or too old. */
  verify(request: WebhookRequest): void
  /** @returns the natural key that makes the delivery unique, and the documents it carries. */
  identify(request: WebhookRequest): { readonly messageKey: string; readonly documents: readonly SourceDocument[] }
}
