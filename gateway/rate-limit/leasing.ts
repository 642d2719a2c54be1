import type { Clock } from '../../platform/clock.ts'
import { toDecision } from './decision.ts'
import type { RateDecision, RateLimiter, RatePlan } from './rate-limiter.ts'

export type LeasingRateLimiterOptions = {
  /** Where the buckets are. */
  readonly shared: RateLimiter
  readonly clock: Clock
  /** A lease that nobody uses for so long goes back. Default 1,000. */
  readonly leaseMs?: number
  /** Buckets of which this process holds a part at once; of further ones it holds none. Default 10,000. */
  readonly maxLeases?: number
}

/** Of a bucket, one process holds a fiftieth at most, and no more points than these. */
const leaseShare = 50
const mostLeased = 500

const leaseSizeOf = ({ maximum }: RatePlan): number => Math.min(Math.floor(maximum / leaseShare), mostLeased)

type Lease = {
  /** Points taken out of the shared bucket and not spent yet. */
  left: number
  /** What the shared bucket had, and when. */
  known: number
  knownAtMs: number
  isUsed: boolean
  asking: Promise<RateDecision> | null
  plan: RatePlan
}

/**
 * Takes points out of a shared bucket ahead of need, so that most charges of a client that comes often ask nobody. Leased
 * points are taken already, so that processes together never spend more than the bucket and what they hold of it: at most a
 * fiftieth each. What one holds, others lack for as long.
 */
export function createLeasingRateLimiter(options: LeasingRateLimiterOptions): RateLimiter {
  const { shared, clock, leaseMs = 1_000, maxLeases = 10_000 } = options
  const leases = new Map<string, Lease>()
  let isSweeping = false

  function charge(key: string, points: number, plan: RatePlan): RateDecision | Promise<RateDecision> {
    const lease = leases.get(key)
    if (lease === undefined) return begin(key, points, plan)
    lease.plan = plan
    lease.isUsed = true
    if (points > leaseSizeOf(plan)) {
      giveBack(key, lease)
      return shared.charge(key, points, plan)
    }
    if (lease.left >= points) {
      lease.left -= points
      return toDecision(true, availableOf(lease, plan), points, plan, false)
    }
    const again = () => charge(key, points, plan)
    if (lease.asking !== null) return lease.asking.then(again, again)
    const asking = ask(key, lease, points, plan).finally(() => {
      lease.asking = null
    })
    lease.asking = asking
    return asking
  }

  /** Who comes once asks once: a lease begins with the second charge. */
  async function begin(key: string, points: number, plan: RatePlan): Promise<RateDecision> {
    const decision = await shared.charge(key, points, plan)
    if (leaseSizeOf(plan) > 0 && leases.size < maxLeases && !leases.has(key)) {
      leases.set(key, { left: 0, known: 0, knownAtMs: 0, isUsed: true, asking: null, plan })
      sweepLater()
    }
    const lease = leases.get(key)
    if (lease !== undefined) learn(lease, decision)
    return decision
  }

  async function ask(key: string, lease: Lease, points: number, plan: RatePlan): Promise<RateDecision> {
    giveBack(key, lease)
    const size = leaseSizeOf(plan)
    const more = availableOf(lease, plan) >= points + size ? size : 0
    const decision = await shared.charge(key, points + more, plan)
    learn(lease, decision)
    if (decision.allowed) {
      lease.left += more
      return { ...decision, available: Math.floor(availableOf(lease, plan)) }
    }
    if (more > 0 && decision.available >= points) return await shared.charge(key, points, plan)
    return toDecision(false, decision.available, points, plan, false)
  }

  /** Travels with the next charge, or alone. */
  function giveBack(key: string, lease: Lease): void {
    const { left, plan } = lease
    lease.left = 0
    if (left > 0) refundShared(key, left, plan)
  }

  /** What does not arrive is lost: the client has less for a moment, never more. */
  function refundShared(key: string, points: number, plan: RatePlan): void {
    const refunded = shared.refund(key, points, plan)
    if (refunded instanceof Promise) refunded.catch(() => {})
  }

  function learn(lease: Lease, { available }: RateDecision): void {
    lease.known = available
    lease.knownAtMs = clock().getTime()
  }

  /** As far as this process knows: others may have spent of it since. */
  function availableOf({ left, known, knownAtMs }: Lease, { maximum, restoreRate }: RatePlan): number {
    const restored = (Math.max(0, clock().getTime() - knownAtMs) * restoreRate) / 1_000
    return Math.min(maximum, known + restored + left)
  }

  function sweepLater(): void {
    if (isSweeping) return
    isSweeping = true
    setTimeout(sweep, leaseMs).unref()
  }

  function sweep(): void {
    isSweeping = false
    for (const [key, lease] of leases) {
      if (!lease.isUsed && lease.asking === null) {
        giveBack(key, lease)
        leases.delete(key)
      }
      lease.isUsed = false
    }
    if (leases.size > 0) sweepLater()
  }

  return {
    charge,
    refund(key, points, plan) {
      const lease = leases.get(key)
      const kept = lease === undefined ? 0 : Math.min(points, Math.max(0, leaseSizeOf(plan) - lease.left))
      if (lease !== undefined) {
        lease.left += kept
        lease.known += points - kept
      }
      return points > kept ? shared.refund(key, points - kept, plan) : undefined
    },
  }
}
