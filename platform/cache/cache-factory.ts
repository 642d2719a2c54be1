import { type Clock, systemClock } from '../clock.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { CacheFactory, ReadThroughOptions } from './cache.ts'
import { type CacheStats, createReadThrough, type ManagedReadThrough } from './read-through.ts'
import type { SharedTier } from './shared-tier.ts'

export type CacheFactoryDeps = {
  /** Bound on each cache, whatever it asks for itself. A quarter as many invalidated values are kept besides. */
  readonly maxEntries: number
  /** The tier shared by processes; absent: memory alone. Closed with the factory. */
  readonly shared?: SharedTier
  readonly metrics?: Metrics
  readonly clock?: Clock
  /** Default 5,000. */
  readonly loadTimeoutMs?: number
  /** Default 500. See `ReadThroughDeps`. */
  readonly failureHoldMs?: number
}

export function createCacheFactory(deps: CacheFactoryDeps): CacheFactory {
  const { shared = null, clock = systemClock, loadTimeoutMs = 5_000, failureHoldMs = 500 } = deps
  const caches = new Map<string, ManagedCache>()
  if (deps.metrics !== undefined) observe(deps.metrics, caches)
  return {
    readThrough<K, V>(options: ReadThroughOptions<K, V>) {
      if (caches.has(options.name)) throw new TypeError(`Cannot build cache ${options.name}: the name is taken`)
      const maxEntries = Math.min(options.maxEntries, deps.maxEntries)
      const cache = createReadThrough({ clock, shared, loadTimeoutMs, failureHoldMs }, { ...options, maxEntries })
      caches.set(options.name, cache)
      return cache
    },
    invalidate(keys) {
      for (const { cache, key } of keys) caches.get(cache)?.drop(key)
      if (keys.length > 0) shared?.invalidate(keys)
    },
    invalidateAll() {
      for (const cache of caches.values()) cache.dropAll()
      shared?.invalidateAll()
    },
    staleServed() {
      let count = 0
      for (const { stats } of caches.values()) count += stats.staleServed
      return count
    },
    async [Symbol.asyncDispose]() {
      await shared?.[Symbol.asyncDispose]()
    },
  }
}

type ManagedCache = Pick<ManagedReadThrough<unknown, unknown>, 'drop' | 'dropAll' | 'stats' | 'size'>

function observe(metrics: Metrics, caches: ReadonlyMap<string, ManagedCache>): void {
  metrics.observedGauge({
    name: 'cache_entries',
    help: 'Entries in memory',
    labels: ['cache'],
    read: () => [...caches].map(([cache, { size }]) => ({ labels: { cache }, value: size() })),
  })
  metrics.observedCounter({
    name: 'cache_events_total',
    help: 'Keys found in memory (hits) or in the shared tier (sharedHits), not in memory (misses), served stale; loads and failed loads',
    labels: ['cache', 'event'],
    read: () => [...caches].flatMap(([cache, { stats }]) => toSamples(cache, stats)),
  })
}

function toSamples(cache: string, stats: Readonly<CacheStats>) {
  return Object.entries(stats).map(([event, value]) => ({ labels: { cache, event }, value }))
}
