import type { z } from 'zod'
import { parseWith } from '../parse.ts'
import type { RecordedEvent } from './event-log.ts'

/** A subgraph's events: the parser of each type's data. The parser is the definition; types follow it. */
export type EventSchemas = Readonly<Record<string, z.ZodType>>

/** One recorded event whose data was parsed, tagged by its type. */
export type EventOf<S extends EventSchemas> = {
  [T in keyof S & string]: { readonly type: T; readonly data: z.output<S[T]>; readonly recorded: RecordedEvent }
}[keyof S & string]

/**
 * @returns null for a type the schemas do not hold: another subgraph's event.
 * @throws AppError `SOURCE_DATA_INVALID` when the data is not what its type promises, so that the event is parked.
 */
export function parseEvent<S extends EventSchemas>(schemas: S, recorded: RecordedEvent): EventOf<S> | null {
  if (!Object.hasOwn(schemas, recorded.type)) return null
  const schema = schemas[recorded.type]
  if (schema === undefined) return null
  const data = parseWith(schema, recorded.data, { what: `event ${recorded.type}`, code: 'SOURCE_DATA_INVALID' })
  return { type: recorded.type, data, recorded } as EventOf<S>
}

/** As `parseEvent`, but null also for data that is not what its type promises: for readers that must not fail, such as `keysOf`. */
export function peekEvent<S extends EventSchemas>(schemas: S, recorded: RecordedEvent): EventOf<S> | null {
  if (!Object.hasOwn(schemas, recorded.type)) return null
  const result = schemas[recorded.type]?.safeParse(recorded.data)
  return result?.success ? ({ type: recorded.type, data: result.data, recorded } as EventOf<S>) : null
}

/**
 * The newest event of each source, for state-carrying events: what a batch leaves behind, whatever its order.
 * @param items in any order; the higher `sequence` wins
 */
export function newestBySource<E extends { readonly recorded: RecordedEvent }>(items: readonly E[]): readonly E[] {
  const newest = new Map<string, E>()
  for (const item of items) {
    const known = newest.get(item.recorded.source)
    if (known === undefined || known.recorded.sequence < item.recorded.sequence) newest.set(item.recorded.source, item)
  }
  return [...newest.values()]
}
