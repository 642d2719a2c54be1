import type { CacheKey } from '../event-log/projection.ts'

/** A cached value with how it was come by. */
export type Cached<V> = {
  /** null: known to be absent (a negative entry). */
  readonly value: V | null
  /** True when the store could not be asked and an earlier value is served instead. */
  readonly stale: boolean
  /** Milliseconds since the value was read from the store. */
  readonly ageMs: number
}

/**
 * Whether a cache would still give what it gave: false from the turn on in which an event drops it. What is worked out from
 * several values is as good as new while all of them are held, and only then.
 */
export type Held = { readonly isHeld: boolean; readonly among: Losses }

/** How many entries a cache has let go of so far. While it stands still, all that was held is held. */
export type Losses = { readonly count: number }

/**
 * A read model's cache in front of batch reads. Bounded; single flight per key; negative entries; serves stale
 * on error with the age told. Correctness comes from invalidation by events, never from a time to live.
 */
export type ReadThrough<K, V> = {
  readonly name: string
  /** The same text for the same key; what invalidation names. */
  readonly keyOf: (key: K) => string
  /** One entry per key, in key order; at most one store read for all that are missing. @throws what the load threw, when a key has no earlier value either. */
  getMany(keys: readonly K[]): Promise<readonly Cached<V>[]>
  /** As `getMany`, but a key that cannot be had is an error in its place and the others are served. Never rejects. */
  settleMany(keys: readonly K[]): Promise<readonly (Cached<V> | Error)[]>
  /** Without waiting: one entry per key, in key order, or undefined when any of them is not in memory. */
  peekMany(keys: readonly K[]): readonly Cached<V>[] | undefined
  /** As `peekMany`, one value without its age: null is known to be absent, undefined is not in memory. */
  peek(key: K): V | null | undefined
  /** As `peek`, with whether it is still held. */
  hold(key: K): ({ readonly value: V | null } & Held) | undefined
  get(key: K): Promise<Cached<V>>
}

/** Drops entries in this process at once and tells the shared tier, when there is one. */
export type CacheInvalidator = {
  invalidate(keys: readonly CacheKey[]): void
  /** Everything: after a rebuild, or when it is unknown what was missed. */
  invalidateAll(): void
}

export type ReadThroughOptions<K, V> = {
  /** Unique in the process; the first part of each `CacheKey`. */
  readonly name: string
  readonly keyOf: (key: K) => string
  /** @returns one entry per key, in key order, null where nothing is known. */
  readonly load: (keys: readonly K[]) => Promise<readonly (V | null)[]>
  readonly maxEntries: number
}

/** Builds the process's read-through caches over its tiers. */
export type CacheFactory = CacheInvalidator &
  AsyncDisposable & {
    readThrough<K, V>(options: ReadThroughOptions<K, V>): ReadThrough<K, V>
    /** How often a value was served that could not be read again after its invalidation; only rises. */
    staleServed(): number
  }
