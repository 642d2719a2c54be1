import { systemClock } from '../clock.ts'
import { createIdMinter, type IdMinter } from '../ids.ts'
import type { Database } from '../sql/database.ts'
import { appendEvents } from './append.ts'
import { createEndWatch } from './end-watch.ts'
import type { EventLog, LogPosition, ReadResult, RecordedEvent } from './event-log.ts'
import { type EventRow, eventColumns, toPosition, toRecordedEvent } from './event-row.ts'
import { createOneAtATime } from './one-at-a-time.ts'
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
  /** What is new is read once and before anybody is told, so that most of who is told need not even begin to read. */
  const telling = createOneAtATime(async () => {
    await stretches.lookAhead().catch(() => {})
    subscribers.tell()
  })
  const subscription = deps.wakeBus?.subscribe(telling.run)
  const endWatch = createEndWatch({
    findEnd: async () => (await stretches.lookAhead()) ?? (await findEnd()),
    pollMs: deps.pollMs ?? 500,
    isAwaited: () => subscribers.size() > 0,
    onReadable: subscribers.tell,
  })
  const readToEnd = async (read: () => Promise<ReadPage>): Promise<ReadResult> => {
    const { isHeld, ...page } = await read()
    if (!page.more) endWatch.reached(page.position, isHeld)
    return page
  }
  /** For who is told and has never read. */
  async function findEnd(): Promise<LogPosition> {
    const { rows } = await database.query<Held & { readonly transaction_id: bigint; readonly row_id: bigint }>(
      endText,
      [],
    )
    const [last] = rows
    const end = last === undefined ? startOfLog : toPosition(last)
    endWatch.reached(end, last?.is_held ?? false)
    return end
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

    skip: stretches.skip,

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
      telling.run()
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

/** Whether anything is committed that may not be read yet, from the index alone. */
const heldText = `select exists (
  select from event_log.events where transaction_id >= pg_snapshot_xmin(pg_current_snapshot())) as is_held`

const readAllText = `select held.is_held, event.* from (${heldText}) as held
  left join lateral (
    select ${eventColumns} from event_log.events
    where (transaction_id, row_id) > ($1::xid8, $2::bigint) and ${settled}
    order by transaction_id, row_id limit $3
  ) as event on true
  order by event.transaction_id, event.row_id`

type Held = { readonly is_held: boolean }

type ReadPage = ReadResult & {
  /** Whether something is committed that may not be read yet; true also when it was not asked. */
  readonly isHeld: boolean
}

async function readEvery(database: Database, after: LogPosition, limit: number): Promise<ReadPage> {
  const values = [String(after.transactionId), after.row, limit]
  const { rows } = await database.query<Held & (EventRow | { readonly id: null })>(readAllText, values)
  const events = rows.filter((row): row is Held & EventRow => row.id !== null).map(toRecordedEvent)
  const isHeld = rows[0]?.is_held ?? true
  return { events, position: events.at(-1)?.position ?? after, more: events.length === limit, isHeld }
}

const endText = `select held.is_held, coalesce(last.transaction_id, '0') as transaction_id, coalesce(last.row_id, 0) as row_id
  from (${heldText}) as held
  left join lateral (
    select transaction_id, row_id from event_log.events where ${settled}
    order by transaction_id desc, row_id desc limit 1
  ) as last on true`

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
): Promise<ReadPage> {
  const looks = mostLooks(limit)
  const values = [String(after.transactionId), after.row, types, limit, looks]
  const { rows } = await database.query<TypesRow>(readTypesText, values)
  const [first] = rows
  if (first === undefined) return { events: [], position: after, more: false, isHeld: true }
  const events = rows.filter((row): row is ReachedRow & EventRow => row.id !== null).map(toRecordedEvent)
  const last = events.at(-1)
  if (events.length === limit && last !== undefined)
    return { events, position: last.position, more: true, isHeld: true }
  return {
    events,
    position: { transactionId: first.reached_transaction_id, row: first.reached_row_id },
    more: first.looked_at === BigInt(looks),
    isHeld: true,
  }
}

const readSourceText = `select ${eventColumns} from event_log.events
  where source = $1 and sequence >= $2 order by sequence limit $3`
