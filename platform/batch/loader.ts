import DataLoader from 'dataloader'
import type { ReadThrough } from '../cache/cache.ts'
import type { Rests } from '../cache/rests.ts'
import { allReady, type MaybePromise } from '../maybe-promise.ts'

/**
 * Batch reads of one request: what is in memory is given at once, keys asked for in the same turn are read together, and
 * a key asked twice is read once. null: nothing is known of the key.
 */
export type Loader<K, V> = {
  /** @throws what the read threw, for this key alone. */
  load(key: K): MaybePromise<V | null>
  /** One entry per key, in key order. */
  loadMany(keys: readonly K[]): MaybePromise<readonly (V | null)[]>
}

/** Keys of one batch; more of them make further batches at the same time. */
const maxBatchSize = 1_000

/**
 * Build one per request: what it has read does not change within an answer.
 * @param rests told of what it gives
 */
export function createCacheLoader<K, V>(cache: ReadThrough<K, V>, rests?: Rests): Loader<K, V> {
  const read = new Map<string, MaybePromise<V | null>>()
  let missing: ((key: K) => Promise<V | null>) | undefined

  function load(key: K): MaybePromise<V | null> {
    const id = cache.keyOf(key)
    const known = read.get(id)
    if (known !== undefined) return known
    const found = cache.hold(key)
    rests?.on(found)
    const value = found === undefined ? loadMissing(key) : found.value
    read.set(id, value)
    return value
  }

  function loadMissing(key: K): Promise<V | null> {
    missing ??= createBatchedRead<K, V | null>(async (keys) =>
      (await cache.settleMany(keys)).map((cached) => (cached instanceof Error ? cached : cached.value)),
    )
    return missing(key)
  }

  return { load, loadMany: (keys) => allReady(keys.map(load)) }
}

/**
 * Reads together what is asked for in the same turn, and keeps nothing.
 * @param read gives one entry per key, in key order; an error fails its own key alone
 */
export function createBatchedRead<K, V>(
  read: (keys: readonly K[]) => Promise<readonly (V | Error)[]>,
): (key: K) => Promise<V> {
  const loader = new DataLoader<K, V>(read, { cache: false, maxBatchSize })
  return (key) => loader.load(key)
}
