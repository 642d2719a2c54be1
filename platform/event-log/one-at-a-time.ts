import { setTimeout as wait } from 'node:timers/promises'

export type OneAtATime = AsyncDisposable & {
  /** Runs it now, or once more after the run under way, however often it is asked for meanwhile. */
  run(): void
}

/**
 * At most one run under way, and at most one waiting: what bursts of wake-ups are sent by.
 * @param restMs least time between two runs; the first of a burst waits for nothing. Default 0
 */
export function createOneAtATime(work: () => Promise<void>, restMs = 0): OneAtATime {
  let running = false
  let again = false
  let closed = false
  let last: Promise<void> = Promise.resolve()

  async function runUntilNoneIsAsked(): Promise<void> {
    // Not told by `last`: a run that awaits nothing ends before its promise could be kept there.
    running = true
    do {
      again = false
      await work().catch(() => {})
      if (restMs > 0 && !closed) await wait(restMs)
    } while (again && !closed)
    running = false
  }

  return {
    run() {
      if (closed) return
      if (running) again = true
      else last = runUntilNoneIsAsked()
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await last
    },
  }
}
