/** What a burst of commits takes from its first to its last; nobody notices it in another process. */
export const restMs = 10

/**
 * Tells the processes that share a log that something was committed. It carries no data and may lose messages:
 * readers poll as well, so a lost one costs latency only.
 */
export type WakeBus = AsyncDisposable & {
  /** Returns at once; of calls within `restMs` the first is sent at once, the others as one. Failures are swallowed. */
  publish(): void
  /** Calls `onWake` for what other ends of the bus publish, not for what this one does, and after each reconnection. */
  subscribe(onWake: () => void): Disposable
}
