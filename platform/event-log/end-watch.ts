import { createBackoff, pause } from '../resilience/backoff.ts'
import type { LogPosition } from './event-log.ts'
import { comparePositions } from './position.ts'

/**
 * Watches up to where the log may be read. Events committed while an older transaction runs may be read only when that
 * one has ended, and nobody tells when it does; and a wake-up may be lost. So one look for all readers of the process asks
 * whether there is more, soon for whoever comes to an end behind which something is held, and now and then for all who are
 * subscribed.
 */
export type EndWatch = Disposable & {
  /**
   * A reader has read to the end.
   * @param end up to where it has read
   * @param isHeld whether more may be there: what is committed and not to be read yet; its reader is then woken when it is
   */
  reached(end: LogPosition, isHeld: boolean): void
}

export type EndWatchDeps = {
  /** How far the log may be read now. Where something is held, it or who reads for it says so with `reached`. */
  readonly findEnd: () => Promise<LogPosition>
  /** Longest time between two looks while anybody is subscribed. */
  readonly pollMs: number
  readonly isAwaited: () => boolean
  readonly onReadable: () => void
}

export function createEndWatch({ findEnd, pollMs, isAwaited, onReadable }: EndWatchDeps): EndWatch {
  const stopping = new AbortController()
  /** Null before the first look: nobody can have missed anything yet. */
  let seen: LogPosition | null = null
  /** What had been seen when the timer came last: since then one reader may have read on and another not been woken. */
  let seenBefore: LogPosition | null = null
  let asked: LogPosition | null = null
  let looking = false
  const timer = setInterval(() => {
    if (isAwaited()) look(seenBefore ?? endOfLog)
    seenBefore = seen
  }, pollMs)
  timer.unref()

  async function lookWhileAnyAreHeld(): Promise<void> {
    looking = true
    const backoff = createBackoff({ baseMs: 2, capMs: 25 })
    try {
      while (asked !== null && !stopping.signal.aborted) {
        const from = asked
        asked = null
        // It has only just been looked.
        await pause(backoff.nextMs(), stopping.signal)
        const readable = await findEnd()
        see(readable)
        if (comparePositions(readable, from) <= 0) continue
        onReadable()
        backoff.reset()
      }
    } catch {
      // Costs latency only: the next look comes by itself.
      asked = null
    } finally {
      looking = false
    }
  }

  function see(end: LogPosition): void {
    seen = end
    seenBefore ??= end
  }

  function ask(end: LogPosition): void {
    asked = asked === null || comparePositions(end, asked) < 0 ? end : asked
  }

  function look(end: LogPosition): void {
    ask(end)
    if (!looking) void lookWhileAnyAreHeld()
  }

  return {
    reached(end, isHeld) {
      see(end)
      if (isHeld) look(end)
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      stopping.abort()
    },
  }
}

/** Later than any event: who looks from here only learns where the end is. */
const endOfLog: LogPosition = { transactionId: 2n ** 64n - 1n, row: 0n }
