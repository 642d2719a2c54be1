/**
 * Tells the processes that share a log that something was committed. It carries no data and may lose messages:
 * readers poll as well, so a lost one costs latency only.
 */
export type WakeBus = AsyncDisposable & {
  /** Returns at once; calls that follow each other quickly may be sent as one. Failures are swallowed. */
  publish(): void
  /** Calls `onWake` for what any process publishes, this one included, and after each reconnection. */
  subscribe(onWake: () => void): Disposable
}
