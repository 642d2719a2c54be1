import type { EventLog, LogPosition, ReadResult, RecordedEvent } from '../../platform/event-log/event-log.ts'
import { comparePositions } from '../../platform/event-log/position.ts'
import { createWakeable } from '../../platform/event-log/wakeable.ts'
import { createBackoff, pause } from '../../platform/resilience/backoff.ts'
import { createKeptEvents } from './kept-events.ts'

/** A stretch of the log, everything in it settled. */
export type LogBatch = {
  readonly from: LogPosition
  readonly to: LogPosition
  /** Of the types asked for, in log order. */
  readonly events: readonly RecordedEvent[]
}

export type LogReaderDeps = {
  readonly eventLog: EventLog
  /** Resolves when what is read of the graph shows everything up to the position, or when waiting for it is given up. */
  readonly settle: (position: LogPosition, signal: AbortSignal) => Promise<void>
  readonly types: () => readonly string[]
  readonly onBatch: (batch: LogBatch) => void
  readonly onFault: (error: unknown) => void
  /** Longest time between two looks at the log without a wake-up. */
  readonly pollMs: number
}

/** Reads the end of the log once for everyone in this process. */
export type LogReader = AsyncDisposable & {
  /** Where it stands; begins to read at the end of the log when it does not yet. */
  start(): Promise<LogPosition>
  /** Where it stands; null while it does not read. */
  at(): LogPosition | null
  /** Ends reading, when nobody listens any more. */
  pause(): void
  /** Drops what is kept in memory: it is not known to be everything of the types asked for from now on. */
  forget(): void
  /** A page for someone further back: from memory where it reaches back so far, else from the log. */
  page(after: LogPosition, types: readonly string[]): Promise<ReadResult>
}

const pageSize = 500
const replayPageSize = 100
const keptBounds = { events: 4_096, values: 500_000, perPage: replayPageSize }

export function createLogReader(deps: LogReaderDeps): LogReader {
  const { eventLog } = deps
  const wakeable = createWakeable()
  const wakeUps = eventLog.onWake(wakeable.wake)
  const disposing = new AbortController()
  let running: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null
  let starting: Promise<LogPosition> | null = null
  let position: LogPosition | null = null
  const kept = createKeptEvents(keptBounds)

  async function begin(): Promise<LogPosition> {
    const head = await eventLog.head()
    await deps.settle(head, disposing.signal)
    position = head
    kept.restart(head)
    const stop = new AbortController()
    running = { stop, ended: run(AbortSignal.any([stop.signal, disposing.signal])) }
    return head
  }

  async function run(signal: AbortSignal): Promise<void> {
    const faults = createBackoff({ baseMs: 20, capMs: 1_000 })
    while (!signal.aborted) {
      try {
        const page = await look(signal)
        faults.reset()
        if (page.events.length === 0 && !page.more) await wakeable.wait(deps.pollMs, signal)
      } catch (error) {
        if (signal.aborted) return
        deps.onFault(error)
        await pause(faults.nextMs(), signal)
      }
    }
  }

  async function look(signal: AbortSignal): Promise<ReadResult> {
    const from = position ?? (await eventLog.head())
    const page = await eventLog.read({ after: from, limit: pageSize, types: deps.types() })
    if (signal.aborted || comparePositions(page.position, from) === 0) return page
    if (page.events.length > 0) await deps.settle(page.position, signal)
    if (signal.aborted) return page
    position = page.position
    kept.add(page.events)
    deps.onBatch({ from, to: page.position, events: page.events })
    return page
  }

  return {
    start() {
      if (position !== null && running !== null) return Promise.resolve(position)
      starting ??= begin().finally(() => {
        starting = null
      })
      return starting
    },
    at: () => (running === null ? null : position),
    pause() {
      running?.stop.abort()
      running = null
      position = null
    },
    forget() {
      kept.restart(position)
    },
    async page(after, types) {
      const known = position === null ? null : kept.page(after, position, new Set(types))
      if (known !== null) return known
      const page = await eventLog.read({ after, limit: replayPageSize, types })
      if (position === null || comparePositions(position, page.position) < 0) {
        await deps.settle(page.position, disposing.signal)
      }
      return page
    },
    async [Symbol.asyncDispose]() {
      disposing.abort()
      wakeUps[Symbol.dispose]()
      await running?.ended
    },
  }
}
