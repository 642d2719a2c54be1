import type { EntityCacheOptions } from '../gateway/entity-cache/entity-cache.ts'
import { createEntityStore, type EntityStore } from '../gateway/entity-cache/entity-store.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'
import type { DataLayer } from './data-layer.ts'
import type { ProcessParts } from './process.ts'

/** What the gateway keeps of entities; only of subgraphs in this process, whose caches drop a change in the same turn. */
export function openEntityCache(
  { config, metrics }: ProcessParts,
  { subgraphs, applied, store: { cacheFactory } }: DataLayer,
): { readonly entityCache?: EntityCacheOptions } {
  const { maxEntries, maxBytes } = config.entityCache
  if (maxEntries === 0) return {}
  const store = createEntityStore({ maxEntries, maxBytes })
  observe(store, metrics)
  const inProcess = subgraphs.filter(({ name }) => config.subgraphUrls[name] === undefined)
  const appliedBy = new Map(
    inProcess.map(({ name, projections }) => [name, new Set(projections.flatMap(({ types }) => types))] as const),
  )
  return { entityCache: { store, applied, appliedBy, staleServed: cacheFactory.staleServed } }
}

function observe({ entries, bytes, counts }: EntityStore, metrics: Metrics): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.observedGauge({ name, help, labels: [], read: () => [{ labels: {}, value: read() }] })
  gauge('entity_cache_entries', 'Entities the gateway keeps answers of', entries)
  gauge('entity_cache_bytes', 'Memory of these answers, estimated', bytes)
  metrics.observedCounter({
    name: 'entity_cache_events_total',
    help: 'Entities not asked for (hits) and asked for (misses), dropped by an event, and answers not kept since the entity changed meanwhile or its read model was outdated (refused)',
    labels: ['event'],
    read: () => Object.entries(counts).map(([event, value]) => ({ labels: { event }, value })),
  })
}
