import { setTimeout as wait } from 'node:timers/promises'

export type BackoffOptions = {
  readonly baseMs: number
  readonly capMs: number
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number
}

/** Grows the wait between attempts and spreads it, so that many waiters do not return at the same moment. */
export type Backoff = {
  /** The wait before the next attempt: half of `base · 2^n` for sure and the other half by chance, never above the cap. */
  nextMs(): number
  /** After a success: the next wait is a short one again. */
  reset(): void
}

export function createBackoff({ baseMs, capMs, random = Math.random }: BackoffOptions): Backoff {
  let failures = 0
  return {
    nextMs() {
      const ceilingMs = Math.min(capMs, baseMs * 2 ** Math.min(failures, 30))
      failures += 1
      return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random())
    },
    reset() {
      failures = 0
    },
  }
}

/** Waits, or until the signal aborts: then it resolves early and does not reject, since loops check the signal themselves. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
