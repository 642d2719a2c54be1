import type { Queryable, Transaction } from '../sql/database.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

export type DataClassification = 'public' | 'internal' | 'confidential' | 'restricted'

/** A fact to append: the CloudEvents 1.0 attributes the caller decides. */
export type NewEvent = {
  /** `retail.order.captured.v1` */
  readonly type: string
  /** `/tenants/{tenant}/{subgraph}/{aggregate}/{aggregateId}`: the scope of `sequence`. */
  readonly source: string
  /** The aggregate's id. */
  readonly subject: string
  /** When it happened by the source's clock; RFC 3339 UTC with milliseconds. */
  readonly time: string
  readonly data: JsonObject
  /** Orders and parks events of one key together; usually the subject. */
  readonly partitionKey: string
  /** The natural key that makes the source fact unique; a second append with the same key is a no-op. */
  readonly ingressKey?: string
  readonly correlationId?: string
  readonly causationId?: string
  readonly traceparent?: string
  /** Default `internal`. */
  readonly dataClassification?: DataClassification
  /** The system that owns the fact. */
  readonly authority: string
  /** True when the fact was derived to fill a gap, not reported. Default false. */
  readonly inferred?: boolean
}

/**
 * A place in the log's global order: by transaction id, then by row. Serialised `"<transactionId>-<row>"`.
 * Row alone is not an order: a row inserted early may commit late. Events of one source stand in the order of their
 * sequences; across sources no order is promised beyond that of transactions which began to write one after the other.
 */
export type LogPosition = { readonly transactionId: bigint; readonly row: bigint }

export type RecordedEvent = NewEvent & {
  /** ULID, unique per source. */
  readonly id: string
  /** Contiguous per source, from 1. */
  readonly sequence: number
  readonly position: LogPosition
  /** When the log stored it, by the database's clock. */
  readonly recordedTime: string
}

export type AppendOptions = {
  /** Optimistic concurrency: the last sequence the caller saw per source; 0 for a new one. */
  readonly expectedSequences?: ReadonlyMap<string, number>
}

export type AppendResult = {
  /** One entry per given event, in order: what was recorded, or null when its ingress key was already there. */
  readonly events: readonly (RecordedEvent | null)[]
}

export type ReadOptions = {
  readonly after: LogPosition
  /** 1 to 10,000. */
  readonly limit: number
  /** Absent: every type. */
  readonly types?: readonly string[]
}

export type ReadResult = {
  readonly events: readonly RecordedEvent[]
  /** Where to go on from: past everything seen, filtered or not. Equal to `after` when nothing new is visible. */
  readonly position: LogPosition
  /** True when the page was full, so more may be waiting. */
  readonly more: boolean
}

/**
 * The append-only log every fact goes through. A reader never skips a row that commits late: pages end below
 * the oldest transaction still in progress (`pg_snapshot_xmin`).
 */
export type EventLog = {
  /**
   * Appends in the caller's transaction, one statement however many events.
   * @throws AppError `SEQUENCE_CONFLICT` when an expected sequence is not the last one.
   */
  append(transaction: Transaction, events: readonly NewEvent[], options?: AppendOptions): Promise<AppendResult>
  read(options: ReadOptions): Promise<ReadResult>
  /**
   * Where a reader may go on from without reading, by what the log knew when it last called `onWake`: nothing of these types lies
   * between. Equal to `after` when nothing new was known. @returns null when the reader has to read
   */
  skip(after: LogPosition, types: ReadonlySet<string> | null): LogPosition | null
  /** The events of one source from `fromSequence` on, in sequence; for consumers that found a gap. */
  readSource(source: string, fromSequence: number, limit: number): Promise<readonly RecordedEvent[]>
  /** The newest position a reader may stand at now. */
  head(queryable?: Queryable): Promise<LogPosition>
  /** Tells readers of this process, and of other processes through the wake-up bus, that something was committed. */
  wake(): void
  /**
   * Calls `onWake` after commits here or elsewhere, once what they brought to its end is in memory, at the latest when the log's own
   * look finds that more may be read.
   */
  onWake(onWake: () => void): Disposable
}
