import { systemClock } from '../platform/clock.ts'
import { createIdentityStore } from '../platform/connector/identity.ts'
import { createIngest } from '../platform/connector/ingest.ts'
import { retryLetters } from '../platform/connector/retry-letters.ts'
import { createDecider } from '../platform/event-log/decide.ts'
import { createProjector } from '../platform/event-log/project.ts'
import type { Database } from '../platform/sql/database.ts'
import { openDataLayer } from './data-layer.ts'
import type { ProcessParts } from './process.ts'

export type DeadLetter = {
  /** `source`: a document no rule could read. `log`: an event a read model or process could not apply. */
  readonly origin: 'source' | 'log'
  /** The system of record, or the consumer of the log. */
  readonly of: string
  /** The kind of document or the type of event. */
  readonly kind: string
  readonly key: string
  /** null: it waits behind an earlier one of its key. */
  readonly reason: string | null
  readonly attempts: number
  readonly since: Date
}

export type DeadLetters = {
  /** The newest first, at most `limit`, with how many there are. */
  list(limit: number): Promise<{ readonly letters: readonly DeadLetter[]; readonly total: number }>
  /** Tries all again that may succeed now. @returns how many documents and events went through */
  retry(): Promise<number>
}

/** What could not be taken in, for an operator; beside running processes or alone. */
export async function openDeadLetters(parts: ProcessParts): Promise<DeadLetters> {
  const { store, subgraphs, ids } = await openDataLayer(parts, { serves: [], keeps: [], follows: false })
  const { background: database, eventLog, cacheFactory: invalidator, appliedBus } = store
  const { tenant } = parts.config.estate
  const log = parts.log
  const handlers = subgraphs.flatMap((subgraph) => subgraph.sources)
  const identities = createIdentityStore({ database, tenant, ids })
  const ingest = createIngest({ database, eventLog, handlers, identities, tenant, clock: systemClock })
  const projections = subgraphs.flatMap((subgraph) => subgraph.projections)
  const projector = createProjector({ projections, database, eventLog, invalidator, appliedBus, log })
  const processes = subgraphs.flatMap((subgraph) => subgraph.processes ?? [])
  return {
    list: (limit) => listLetters(database, limit),
    async retry() {
      let count = await retryLetters({ database, ingest, handlers, identities, tenant, signal: parts.signal })
      for (const { name } of projections) count += (await projector.retryDeadLetters(name)).applied.length
      for (const process of processes) {
        await using decider = createDecider({ process, database, eventLog, log })
        count += (await decider.retryDeadLetters()).applied.length
      }
      return count
    },
  }
}

async function listLetters(database: Database, limit: number): ReturnType<DeadLetters['list']> {
  const { rows } = await database.query<DeadLetter & { readonly total: bigint }>(lettersText, [limit])
  return { letters: rows.map(({ total: _, ...letter }) => letter), total: Number(rows[0]?.total ?? 0) }
}

const lettersText = `
  select *, count(*) over () as total from (
    select 'source' as origin, system as of, kind, key, reason, attempts, first_seen_at as since
    from connector.dead_letters where resolved_at is null
    union all
    select 'log', consumer, type, letter.partition_key, reason, attempts, parked_at
    from event_log.dead_letters as letter join event_log.events using (transaction_id, row_id)
  ) as letters
  order by since desc, origin, of, key limit $1`
