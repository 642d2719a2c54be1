/**
 * Takes the price of one event from a client's budget.
 * @returns milliseconds until there may be enough; 0: it is taken
 */
export type PayForEvent = () => number | Promise<number>

/** What stands between a stream and its client: each message goes out once it is paid for. None is dropped, it only waits. */
export type Budget = Disposable & {
  /** @returns whether the next message may go out; if not, `onPaid` comes when it may, or when asking again is worth it */
  isPaid(): boolean
  /** The message that was paid for is out: the next one is not paid for yet. */
  spend(): void
}

/** Also the longest time for which a client notices nothing of a budget that was raised. */
const longestWaitMs = 5_000

export function createBudget(pay: PayForEvent, onPaid: () => void, onSlowed: () => void): Budget {
  let state: 'unpaid' | 'asking' | 'paid' = 'unpaid'
  let timer: NodeJS.Timeout | undefined

  function waitFor(ms: number): void {
    onSlowed()
    state = 'asking'
    timer = setTimeout(
      () => {
        state = 'unpaid'
        onPaid()
      },
      Math.min(Math.max(1, ms), longestWaitMs),
    ).unref()
  }

  return {
    isPaid() {
      if (state !== 'unpaid') return state === 'paid'
      const waitMs = pay()
      if (waitMs instanceof Promise) {
        state = 'asking'
        waitMs.then(
          (ms) => {
            if (ms > 0) return waitFor(ms)
            state = 'paid'
            onPaid()
          },
          () => waitFor(longestWaitMs),
        )
        return false
      }
      if (waitMs > 0) waitFor(waitMs)
      else state = 'paid'
      return waitMs === 0
    },
    spend() {
      state = 'unpaid'
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
