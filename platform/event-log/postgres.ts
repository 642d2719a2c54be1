import { systemClock } from '../clock.ts'
import { createIdMinter, type IdMinter } from '../ids.ts'
import type { Database } from '../sql/database.ts'
import { appendEvents } from './append.ts'
import { createEndWatch } from './end-watch.ts'
import type { EventLog, LogPosition, ReadResult, RecordedEvent } from './event-log.ts'
import { type EventRow, eventColumns, toPosition, toRecordedEvent } from './event-row.ts'
import { comparePositions, startOfLog } from './position.ts'
import { createSharedStretches, type SharedStretches } from './shared-stretches.ts'
import { createSubscribers } from './subscribers.ts'
import type { WakeBus } from './wake-bus.ts'

export type PostgresEventLogDeps = {
  /** Migrated with `platform/event-log/migrations`. */
  readonly database: Database
  /** Default: wake-ups stay in this process. Not disposed with the log. */
  readonly wakeBus?: WakeBus
  /** Default: ULIDs by the machine's clock. */
  readonly ids?: IdMinter
  /** Longest time until readers are told of what may be read where a wake-up was lost. Default 500. */
  readonly pollMs?: number
}

/** The event log in PostgreSQL. Dispose it to stop watching the log and the wake-up bus. */
export function createPostgresEventLog(deps: PostgresEventLogDeps): EventLog & Disposable {
  const { database } = deps
  const ids = deps.ids ?? createIdMinter(systemClock)
  const subscribers = createSubscribers()
  const subscription = deps.wakeBus?.subscribe(subscribers.tell)
  const endWatch = createEndWatch({
    database,
    pollMs: deps.pollMs ?? 500,
    isAwaited: () => subscribers.size() > 0,
    onReadable: subscribers.tell,
  })
  const readToEnd = async (read: () => Promise<ReadResult>): Promise<ReadResult> => {
    const page = await read()
    if (!page.more) endWatch.look(page.position)
    return page
  }
  const stretches = createSharedStretches({
    load: async (after, limit) => (await readToEnd(() => readEvery(database, after, limit))).events,
  })

  return {
    append: (transaction, events, options = {}) => appendEvents(transaction, ids, events, options),

    async read({ after, limit, types }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
        throw new RangeError(`Cannot read ${limit} events: allowed are 1 to 10,000`)
      }
      const shared = await readShared(stretches, after, limit, types)
      if (shared !== null) return shared
      return await readToEnd(() =>
        types === undefined ? readEvery(database, after, limit) : readTypes(database, after, limit, types),
      )
    },

    async readSource(source, fromSequence, limit) {
      const { rows } = await database.query<EventRow>(readSourceText, [source, fromSequence, limit])
      return rows.map(toRecordedEvent)
    },

    async head(queryable = database) {
      const { rows } = await queryable.query<EventRow>(headText, [])
      const [last] = rows
      return last === undefined ? startOfLog : toPosition(last)
    },

    wake() {
      subscribers.tell()
      deps.wakeBus?.publish()
    },

    onWake: subscribers.add,

    [Symbol.dispose]() {
      subscription?.[Symbol.dispose]()
      endWatch[Symbol.dispose]()
    },
  }
}

/** Transactions below this one have all ended, so no row can appear before what is read any more. */
const settled = 'transaction_id < pg_snapshot_xmin(pg_current_snapshot())'

const headText = `select transaction_id, row_id from event_log.events where ${settled}
  order by transaction_id desc, row_id desc limit 1`

const readAllText = `select ${eventColumns} from event_log.events
  where (transaction_id, row_id) > ($1::xid8, $2::bigint) and ${settled}
  order by transaction_id, row_id limit $3`

async function readAll(database: Database, after: LogPosition, limit: number): Promise<readonly RecordedEvent[]> {
  const { rows } = await database.query<EventRow>(readAllText, [String(after.transactionId), after.row, limit])
  return rows.map(toRecordedEvent)
}

async function readEvery(database: Database, after: LogPosition, limit: number): Promise<ReadResult> {
  const events = await readAll(database, after, limit)
  return { events, position: events.at(-1)?.position ?? after, more: events.length === limit }
}

/** @returns null when the reader is further back than what the process keeps in common */
async function readShared(
  stretches: SharedStretches,
  after: LogPosition,
  limit: number,
  types: readonly string[] | undefined,
): Promise<ReadResult | null> {
  const wanted = types === undefined ? null : new Set(types)
  const events: RecordedEvent[] = []
  let position = after
  let more = true
  for (let looked = 0; more && looked < mostLooks(limit); ) {
    const stretch = await stretches.next(position)
    if (stretch === null) return comparePositions(position, after) === 0 ? null : { events, position, more: true }
    for (const event of stretch.events) {
      if (wanted !== null && !wanted.has(event.type)) continue
      events.push(event)
      if (events.length === limit) {
        const isLast = comparePositions(event.position, stretch.position) === 0
        return { events, position: event.position, more: stretch.more || !isLast }
      }
    }
    looked += stretch.events.length
    position = stretch.position
    more = stretch.more
  }
  return { events, position, more }
}

/*
 * Looks through a bounded stretch of the log, so that a reader of rare types does a bounded amount of work per page
 * and still moves on. `reached` is the end of that stretch, found in the index alone.
 */
const readTypesText = `
  with stretch as (
    select transaction_id, row_id from event_log.events
    where (transaction_id, row_id) > ($1::xid8, $2::bigint) and ${settled}
    order by transaction_id, row_id limit $5
  ), reached as (
    select transaction_id, row_id, (select count(*) from stretch) as looked_at from stretch
    order by transaction_id desc, row_id desc limit 1
  )
  select reached.transaction_id as reached_transaction_id, reached.row_id as reached_row_id, reached.looked_at, found.*
  from reached left join lateral (
    select ${eventColumns} from event_log.events as event
    where (event.transaction_id, event.row_id) > ($1::xid8, $2::bigint)
      and (event.transaction_id, event.row_id) <= (reached.transaction_id, reached.row_id)
      and event.type = any($3::text[])
    order by event.transaction_id, event.row_id limit $4
  ) as found on true
  order by found.transaction_id, found.row_id`

/** Events of any type that one read of `limit` wanted ones passes at most. */
function mostLooks(limit: number): number {
  return Math.max(limit * 4, 1_000)
}

type ReachedRow = {
  readonly reached_transaction_id: bigint
  readonly reached_row_id: bigint
  readonly looked_at: bigint
}
type TypesRow = ReachedRow & (EventRow | { readonly id: null })

async function readTypes(
  database: Database,
  after: LogPosition,
  limit: number,
  types: readonly string[],
): Promise<ReadResult> {
  const looks = mostLooks(limit)
  const values = [String(after.transactionId), after.row, types, limit, looks]
  const { rows } = await database.query<TypesRow>(readTypesText, values)
  const [first] = rows
  if (first === undefined) return { events: [], position: after, more: false }
  const events = rows.filter((row): row is ReachedRow & EventRow => row.id !== null).map(toRecordedEvent)
  const last = events.at(-1)
  if (events.length === limit && last !== undefined) return { events, position: last.position, more: true }
  return {
    events,
    position: { transactionId: first.reached_transaction_id, row: first.reached_row_id },
    more: first.looked_at === BigInt(looks),
  }
}

const readSourceText = `select ${eventColumns} from event_log.events
  where source = $1 and sequence >= $2 order by sequence limit $3`
