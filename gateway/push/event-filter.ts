import { LRUCache } from 'lru-cache'
import { AppError } from '../../platform/errors/app-error.ts'
import type { EventLog, RecordedEvent } from '../../platform/event-log/event-log.ts'
import type { PathSource } from './event-path.ts'
import type { Condition, StreamField } from './stream-field.ts'

type Arguments = Readonly<Record<string, unknown>>

/** Whether an event passes by its own values. */
export type EventMatcher = (event: RecordedEvent) => boolean

/** @param selecting the field's arguments, coerced; an absent one lets everything pass */
export function createMatcher({ events, conditions }: StreamField, selecting: Arguments): EventMatcher {
  const tests = conditions.flatMap((condition) => {
    const wanted = selecting[condition.argument]
    if (condition.kind !== 'matches' || wanted === undefined) return []
    const allowed = new Set<unknown>(Array.isArray(wanted) ? wanted : [wanted])
    return [{ read: condition.read, allowed }]
  })
  return (event) => {
    if (!events.has(event.type)) return false
    for (const { read, allowed } of tests) {
      const value = read({ event, cursor: '', args: selecting })
      if (value !== undefined && value !== null && !allowed.has(value)) return false
    }
    return true
  }
}

/** Leaves of a run of events, in log order, those by which a number crosses a threshold. */
export type Crossing = (events: readonly RecordedEvent[]) => Promise<readonly RecordedEvent[]>

/** How far back the last clear side of the threshold is looked for; beyond it a number counts as above. */
const mostLookedBack = 200

/**
 * A threshold with hysteresis. On which side a source's number was is told by the log itself, so that it does not
 * matter where a client comes in.
 * @returns null when no argument asks for one
 * @throws AppError `BAD_USER_INPUT` when the value to come back to is not above the threshold
 */
export function createCrossing(field: StreamField, selecting: Arguments, eventLog: EventLog): Crossing | null {
  const [wanted] = field.conditions.flatMap((condition) => thresholdOf(condition, selecting))
  if (wanted === undefined) return null
  const { low, high, numberOf } = wanted
  const isLow = new LRUCache<string, { readonly low: boolean; readonly sequence: number }>({ max: 10_000 })

  const fold = (before: boolean, value: number | null) =>
    value === null ? before : value <= low ? true : value >= high ? false : before

  async function before({ source, sequence }: RecordedEvent): Promise<boolean> {
    const known = isLow.get(source)
    if (known !== undefined && known.sequence < sequence) return known.low
    const from = Math.max(1, sequence - mostLookedBack)
    if (from === sequence) return false
    const earlier = await eventLog.readSource(source, from, sequence - from)
    return earlier.reduce((was, event) => (field.events.has(event.type) ? fold(was, numberOf(event)) : was), false)
  }

  return async (events) => {
    const crossing: RecordedEvent[] = []
    for (const event of events) {
      const was = await before(event)
      const is = fold(was, numberOf(event))
      isLow.set(event.source, { low: is, sequence: event.sequence })
      if (is !== was) crossing.push(event)
    }
    return crossing
  }
}

type Threshold = {
  readonly low: number
  readonly high: number
  readonly numberOf: (event: RecordedEvent) => number | null
}

function thresholdOf(condition: Condition, selecting: Arguments): readonly Threshold[] {
  const low = selecting[condition.argument]
  if (condition.kind !== 'crosses' || typeof low !== 'number') return []
  const given = condition.rearm === null ? undefined : selecting[condition.rearm]
  const high = typeof given === 'number' ? given : low + 1
  if (high <= low) {
    throw new AppError(
      'BAD_USER_INPUT',
      `Cannot watch ${condition.argument}: ${condition.rearm} is ${high}, allowed is more than ${low}`,
    )
  }
  const { read, minus } = condition
  return [
    {
      low,
      high,
      numberOf(event) {
        const source: PathSource = { event, cursor: '', args: selecting }
        const value = read(source)
        const less = minus === null ? 0 : minus(source)
        return typeof value === 'number' && typeof less === 'number' ? value - less : null
      },
    },
  ]
}
