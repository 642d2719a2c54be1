import DataLoader from 'dataloader'
import type { Cached, ReadThrough } from '../cache/cache.ts'

/** Batch reads of one request: keys asked for in the same turn are read together, and a key asked twice is read once. */
export type Loader<K, V> = {
  /** @returns null when nothing is known of the key. @throws what the read threw, for this key alone. */
  load(key: K): Promise<V | null>
  /** One entry per key, in key order. */
  loadMany(keys: readonly K[]): Promise<readonly (V | null)[]>
  /** With the age, and whether an earlier value is served because the store could not be asked. */
  loadCached(key: K): Promise<Cached<V>>
  loadManyCached(keys: readonly K[]): Promise<readonly Cached<V>[]>
}

/** Keys of one batch; more of them make further batches at the same time. */
const maxBatchSize = 1_000

/** Build one per request: what it has read does not change within an answer. */
export function createCacheLoader<K, V>(cache: ReadThrough<K, V>): Loader<K, V> {
  const loader = new DataLoader<K, Cached<V>, string>((keys) => cache.settleMany(keys), {
    cacheKeyFn: cache.keyOf,
    maxBatchSize,
  })

  function loadManyCached(keys: readonly K[]): Promise<readonly Cached<V>[]> {
    return Promise.all(keys.map((key) => loader.load(key)))
  }

  return {
    async load(key) {
      return (await loader.load(key)).value
    },
    async loadMany(keys) {
      return (await loadManyCached(keys)).map((cached) => cached.value)
    },
    loadCached: (key) => loader.load(key),
    loadManyCached,
  }
}
