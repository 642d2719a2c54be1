import type { Clock } from '../clock.ts'
import { AppError } from '../errors/app-error.ts'
import { withDeadline } from '../resilience/deadline.ts'
import type { Cached, ReadThrough, ReadThroughOptions } from './cache.ts'
import { createEntries, type HeldEntry } from './entries.ts'
import { createFlights, type Flight, type Landing } from './flights.ts'
import type { FillLease, SharedTier } from './shared-tier.ts'

/** Counts since the cache was built. Plain numbers, so that a hit costs no more than an addition. */
export type CacheStats = {
  hits: number
  sharedHits: number
  misses: number
  loads: number
  loadFailures: number
  staleServed: number
}

export type ReadThroughDeps = {
  readonly clock: Clock
  readonly shared: SharedTier | null
  /** Longest a load may take. */
  readonly loadTimeoutMs: number
  /** After a load failed for want of its store, earlier values are served for so long before the store is asked again. */
  readonly failureHoldMs: number
}

/** What the factory needs of a cache besides reading. */
export type ManagedReadThrough<K, V> = ReadThrough<K, V> & {
  drop(key: string): void
  dropAll(): void
  readonly stats: Readonly<CacheStats>
  readonly size: () => number
}

/** Most keys of one load; further ones go into loads of their own, at the same time. */
const maxBatchSize = 1_000

const storeIsDown = new Set<string>(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'DEADLINE_EXCEEDED', 'OVERLOADED'])

export function createReadThrough<K, V>(
  deps: ReadThroughDeps,
  { name, keyOf, load, maxEntries }: ReadThroughOptions<K, V>,
): ManagedReadThrough<K, V> {
  const { clock, shared } = deps
  const entries = createEntries<V>(maxEntries)
  const flights = createFlights<K, V>(maxBatchSize, loadBatch)
  const stats: CacheStats = { hits: 0, sharedHits: 0, misses: 0, loads: 0, loadFailures: 0, staleServed: 0 }
  let holdUntilMs = 0

  function peekMany(keys: readonly K[]): readonly Cached<V>[] | undefined {
    const nowMs = clock().getTime()
    const found: Cached<V>[] = []
    for (const key of keys) {
      const entry = entries.fresh(keyOf(key))
      if (entry === undefined) return undefined
      found.push({ value: entry.value, stale: false, ageMs: age(nowMs, entry.readAtMs) })
    }
    stats.hits += found.length
    return found
  }

  function hold(key: K): HeldEntry<V> | undefined {
    const entry = entries.fresh(keyOf(key))
    if (entry !== undefined) stats.hits += 1
    return entry
  }

  async function settleMany(keys: readonly K[]): Promise<readonly (Cached<V> | Error)[]> {
    const nowMs = clock().getTime()
    const landings = keys.map((key) => find(key, nowMs))
    const settled: (Cached<V> | Error)[] = []
    for (const landing of landings) settled.push(toCached(landing instanceof Promise ? await landing : landing))
    return settled
  }

  function find(key: K, nowMs: number): Landing<V> | Promise<Landing<V>> {
    const id = keyOf(key)
    const fresh = entries.fresh(id)
    if (fresh !== undefined) {
      stats.hits += 1
      return { ...fresh, stale: false }
    }
    stats.misses += 1
    const stale = nowMs < holdUntilMs ? entries.stale(id) : undefined
    return stale === undefined ? flights.join(id, key).landed : { ...stale, stale: true }
  }

  function toCached(landing: Landing<V>): Cached<V> | Error {
    if ('error' in landing) return landing.error
    if (landing.stale) stats.staleServed += 1
    return { value: landing.value, stale: landing.stale, ageMs: age(clock().getTime(), landing.readAtMs) }
  }

  async function loadBatch(batch: readonly Flight<K, V>[]): Promise<void> {
    const leases = new Map<string, FillLease>()
    const missing = shared === null ? batch : await landShared(shared, batch, leases)
    const readAtMs = clock().getTime()
    const values = missing.length === 0 ? null : await loadMissing(missing, readAtMs)
    if (shared !== null && values !== null) await fillShared(shared, missing, values, readAtMs, leases)
  }

  /** Lands every flight. @returns null when the load failed. */
  async function loadMissing(
    missing: readonly Flight<K, V>[],
    readAtMs: number,
  ): Promise<readonly (V | null)[] | null> {
    const deadline = { timeoutMs: deps.loadTimeoutMs, what: `read ${name}`, code: 'UPSTREAM_TIMEOUT' } as const
    const keys = missing.map((flight) => flight.key)
    stats.loads += 1
    try {
      const values = await withDeadline(deadline, () => load(keys))
      if (values.length !== keys.length) {
        throw new TypeError(`Cannot cache ${name}: load returned ${values.length} entries for ${keys.length} keys`)
      }
      for (const [index, flight] of missing.entries()) land(flight, values[index] ?? null, readAtMs)
      holdUntilMs = 0
      return values
    } catch (error) {
      landFailed(missing, error)
      return null
    }
  }

  /** @returns the flights that the shared tier does not answer; their leases go to `leases`. */
  async function landShared(
    tier: SharedTier,
    batch: readonly Flight<K, V>[],
    leases: Map<string, FillLease>,
  ): Promise<readonly Flight<K, V>[]> {
    const lookups = await tier.getMany(
      name,
      batch.map((flight) => flight.id),
    )
    if (lookups === null) return batch
    return batch.filter((flight, index) => {
      const lookup = lookups[index]
      if (lookup === undefined) return true
      if ('lease' in lookup) {
        leases.set(flight.id, lookup.lease)
        return true
      }
      stats.sharedHits += 1
      land(flight, lookup.hit.value as V | null, lookup.hit.readAtMs)
      return false
    })
  }

  async function fillShared(
    tier: SharedTier,
    loaded: readonly Flight<K, V>[],
    values: readonly (V | null)[],
    readAtMs: number,
    leases: ReadonlyMap<string, FillLease>,
  ): Promise<void> {
    const fills = loaded.flatMap((flight, index) => {
      const lease = leases.get(flight.id)
      if (lease === undefined || !flight.current) return []
      return [{ key: flight.id, lease, value: { value: values[index] ?? null, readAtMs } }]
    })
    if (fills.length > 0) await tier.putMany(name, fills)
  }

  function land(flight: Flight<K, V>, value: V | null, readAtMs: number): void {
    if (flight.current) entries.put(flight.id, { value, readAtMs })
    flights.land(flight, { value, readAtMs, stale: false })
  }

  function landFailed(failed: readonly Flight<K, V>[], cause: unknown): void {
    stats.loadFailures += 1
    if (cause instanceof AppError && storeIsDown.has(cause.code)) holdUntilMs = clock().getTime() + deps.failureHoldMs
    const error = cause instanceof Error ? cause : AppError.from(cause)
    for (const flight of failed) {
      const last = entries.stale(flight.id)
      flights.land(flight, last === undefined ? { error } : { ...last, stale: true })
    }
  }

  async function getMissing(keys: readonly K[]): Promise<readonly Cached<V>[]> {
    return (await settleMany(keys)).map(orThrow)
  }

  return {
    name,
    keyOf,
    peek: (key) => hold(key)?.value,
    hold,
    peekMany,
    settleMany,
    getMany(keys) {
      const found = peekMany(keys)
      return found === undefined ? getMissing(keys) : Promise.resolve(found)
    },
    async get(key) {
      const [cached] = peekMany([key]) ?? (await settleMany([key]))
      if (cached === undefined) throw new TypeError(`Cannot read ${name}: one key gave no entry`)
      return orThrow(cached)
    },
    drop(key) {
      flights.invalidate(key)
      entries.drop(key)
    },
    dropAll() {
      flights.invalidateAll()
      entries.dropAll()
    },
    stats,
    size: entries.size,
  }
}

function orThrow<V>(cached: Cached<V> | Error): Cached<V> {
  if (cached instanceof Error) throw cached
  return cached
}

/** Clocks step back; an age does not. */
function age(nowMs: number, readAtMs: number): number {
  return nowMs > readAtMs ? nowMs - readAtMs : 0
}
