import type { Transaction } from '../sql/database.ts'
import type { NewEvent, RecordedEvent } from './event-log.ts'

/** Names what a read-model change touched, so that caches drop exactly that. */
export type CacheKey = { readonly cache: string; readonly key: string }

/**
 * Turns events into rows. Runs in the same transaction as its checkpoint, so both happen or neither.
 * `apply` receives a batch in log order and writes it with a bounded number of statements, whatever its size.
 */
export type Projection = {
  /** Stable: the checkpoint is stored under it. `inventory.stock` */
  readonly name: string
  /** Exact event types it wants. */
  readonly types: readonly string[]
  /** Tables it owns entirely, schema-qualified: emptied before a rebuild from zero. */
  readonly tables: readonly string[]
  /**
   * @throws anything: the batch is then applied event by event, and the one that fails is parked in the
   * dead-letter table with the later events of its partition key, while other keys flow on.
   */
  apply(transaction: Transaction, events: readonly RecordedEvent[]): Promise<void>
  /** Which cached entries an event makes stale. Pure. Every process asks this of every event it follows. */
  keysOf(event: RecordedEvent): readonly CacheKey[]
}

/**
 * Decides new facts from recorded ones: identity links, routing, shortfalls. Its events are appended in the
 * same transaction as its checkpoint, and are not decided again when a read model is rebuilt.
 */
export type Process = {
  readonly name: string
  readonly types: readonly string[]
  /** @returns facts to append, in order. Tables it writes are its memory, not a read model: no rebuild empties them. */
  decide(transaction: Transaction, events: readonly RecordedEvent[]): Promise<readonly NewEvent[]>
}
