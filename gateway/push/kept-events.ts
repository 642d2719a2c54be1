import type { JsonValue, LogPosition, ReadResult, RecordedEvent } from '../../platform/event-log/event-log.ts'
import { comparePositions } from '../../platform/event-log/position.ts'

/** The newest events of the log, for who is only a little behind. Bounded in number and in size: one may tell of 128 reservations. */
export type KeptEvents = {
  /** Keeps what is read from a position on, and nothing before it; null: nothing is read. */
  restart(from: LogPosition | null): void
  /** @param events all there are of the types asked for since the last ones, in log order */
  add(events: readonly RecordedEvent[]): void
  /**
   * @param position up to which everything was added
   * @returns null when what is kept does not reach back so far
   */
  page(after: LogPosition, position: LogPosition, types: ReadonlySet<string>): ReadResult | null
}

export type KeptBounds = { readonly events: number; readonly values: number; readonly perPage: number }

/** Twice as much of either is kept at most. Values are some 25 bytes each. */
export function createKeptEvents(bounds: KeptBounds): KeptEvents {
  let kept: RecordedEvent[] = []
  let values = 0
  /** Everything after it is kept. */
  let from: LogPosition | null = null

  return {
    restart(position) {
      kept = []
      values = 0
      from = position
    },
    add(events) {
      for (const event of events) {
        kept.push(event)
        values += valuesIn(event.data)
      }
      if (kept.length <= bounds.events * 2 && values <= bounds.values * 2) return
      let drop = 0
      for (const { data } of kept) {
        if (kept.length - drop <= bounds.events && values <= bounds.values) break
        values -= valuesIn(data)
        drop += 1
      }
      from = kept.splice(0, drop).at(-1)?.position ?? from
    },
    page(after, position, types) {
      if (from === null || comparePositions(from, after) > 0) return null
      const events: RecordedEvent[] = []
      for (let index = firstAfter(kept, after); index < kept.length; index++) {
        const event = kept[index]
        if (event === undefined || !types.has(event.type)) continue
        events.push(event)
        if (events.length === bounds.perPage) return { events, position: event.position, more: true }
      }
      const end = comparePositions(after, position) > 0 ? after : position
      return { events, position: end, more: false }
    },
  }
}

function firstAfter(kept: readonly RecordedEvent[], after: LogPosition): number {
  let low = 0
  let high = kept.length
  while (low < high) {
    const middle = (low + high) >> 1
    const at = kept[middle]?.position
    if (at !== undefined && comparePositions(at, after) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

function valuesIn(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const one of Object.values(value)) count += valuesIn(one as JsonValue)
  return count
}
