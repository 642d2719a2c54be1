import type { Clock } from '../../platform/clock.ts'
import type { RateLimiter } from './rate-limiter.ts'

export type ResilientRateLimiterOptions = {
  readonly shared: RateLimiter
  readonly local: RateLimiter
  readonly clock: Clock
  /** How long the shared store may take before this process decides alone. Default 50. */
  readonly deadlineMs?: number
  /** After a failure the shared store is left alone for this long. Default 1,000. */
  readonly pauseMs?: number
  readonly onDegraded?: (error: unknown) => void
}

/**
 * Shared limits while the shared store answers, local ones while it does not. A store that is away costs one
 * request its deadline per pause, and never fails one.
 */
export function createResilientRateLimiter(options: ResilientRateLimiterOptions): RateLimiter {
  const { shared, local, clock, deadlineMs = 50, pauseMs = 1_000 } = options
  let pausedUntilMs = Number.NEGATIVE_INFINITY

  function shareOr<T>(ask: () => T | Promise<T>, alone: () => T | Promise<T>): T | Promise<T> {
    if (clock().getTime() < pausedUntilMs) return alone()
    const goAlone = (error: unknown) => {
      pausedUntilMs = clock().getTime() + pauseMs
      options.onDegraded?.(error)
      return alone()
    }
    try {
      const asked = ask()
      return asked instanceof Promise ? withDeadline(asked, deadlineMs).catch(goAlone) : asked
    } catch (error) {
      return goAlone(error)
    }
  }

  return {
    charge: (key, points, plan) =>
      shareOr(
        () => shared.charge(key, points, plan),
        async () => ({ ...(await local.charge(key, points, plan)), local: true }),
      ),
    refund: (key, points, plan) =>
      shareOr(
        () => shared.refund(key, points, plan),
        () => local.refund(key, points, plan),
      ),
  }
}

function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Cannot decide in time: no answer within ${deadlineMs} ms`)),
      deadlineMs,
    )
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
