import { createBackoff, pause } from '../resilience/backoff.ts'
import type { Database } from '../sql/database.ts'
import type { LogPosition } from './event-log.ts'
import { toPosition } from './event-row.ts'
import { comparePositions, startOfLog } from './position.ts'

/**
 * Watches up to where the log may be read. Events committed while an older transaction runs may be read only when that
 * one has ended, and nobody tells when it does; and a wake-up may be lost. So one look for all readers of the process asks
 * whether there is more, at once for whoever comes to the end, and now and then for all who are subscribed.
 */
export type EndWatch = Disposable & {
  /** @param end up to where its reader has read: it is woken when more may be read */
  look(end: LogPosition): void
}

export type EndWatchDeps = {
  readonly database: Database
  /** Longest time between two looks while anybody is subscribed. */
  readonly pollMs: number
  readonly isAwaited: () => boolean
  readonly onReadable: () => void
}

export function createEndWatch({ database, pollMs, isAwaited, onReadable }: EndWatchDeps): EndWatch {
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
        const { rows } = await database.query<EndsRow>(endsText)
        const [ends] = rows
        if (ends === undefined) {
          see(startOfLog)
          continue
        }
        const readable = { transactionId: ends.readable_transaction_id, row: ends.readable_row_id }
        see(readable)
        if (comparePositions(readable, from) > 0) {
          onReadable()
          backoff.reset()
        }
        if (comparePositions(toPosition(ends), readable) <= 0) continue
        ask(readable)
        await pause(backoff.nextMs(), stopping.signal)
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
    look,
    [Symbol.dispose]() {
      clearInterval(timer)
      stopping.abort()
    },
  }
}

/** Later than any event: who looks from here only learns where the end is. */
const endOfLog: LogPosition = { transactionId: 2n ** 64n - 1n, row: 0n }

type EndsRow = {
  readonly transaction_id: bigint
  readonly row_id: bigint
  readonly readable_transaction_id: bigint
  readonly readable_row_id: bigint
}

const endsText = `
  select last.transaction_id, last.row_id,
    coalesce(readable.transaction_id, '0') as readable_transaction_id, coalesce(readable.row_id, 0) as readable_row_id
  from (select transaction_id, row_id from event_log.events order by transaction_id desc, row_id desc limit 1) as last
  left join lateral (
    select transaction_id, row_id from event_log.events
    where transaction_id < pg_snapshot_xmin(pg_current_snapshot()) order by transaction_id desc, row_id desc limit 1
  ) as readable on true`
