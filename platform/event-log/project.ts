import type { CacheInvalidator } from '../cache/cache.ts'
import type { Database } from '../sql/database.ts'
import type { AppliedListener } from './applied-events.ts'
import { readCheckpoints } from './checkpoint.ts'
import { type Consumer, type ConsumerLog, type ConsumerMetrics, createConsumer } from './consumer.ts'
import type { EventLog, LogPosition } from './event-log.ts'
import { toPosition } from './event-row.ts'
import type { Follower } from './follower.ts'
import type { Leases } from './leases.ts'
import { startOfLog } from './position.ts'
import type { Projection } from './projection.ts'
import type { RetryOutcome } from './retry-dead-letters.ts'
import type { WakeBus } from './wake-bus.ts'

export type ProjectorDeps = {
  /** In no order: each follows the log by itself. Names are unique. */
  readonly projections: readonly Projection[]
  readonly database: Database
  readonly eventLog: EventLog
  /** What the consumers of a process share. Default: each renews its own. */
  readonly leases?: Leases
  readonly invalidator: CacheInvalidator
  /** Told after `invalidator`. */
  readonly applied?: AppliedListener
  readonly log: ConsumerLog
  readonly metrics?: ConsumerMetrics
  /** Told after each commit, so that followers in other processes look at the checkpoints at once. Not disposed here. */
  readonly appliedBus?: WakeBus
  /** Told of each move of a projection after its caches were dropped, so that this process's follower need not read it again. */
  readonly follower?: Pick<Follower, 'passed'>
  readonly batchSize?: number
  readonly pollMs?: number
  readonly leaseMs?: number
}

export type ProjectionLag = {
  readonly name: string
  readonly position: LogPosition
  /** Events of any type after the position; 10,000 stands for "or more". */
  readonly pendingEvents: number
  /** Age of the oldest of them in milliseconds; 0 when there is none. */
  readonly oldestPendingMs: number
  readonly deadLetters: number
}

/** Keeps read models: each projection is a durable consumer of its own; see docs/decisions/003-event-log.md. */
export type Projector = AsyncDisposable & {
  start(): void
  stop(): Promise<void>
  /** Resolves when every projection has applied or parked everything up to `position`. @throws see `Waiters.until` */
  caughtUp(position: LogPosition, signal?: AbortSignal): Promise<void>
  /**
   * Empties the projection's tables and replays the log into them; resolves when the replay has begun. Readers meet a
   * model that fills up. Safe while running and from any process.
   * @throws RangeError when there is no projection of that name
   */
  rebuild(name: string): Promise<void>
  /** @throws RangeError when there is no projection of that name */
  retryDeadLetters(name: string, partitionKey?: string): Promise<RetryOutcome>
  /** One entry per projection, in the order given. */
  lag(): Promise<readonly ProjectionLag[]>
}

export function createProjector(deps: ProjectorDeps): Projector {
  const { projections, database, eventLog, invalidator } = deps
  const consumers = new Map<string, Consumer>()
  for (const projection of projections) {
    if (consumers.has(projection.name)) throw new TypeError(`Cannot project ${projection.name} twice`)
    consumers.set(
      projection.name,
      createConsumer({
        name: projection.name,
        types: projection.types,
        database,
        eventLog,
        log: deps.log,
        apply: (transaction, events) => projection.apply(transaction, events),
        onApplied: (events) => {
          invalidator.invalidate(events.flatMap((event) => projection.keysOf(event)))
          deps.applied?.applied(events)
          deps.appliedBus?.publish()
        },
        onMoved: (from, to) => deps.follower?.passed(projection.name, from, to),
        ...(deps.leases === undefined ? {} : { leases: deps.leases }),
        ...(deps.metrics === undefined ? {} : { metrics: deps.metrics }),
        ...(deps.batchSize === undefined ? {} : { batchSize: deps.batchSize }),
        ...(deps.pollMs === undefined ? {} : { pollMs: deps.pollMs }),
        ...(deps.leaseMs === undefined ? {} : { leaseMs: deps.leaseMs }),
      }),
    )
  }
  const find = (name: string): { projection: Projection; consumer: Consumer } => {
    const projection = projections.find((candidate) => candidate.name === name)
    const consumer = consumers.get(name)
    if (projection === undefined || consumer === undefined) {
      throw new RangeError(`Cannot find projection "${name}": there are ${[...consumers.keys()].join(', ')}`)
    }
    return { projection, consumer }
  }
  const stop = async (): Promise<void> => {
    await Promise.all([...consumers.values()].map((consumer) => consumer.stop()))
  }

  return {
    start() {
      for (const consumer of consumers.values()) consumer.start()
    },
    stop,
    async caughtUp(position, signal) {
      await Promise.all([...consumers.values()].map((consumer) => consumer.caughtUp(position, signal)))
    },
    async rebuild(name) {
      const { projection, consumer } = find(name)
      const tables = projection.tables.map(quoteTable).join(', ')
      await consumer.rebuild(async (transaction) => {
        if (tables !== '') await transaction.query(`truncate ${tables}`)
      })
      invalidator.invalidateAll()
      deps.applied?.appliedUnknown()
      deps.appliedBus?.publish()
    },
    retryDeadLetters: (name, partitionKey) => find(name).consumer.retryDeadLetters(partitionKey),
    lag: () =>
      readLag(
        database,
        projections.map((projection) => projection.name),
      ),
    [Symbol.asyncDispose]: stop,
  }
}

/** @param table `schema.table`, from a projection's own code, never from outside */
function quoteTable(table: string): string {
  if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(table)) {
    throw new TypeError(`Cannot rebuild table "${table}": a name like inventory.stock is expected`)
  }
  return table
}

async function readLag(database: Database, names: readonly string[]): Promise<readonly ProjectionLag[]> {
  const [{ rows }, checkpoints] = await Promise.all([
    database.query<LagRow>(lagText, [names]),
    readCheckpoints(database, names),
  ])
  const byName = new Map(rows.map((row) => [row.name, row]))
  return names.map((name) => {
    const row = byName.get(name)
    return {
      name,
      position: checkpoints.get(name)?.position ?? (row === undefined ? startOfLog : toPosition(row)),
      pendingEvents: Number(row?.pending ?? 0),
      oldestPendingMs: Math.max(0, Math.round(row?.oldest_ms ?? 0)),
      deadLetters: Number(row?.dead_letters ?? 0),
    }
  })
}

type LagRow = {
  readonly name: string
  readonly transaction_id: bigint
  readonly row_id: bigint
  readonly pending: bigint
  readonly oldest_ms: number | null
  readonly dead_letters: bigint
}

const lagText = `
  select consumers.name, consumers.transaction_id, consumers.row_id, pending.pending, pending.oldest_ms,
    (select count(*) from event_log.dead_letters where consumer = consumers.name) as dead_letters
  from event_log.consumers
  cross join lateral (
    select count(*) as pending,
      extract(epoch from clock_timestamp() - min(recorded_at))::float8 * 1000 as oldest_ms
    from (
      select recorded_at from event_log.events
      where (events.transaction_id, events.row_id) > (consumers.transaction_id, consumers.row_id)
      order by transaction_id, row_id limit 10000
    ) as later
  ) as pending
  where consumers.name = any($1::text[])`
