import type { RecordedEvent } from './event-log.ts'

/** Told what this process's read models show now, after their caches dropped what it touched. Must not throw. */
export type AppliedListener = {
  /** Once for each projection that applied them. */
  applied(events: readonly RecordedEvent[]): void
  /** After a rebuild, or when it is unknown what was missed. */
  appliedUnknown(): void
}

export type AppliedEvents = { subscribe(listener: AppliedListener): Disposable }

export type AppliedTeller = AppliedListener & AppliedEvents

/** What keeps the caches tells it, in the same turn, to whoever keeps something else made of the read models. */
export function createAppliedEvents(): AppliedTeller {
  const listeners = new Set<AppliedListener>()
  return {
    applied(events) {
      for (const listener of listeners) listener.applied(events)
    },
    appliedUnknown() {
      for (const listener of listeners) listener.appliedUnknown()
    },
    subscribe(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
  }
}
