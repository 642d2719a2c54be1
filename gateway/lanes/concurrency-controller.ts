export type ConcurrencyBounds = {
  readonly minimum: number
  readonly maximum: number
  /** Above this share of busy event-loop time the limit shrinks. 0 to 1. */
  readonly targetUtilization: number
}

export const defaultConcurrencyBounds: ConcurrencyBounds = { minimum: 8, maximum: 512, targetUtilization: 0.9 }

/**
 * How many requests should run at once, after one more look at how busy the event loop was: one more while it
 * keeps up, a tenth fewer while it does not (additive increase, multiplicative decrease). More running at once
 * than the loop can serve only makes each of them slower.
 *
 * @param utilization share of the last interval the event loop was busy, 0 to 1
 * @param saturated whether the present limit was reached: an idle gateway learns nothing and keeps its limit
 */
export function nextConcurrency(
  limit: number,
  utilization: number,
  saturated: boolean,
  bounds: ConcurrencyBounds = defaultConcurrencyBounds,
): number {
  if (utilization > bounds.targetUtilization) return Math.max(bounds.minimum, Math.floor(limit * 0.9))
  return saturated ? Math.min(bounds.maximum, limit + 1) : limit
}
