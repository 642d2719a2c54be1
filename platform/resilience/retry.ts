export type RetryBudgetOptions = {
  /** Retries allowed per first attempt, e.g. 0.1 for one in ten. */
  readonly ratio: number
  /** Retries allowed each second whatever the traffic, so that a quiet process can retry at all. */
  readonly minPerSecond: number
  /** Most retries that can be saved up. */
  readonly maxSaved: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** Bounds retries as a share of the traffic: without it a failing upstream gets every call twice when it can bear it least. */
export type RetryBudget = {
  /** Counts a first attempt. */
  deposit(): void
  /** @returns whether one more attempt may be made; it is then spent */
  withdraw(): boolean
}

export function createRetryBudget(options: RetryBudgetOptions): RetryBudget {
  const { ratio, minPerSecond, maxSaved, now = () => performance.now() } = options
  let saved = Math.min(maxSaved, minPerSecond)
  let filledAtMs = now()

  return {
    deposit() {
      saved = Math.min(maxSaved, saved + ratio)
    },
    withdraw() {
      const nowMs = now()
      saved = Math.min(maxSaved, saved + ((nowMs - filledAtMs) / 1000) * minPerSecond)
      filledAtMs = nowMs
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
