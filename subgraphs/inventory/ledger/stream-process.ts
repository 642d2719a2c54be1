import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import { derived } from './derived-events.ts'
import { movementEvents, movementTypes } from './movement-events.ts'
import { hear, type Stream } from './streams.ts'

/**
 * Listens to the numbers sources give their movements and tells of those passed over. What only arrives out of order within
 * one batch is no gap.
 */
export const streamProcess: Process = {
  name: 'inventory.streams',
  types: movementTypes,
  async decide(transaction, recorded) {
    const numbered = recorded.flatMap((event) => {
      const parsed = parseEvent(movementEvents, event)
      const { stream, streamSequence, origin } = parsed?.data ?? {}
      if (parsed === null || stream == null || streamSequence == null || origin === undefined) return []
      return [{ system: origin.system, stream, number: streamSequence, event }]
    })
    if (numbered.length === 0) return []
    const groups = groupBy(numbered, ({ system, stream }) => JSON.stringify([system, stream]))
    const named = [...groups.values()].flatMap(([first]) => (first === undefined ? [] : [first]))
    const { rows } = await transaction.query<StreamRecord>(
      `SELECT system, stream, state FROM unnest($1::text[], $2::text[]) AS asked (system, stream)
       JOIN inventory.watched_streams USING (system, stream)`,
      [named.map(({ system }) => system), named.map(({ stream }) => stream)],
    )
    const known = new Map(rows.map((row) => [JSON.stringify([row.system, row.stream]), row.state]))
    const states = named.map(({ system, stream, event }) => {
      const key = JSON.stringify([system, stream])
      const before = known.get(key) ?? null
      const group = groups.get(key) ?? []
      // The first batch begins the stream at its lowest number.
      const numbers = group.map(({ number }) => number).sort((a, b) => a - b)
      return { system, stream, event, before, state: numbers.reduce<Stream | null>(hear, before) }
    })
    await transaction.query(
      `INSERT INTO inventory.watched_streams AS known (system, stream, state)
       SELECT system, stream, state FROM jsonb_to_recordset($1::jsonb) AS r(system text, stream text, state jsonb)
       ON CONFLICT (system, stream) DO UPDATE SET state = excluded.state`,
      [JSON.stringify(states.map(({ system, stream, state }) => ({ system, stream, state })))],
    )
    return states.flatMap(({ system, stream, event, before, state }) => {
      const missing = state?.missing ?? []
      if (JSON.stringify(missing) === JSON.stringify(before?.missing ?? [])) return []
      if (missing.length === 0) return [derived('retail.ops.sequence-gap-closed.v1', { system, stream }, event)]
      return [derived('retail.ops.sequence-gap-detected.v1', { system, stream, missing }, event)]
    })
  },
}

type StreamRecord = { readonly system: string; readonly stream: string; readonly state: Stream }
