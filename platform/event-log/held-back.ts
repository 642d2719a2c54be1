import { createBackoff, pause } from '../resilience/backoff.ts'
import type { Database } from '../sql/database.ts'
import type { LogPosition } from './event-log.ts'
import { toPosition } from './event-row.ts'
import { comparePositions } from './position.ts'

/**
 * Events committed while an older transaction runs may be read only when that one has ended, and nobody tells when it
 * does. Whoever comes to the end of what may be read has this look whether there is more, and is woken when it may be read.
 */
export type HeldBack = Disposable & {
  /** @param end up to where its reader has read */
  look(end: LogPosition): void
}

export function createHeldBack(database: Database, onReadable: () => void): HeldBack {
  const stopping = new AbortController()
  let asked: LogPosition | null = null
  let looking = false

  async function lookWhileAnyAreHeld(): Promise<void> {
    looking = true
    const backoff = createBackoff({ baseMs: 2, capMs: 25 })
    try {
      while (asked !== null && !stopping.signal.aborted) {
        const from = asked
        asked = null
        const { rows } = await database.query<EndsRow>(endsText)
        const [ends] = rows
        if (ends === undefined) continue
        const readable = { transactionId: ends.readable_transaction_id, row: ends.readable_row_id }
        if (comparePositions(readable, from) > 0) {
          onReadable()
          backoff.reset()
        }
        if (comparePositions(toPosition(ends), readable) <= 0) continue
        ask(readable)
        await pause(backoff.nextMs(), stopping.signal)
      }
    } catch {
      // Costs latency only: readers poll.
      asked = null
    } finally {
      looking = false
    }
  }

  function ask(end: LogPosition): void {
    asked = asked === null || comparePositions(end, asked) < 0 ? end : asked
  }

  return {
    look(end) {
      ask(end)
      if (!looking) void lookWhileAnyAreHeld()
    },
    [Symbol.dispose]: () => stopping.abort(),
  }
}

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
