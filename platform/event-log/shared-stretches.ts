import { setImmediate as nextTurn } from 'node:timers/promises'
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
  /** Reads on from the end of what is kept. @returns the end then; null when nothing was kept. @throws what reading throws */
  lookAhead(): Promise<LogPosition | null>
  /**
   * The end of what is kept, when nothing of these types lies between `after` and it.
   * @param types null: every type
   * @returns null when something does, when more follows, or when it is not known
   */
  skip(after: LogPosition, types: ReadonlySet<string> | null): LogPosition | null
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
  /** False while it is read on and when that failed. */
  let endIsSure = false
  let flight: { readonly ended: Promise<void>; hasBegun: boolean } | null = null

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
    endIsSure = false
    const events = await load(from, stretchSize)
    const last = events.at(-1)
    endIsFull = events.length === stretchSize
    endIsSure = !endIsFull
    if (last === undefined) return
    end = last.position
    kept.push({ from, to: last.position, events })
    keptEvents += events.length
    while (kept.length > 1 && (keptEvents > mostEvents || kept.length > mostStretches)) {
      keptEvents -= kept.shift()?.events.length ?? 0
    }
  }

  /** Begins at the end of the turn, so that all who are woken together are on board. */
  function takeOff(from: LogPosition): NonNullable<typeof flight> {
    const begin = async (): Promise<void> => {
      await nextTurn()
      taken.hasBegun = true
      await extend(from)
    }
    const ended = begin().finally(() => {
      flight = null
    })
    const taken = { ended, hasBegun: false }
    return taken
  }

  async function next(after: LogPosition): Promise<Stretch | null> {
    const found = find(after)
    if (found !== null) return found
    if (flight?.hasBegun === true) {
      // It may have begun before the commit this reader was woken for, so another look follows when it brings nothing.
      await flight.ended.catch(() => {})
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
      flight = takeOff(after)
    }
    await flight.ended
    const extended = find(after)
    if (extended !== null || end === null || comparePositions(after, end) !== 0) return extended
    return { events: [], position: after, more: false }
  }

  return {
    next,
    async lookAhead() {
      if (end !== null) await next(end)
      return end
    },
    skip(after, types) {
      if (end === null || !endIsSure) return null
      if (comparePositions(after, end) >= 0) return after
      const isWanted = ({ type, position }: RecordedEvent): boolean =>
        (types === null || types.has(type)) && comparePositions(position, after) > 0
      // Who is told has read nearly everything, as a rule.
      for (const { from, events } of kept.toReversed()) {
        if (events.some(isWanted)) return null
        if (comparePositions(from, after) <= 0) return end
      }
      return null
    },
  }
}

/** Live events come a few at a time: many short stretches would make each look longer for no use. */
const mostStretches = 64
