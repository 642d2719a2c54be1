import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { CacheKey } from '../event-log/projection.ts'
import { fillScript, invalidateScript, lookupScript } from './redis-scripts.ts'
import { decodeShared, encodeShared } from './shared-codec.ts'
import type { SharedFill, SharedLookup, SharedTier } from './shared-tier.ts'
import { createTrust } from './trust.ts'

export type RedisTierOptions = {
  readonly url: string
  /** First part of every key. Give each version of the cached shapes its own, e.g. `storeloom:0.1.0`. */
  readonly namespace: string
  /** Longest wait for an answer; then this process goes on without Redis. */
  readonly commandTimeoutMs: number
  /** How long an entry may live. Bounds memory, not staleness. Default one hour. */
  readonly valueTtlMs?: number
  /** After a failure, Redis is left alone for so long. Default 1,000. */
  readonly retryMs?: number
  /** Told once per change between usable and not; `reason` names no address. */
  readonly onState?: (state: { readonly usable: boolean; readonly reason: string }) => void
}

/** How long an invalidation is remembered. No lease older than half of it is honoured, so none can outlive it. */
const tombstoneTtlMs = 60_000

/** Keys of one script call: Redis answers nobody else meanwhile. */
const maxKeysPerCall = 500

/** A tier in Redis. Connects in the background and is simply not used while it cannot be reached or trusted. */
export function createRedisTier(options: RedisTierOptions): SharedTier {
  const { namespace, valueTtlMs = 3_600_000 } = options
  const epochKey = `${namespace}:epoch`
  const prefix = `${namespace}:entry:`
  const redis = new Redis(options.url, {
    commandTimeout: options.commandTimeoutMs,
    connectTimeout: 5_000,
    retryStrategy: (attempt) => Math.min(2_000, 50 * 2 ** attempt),
    // A command neither waits for a connection nor is sent twice: its deadline is now.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  })
  const trust = createTrust({
    empty: async () => {
      await redis.set(epochKey, randomUUID())
    },
    retryMs: options.retryMs ?? 1_000,
    onState: options.onState ?? (() => {}),
  })
  redis.on('ready', trust.regain)
  redis.on('close', () => trust.lose('the connection closed'))
  // Without a listener ioredis prints; `close` follows and says all that matters here.
  redis.on('error', () => {})

  /** Runs `work` while the tier is trusted. A failure, or trust lost meanwhile, counts as no answer. */
  async function whileTrusted<T>(work: () => Promise<T>): Promise<T | null> {
    const stamp = trust.stamp()
    if (stamp === null) return null
    try {
      const result = await work()
      return trust.stamp() === stamp ? result : null
    } catch {
      trust.lose('no answer in time')
      return null
    }
  }

  async function lookup(cache: string, keys: readonly string[]): Promise<SharedLookup[]> {
    const names = keys.map((key) => entryName(cache, key))
    const [epoch, states] = toReply(await redis.eval(lookupScript, 1, epochKey, prefix, randomUUID(), ...names))
    return keys.map((_, index) => toLookup(epoch, states[index] ?? null))
  }

  async function fill(cache: string, fills: readonly SharedFill[]): Promise<void> {
    const values = fills.flatMap(({ key, value, lease }) => {
      const { issuedMs, epoch, state } = parseLease(lease)
      const old = performance.now() - issuedMs > tombstoneTtlMs / 2
      return old ? [] : [entryName(cache, key), epoch, state, `v${encodeShared(value)}`]
    })
    if (values.length > 0) await redis.eval(fillScript, 1, epochKey, prefix, valueTtlMs, ...values)
  }

  async function bury(keys: readonly CacheKey[]): Promise<void> {
    const names = keys.map(({ cache, key }) => entryName(cache, key))
    await redis.eval(invalidateScript, 1, epochKey, prefix, tombstoneTtlMs, `t${randomUUID()}`, ...names)
  }

  function tell(work: () => Promise<unknown>): void {
    if (trust.stamp() === null) trust.missInvalidation()
    else void whileTrusted(work)
  }

  return {
    async getMany(cache, keys) {
      const parts = await whileTrusted(() => Promise.all(chunks(keys).map((part) => lookup(cache, part))))
      return parts?.flat() ?? null
    },
    async putMany(cache, fills) {
      await whileTrusted(() => Promise.all(chunks(fills).map((part) => fill(cache, part))))
    },
    invalidate(keys) {
      tell(() => Promise.all(chunks(keys).map(bury)))
    },
    invalidateAll() {
      tell(() => redis.set(epochKey, randomUUID()))
    },
    async [Symbol.asyncDispose]() {
      trust.end()
      redis.disconnect()
    },
  }
}

function entryName(cache: string, key: string): string {
  return `${cache}:${key}`
}

function toLookup(epoch: string, state: string | null): SharedLookup {
  if (state?.startsWith('v')) {
    const hit = decodeShared(state.slice(1))
    if (hit !== null) return { hit }
  }
  return { lease: JSON.stringify([performance.now(), epoch, state ?? '']) }
}

function parseLease(lease: string): { issuedMs: number; epoch: string; state: string } {
  const [issuedMs, epoch, state] = JSON.parse(lease) as [number, string, string]
  return { issuedMs, epoch, state }
}

/** What the lookup script returns: bulk strings, or null where there is nothing. */
function toReply(reply: unknown): [epoch: string, states: readonly (string | null)[]] {
  return reply as [string, (string | null)[]]
}

function chunks<T>(items: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let start = 0; start < items.length; start += maxKeysPerCall) {
    parts.push(items.slice(start, start + maxKeysPerCall))
  }
  return parts
}
