import { LRUCache } from 'lru-cache'
import type { Held } from './cache.ts'

/** `readAtMs` is the moment the load began, since what it saw cannot be newer. */
export type Entry<V> = { readonly value: V | null; readonly readAtMs: number }

/** An entry in memory. */
export type HeldEntry<V> = Entry<V> & Held

/** The entries one process holds in memory: fresh ones, and what invalidated ones last said, for when the store is down. */
export type Entries<V> = {
  fresh(key: string): HeldEntry<V> | undefined
  stale(key: string): Entry<V> | undefined
  put(key: string, entry: Entry<V>): void
  drop(key: string): void
  dropAll(): void
  readonly size: () => number
}

/** Invalidated values kept per fresh one allowed: enough for what is asked often, bounded in memory. */
const staleShare = 4

export function createEntries<V>(maxEntries: number): Entries<V> {
  // Told however an entry goes: dropped, replaced, or pushed out by others.
  const among = { count: 0 }
  const fresh = new LRUCache<string, HeldEntry<V> & { isHeld: boolean }>({
    max: maxEntries,
    dispose: (entry) => {
      entry.isHeld = false
      among.count += 1
    },
  })
  const maxStale = Math.ceil(maxEntries / staleShare)
  const stale = new LRUCache<string, Entry<V>>({ max: maxStale })
  return {
    fresh: (key) => fresh.get(key),
    stale: (key) => stale.get(key),
    put(key, entry) {
      fresh.set(key, { ...entry, isHeld: true, among })
      stale.delete(key)
    },
    drop(key) {
      const entry = fresh.peek(key)
      if (entry === undefined) return
      fresh.delete(key)
      stale.set(key, entry)
    },
    dropAll() {
      const kept = [...fresh.entries()].slice(0, maxStale).reverse()
      for (const [key, entry] of kept) stale.set(key, entry)
      fresh.clear()
    },
    size: () => fresh.size,
  }
}
