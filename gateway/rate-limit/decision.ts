import type { RateDecision, RatePlan } from './rate-limiter.ts'

/** @param available points left after the decision, possibly fractional */
export function toDecision(
  allowed: boolean,
  available: number,
  points: number,
  plan: RatePlan,
  local: boolean,
): RateDecision {
  return {
    allowed,
    maximum: plan.maximum,
    available: Math.floor(available),
    restoreRate: plan.restoreRate,
    retryAfterMs: allowed ? 0 : Math.ceil(((points - available) / plan.restoreRate) * 1000),
    local,
  }
}
