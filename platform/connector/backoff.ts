import { setTimeout as delay } from 'node:timers/promises'

/** Waits between attempts: doubling, with jitter, never longer than the bound. */
export type Backoff = {
  /** Waits the next interval; returns early when aborted. */
  wait(signal: AbortSignal): Promise<void>
  /** Call after success: the next wait is the first again. */
  reset(): void
}

/** @param options default 200 ms doubling up to 10,000 ms; each wait is between half and all of that */
export function createBackoff(options: { readonly firstMs?: number; readonly mostMs?: number } = {}): Backoff {
  const { firstMs = 200, mostMs = 10_000 } = options
  let nextMs = firstMs
  return {
    async wait(signal) {
      const waitMs = nextMs * (0.5 + Math.random() / 2)
      nextMs = Math.min(mostMs, nextMs * 2)
      await pause(waitMs, signal)
    },
    reset() {
      nextMs = firstMs
    },
  }
}

/** Waits `ms`; returns early, without an error, when aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
