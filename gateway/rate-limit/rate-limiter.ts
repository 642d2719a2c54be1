/** How much one client may spend in one lane. */
export type RatePlan = {
  /** Points the bucket holds: the largest burst. */
  readonly maximum: number
  /** Points restored per second. */
  readonly restoreRate: number
}

export type RateDecision = {
  readonly allowed: boolean
  readonly maximum: number
  /** Points left after the decision; whole, never negative. */
  readonly available: number
  readonly restoreRate: number
  /** Until the same charge could pass; 0 when it passed. */
  readonly retryAfterMs: number
  /** True when the shared store could not be asked and this process decided alone. */
  readonly local: boolean
}

/**
 * A leaky bucket per key. Every driver passes `test/contracts/rate-limiter.ts`.
 *
 * A charge larger than the bucket can never pass; callers refuse it as too costly before asking.
 */
export type RateLimiter = {
  /** Takes `points` or nothing; at once where nothing must be asked. */
  charge(key: string, points: number, plan: RatePlan): RateDecision | Promise<RateDecision>
  /** Gives back what an operation was charged and did not cost; never above the maximum. */
  refund(key: string, points: number, plan: RatePlan): void | Promise<void>
}
