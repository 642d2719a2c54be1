import { LRUCache } from 'lru-cache'
import type { Clock } from '../../platform/clock.ts'
import { toDecision } from './decision.ts'
import type { RateLimiter, RatePlan } from './rate-limiter.ts'

type Bucket = { available: number; updatedMs: number }

export type MemoryRateLimiterOptions = {
  readonly clock: Clock
  /** Buckets kept; the least used one is forgotten, which fills it. Default 100,000. */
  readonly maxKeys?: number
}

/** Buckets of this process alone. */
export function createMemoryRateLimiter({ clock, maxKeys = 100_000 }: MemoryRateLimiterOptions): RateLimiter {
  const buckets = new LRUCache<string, Bucket>({ max: maxKeys })

  function refilled(key: string, plan: RatePlan): Bucket {
    const nowMs = clock().getTime()
    const bucket = buckets.get(key)
    if (bucket === undefined) {
      const fresh = { available: plan.maximum, updatedMs: nowMs }
      buckets.set(key, fresh)
      return fresh
    }
    const elapsedMs = Math.max(0, nowMs - bucket.updatedMs)
    bucket.available = Math.min(plan.maximum, bucket.available + (elapsedMs * plan.restoreRate) / 1000)
    bucket.updatedMs = nowMs
    return bucket
  }

  return {
    charge(key, points, plan) {
      const bucket = refilled(key, plan)
      const allowed = bucket.available >= points
      if (allowed) bucket.available -= points
      return toDecision(allowed, bucket.available, points, plan, false)
    },
    refund(key, points, plan) {
      const bucket = refilled(key, plan)
      bucket.available = Math.min(plan.maximum, bucket.available + points)
    },
  }
}
