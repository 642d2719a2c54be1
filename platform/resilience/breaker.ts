export type BreakerOptions = {
  /** Calls of the last so many milliseconds count. */
  readonly windowMs: number
  /** Fewer calls than this in the window say nothing. */
  readonly minCalls: number
  /** Opens when at least this part of the window's calls failed, in (0, 1]. */
  readonly failureRatio: number
  /** How long it stays open before one call is let through to try. */
  readonly openMs: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** Stops asking something that keeps failing, so that callers fail fast and it can recover. */
export type Breaker = {
  /**
   * Asks to make a call; who gets `true` reports its end with `succeed` or `fail`.
   * @returns whether the call may be made
   */
  enter(): boolean
  succeed(): void
  fail(): void
  /** The call told nothing, e.g. its caller went away. */
  forget(): void
  /** Milliseconds until the next try; 0 when calls are let through. */
  openForMs(): number
}

const slices = 10

export function createBreaker(options: BreakerOptions): Breaker {
  const { windowMs, minCalls, failureRatio, openMs, now = () => performance.now() } = options
  if (!(failureRatio > 0 && failureRatio <= 1)) {
    throw new RangeError(`Cannot build breaker: failureRatio is ${failureRatio}, allowed is more than 0 to 1`)
  }
  const sliceMs = windowMs / slices
  const calls = new Array<number>(slices).fill(0)
  const failures = new Array<number>(slices).fill(0)
  let slice = Math.floor(now() / sliceMs)
  let openUntilMs = 0
  let isTrying = false

  function turn(): number {
    const current = Math.floor(now() / sliceMs)
    for (let passed = Math.min(slices, current - slice); passed > 0; passed--) {
      calls[(current - passed + 1) % slices] = 0
      failures[(current - passed + 1) % slices] = 0
    }
    slice = current
    return current % slices
  }

  function reset(): void {
    calls.fill(0)
    failures.fill(0)
    openUntilMs = 0
    isTrying = false
  }

  return {
    enter() {
      if (openUntilMs === 0) return true
      if (isTrying || now() < openUntilMs) return false
      isTrying = true
      return true
    },
    succeed() {
      if (isTrying) return reset()
      const at = turn()
      calls[at] = (calls[at] ?? 0) + 1
    },
    fail() {
      const at = turn()
      calls[at] = (calls[at] ?? 0) + 1
      failures[at] = (failures[at] ?? 0) + 1
      const total = sum(calls)
      if (!isTrying && (total < minCalls || sum(failures) < failureRatio * total)) return
      isTrying = false
      openUntilMs = now() + openMs
    },
    forget() {
      isTrying = false
    },
    openForMs: () => (openUntilMs === 0 ? 0 : Math.max(0, openUntilMs - now())),
  }
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
