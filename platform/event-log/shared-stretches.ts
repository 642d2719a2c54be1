import type { LogPosition, RecordedEvent } from './event-log.ts'
import { comparePositions } from './position.ts'

/** A piece of the log as one reader met it. */
export type Stretch = {
  /** Everything after where the reader stands and up to `position`, whatever its type. */
  readonly events: readonly RecordedEvent[]
  /** Equal to where the reader stands when nothing new is visible. */
  readonly position: LogPosition
  readonly more: boolean
}

/** Reads the end of the log once for all readers of a process. What was read never changes, so it may be kept. */
export type SharedStretches = {
  /** @returns null for a reader further back than what is kept: it has to read for itself */
  next(after: LogPosition): Promise<Stretch | null>
}

export type SharedStretchesDeps = {
  /** @returns what follows `after`, in log order; fewer than `stretchSize` only when nothing more is visible now */
  readonly load: (after: LogPosition, limit: number) => Promise<readonly RecordedEvent[]>
  /** Events per read. Default 1,000. */
  readonly stretchSize?: number
  /** Events kept for readers that are a little behind. Default 8,000. */
  readonly mostEvents?: number
}

type Kept = { readonly from: LogPosition; readonly to: LogPosition; readonly events: readonly RecordedEvent[] }

export function createSharedStretches(deps: SharedStretchesDeps): SharedStretches {
  const { load, stretchSize = 1_000, mostEvents = 8_000 } = deps
  /** Without gaps, oldest first, up to `end`. */
  let kept: Kept[] = []
  let keptEvents = 0
  let end: LogPosition | null = null
  let endIsFull = false
  let flight: Promise<void> | null = null

  function find(after: LogPosition): Stretch | null {
    const stretch = kept.findLast(({ from }) => comparePositions(from, after) <= 0)
    if (stretch === undefined || end === null || comparePositions(stretch.to, after) <= 0) return null
    const whole = comparePositions(stretch.from, after) === 0
    return {
      events: whole ? stretch.events : stretch.events.filter(({ position }) => comparePositions(position, after) > 0),
      position: stretch.to,
      more: endIsFull || comparePositions(stretch.to, end) < 0,
    }
  }

  async function extend(from: LogPosition): Promise<void> {
    const events = await load(from, stretchSize)
    const last = events.at(-1)
    endIsFull = events.length === stretchSize
    if (last === undefined) return
    end = last.position
    kept.push({ from, to: last.position, events })
    keptEvents += events.length
    while (kept.length > 1 && (keptEvents > mostEvents || kept.length > mostStretches)) {
      keptEvents -= kept.shift()?.events.length ?? 0
    }
  }

  return {
    async next(after) {
      const found = find(after)
      if (found !== null) return found
      if (flight !== null) {
        // It may have begun before the commit this reader was woken for, so another look follows when it brings nothing.
        await flight.catch(() => {})
        const brought = find(after)
        if (brought !== null) return brought
      }
      if (flight === null) {
        const order = end === null ? 1 : comparePositions(after, end)
        if (order < 0) return null
        if (order > 0) {
          kept = []
          keptEvents = 0
          end = after
        }
        flight = extend(after).finally(() => {
          flight = null
        })
      }
      await flight
      const extended = find(after)
      if (extended !== null || end === null || comparePositions(after, end) !== 0) return extended
      return { events: [], position: after, more: false }
    },
  }
}

/** Live events come a few at a time: many short stretches would make each look longer for no use. */
const mostStretches = 64
