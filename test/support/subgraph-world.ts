import type { CacheFactory } from '../../platform/cache/cache.ts'
import { createCacheFactory } from '../../platform/cache/cache-factory.ts'
import type { SourceDocument } from '../../platform/connector/connector.ts'
import type { FreshnessBoard, SystemFreshness } from '../../platform/connector/freshness.ts'
import { connectorMigrations } from '../../platform/connector/migrations.ts'
import { type CursorCodec, createCursorCodec } from '../../platform/cursor.ts'
import { createDecider } from '../../platform/event-log/decide.ts'
import type { EventLog, JsonObject, NewEvent, RecordedEvent } from '../../platform/event-log/event-log.ts'
import { eventLogMigrations } from '../../platform/event-log/migrations.ts'
import { startOfLog } from '../../platform/event-log/position.ts'
import { createPostgresEventLog } from '../../platform/event-log/postgres.ts'
import { createProjector } from '../../platform/event-log/project.ts'
import { idempotencyMigrations } from '../../platform/idempotency/migrations.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { plainViewerCodec, viewerHeader } from '../../platform/identity/viewer-header.ts'
import type { Database } from '../../platform/sql/database.ts'
import { hostSubgraph } from '../../platform/subgraph/host.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import type { SubgraphResponse } from '../../platform/subgraph/transport.ts'
import { ingestOver } from './connector.ts'
import { readable } from './event-log.ts'
import { reserveTestDatabase } from './postgres.ts'
import { service } from './viewers.ts'

export type SubgraphWorldDeps = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
  readonly cursors: CursorCodec
  readonly eventLog: EventLog
}

/** One subgraph over a real database: documents in, GraphQL answers out, with everything between as in production. */
export type SubgraphWorld = AsyncDisposable & {
  readonly database: Database
  /** Of the database, for a process of its own. */
  readonly url: string
  /** Delivers documents of `erp` (unless said otherwise) and waits until the read models show them. */
  deliver(kind: string, documents: Readonly<Record<string, JsonObject | null>>, system?: string): Promise<void>
  /** Appends what other subgraphs say; `settle` waits for it. */
  append(events: readonly NewEvent[]): Promise<void>
  /** Waits until the read models show every committed event, and what follows from it. */
  settle(): Promise<void>
  /** @throws Error when the answer has errors */
  ask(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>
  /** The whole answer, errors included. Default viewer: a service. */
  tryToAsk(query: string, variables?: Readonly<Record<string, unknown>>, viewer?: Viewer): Promise<SubgraphResponse>
  /** What `ask` costs in SQL statements. */
  statementsOf(query: string, variables?: Readonly<Record<string, unknown>>): Promise<number>
  /** Reasons of dead letters, by document key. */
  deadLetters(): Promise<Readonly<Record<string, string>>>
  /** Every row of every read-model table, in a fixed order. */
  dump(): Promise<Readonly<Record<string, readonly unknown[]>>>
  /** Rebuilds every projection from the first event on. */
  rebuild(): Promise<void>
  /** Every event of the log, in its order. */
  events(): Promise<readonly RecordedEvent[]>
  /** Empties the read models and applies these events to them, in batches of two. */
  reapply(events: readonly RecordedEvent[]): Promise<void>
}

/** The moment at which every call of a world begins, unless it is given a clock. */
export const worldNow = new Date('2026-10-01T12:00:00.000Z')

/** When `deliver` received its documents. */
export const worldReceivedAt = '2026-10-01T11:59:00.000Z'

export async function openSubgraphWorld(
  create: (deps: SubgraphWorldDeps) => Subgraph,
  systems: readonly SystemFreshness[] = [fresh('erp')],
  now: () => Date = () => worldNow,
): Promise<SubgraphWorld> {
  const test = await reserveTestDatabase()
  const { database } = test
  const cacheFactory = createCacheFactory({ maxEntries: 10_000 })
  const eventLog = createPostgresEventLog({ database })
  const subgraph = create({
    database,
    cacheFactory,
    freshness: { of: (name) => systems.find(({ system }) => system === name) ?? null, all: () => systems },
    cursors: createCursorCodec({ secret: 'a secret of tests with 32 letters or more' }),
    eventLog,
  })
  await test.create([
    eventLogMigrations(),
    connectorMigrations(),
    idempotencyMigrations(),
    { owner: subgraph.name, folder: subgraph.migrations },
  ])
  const host = hostSubgraph(subgraph, {
    viewerCodec: plainViewerCodec,
    defaultViewer: service,
    now,
    onInternal: (error) => {
      throw error
    },
  })
  const ingest = ingestOver(database, subgraph.sources)
  const { projections } = subgraph
  const decide = async () => {
    for (const process of subgraph.processes ?? []) {
      await using decider = createDecider({ process, database, eventLog, log: silent })
      decider.start()
      await readable(database)
      await decider.caughtUp(await eventLog.head())
    }
  }
  const project = async () => {
    await readable(database)
    const head = await eventLog.head()
    // A projector per round: between rounds nothing runs, so that statements can be counted.
    await using projector = createProjector({ projections, database, eventLog, invalidator: cacheFactory, log: silent })
    projector.start()
    await projector.caughtUp(head)
  }
  const settle = async () => {
    await decide()
    await project()
  }
  const tryToAsk = async (query: string, variables: Readonly<Record<string, unknown>> = {}, viewer: Viewer = service) =>
    host.handle({
      query,
      variables,
      headers: { [viewerHeader]: plainViewerCodec.encode(viewer) },
      signal: AbortSignal.timeout(30_000),
    })
  const ask = async (query: string, variables: Readonly<Record<string, unknown>> = {}) => {
    const { data, errors } = await tryToAsk(query, variables)
    if (errors !== undefined || data === undefined || data === null) throw new Error(JSON.stringify(errors))
    return data
  }

  return {
    database,
    url: test.url,
    async deliver(kind, documents, system = 'erp') {
      const list = Object.entries(documents).map(
        ([key, data]): SourceDocument => ({ system, kind, key, data, receivedAt: worldReceivedAt }),
      )
      await ingest.deliver({ system, documents: list })
      await settle()
    },
    async append(events) {
      await database.transaction((transaction) => eventLog.append(transaction, events))
    },
    settle,
    ask,
    tryToAsk,
    async statementsOf(query, variables) {
      const before = database.statementCount()
      await ask(query, variables)
      return database.statementCount() - before
    },
    async deadLetters() {
      const { rows } = await database.query<{ key: string; reason: string }>(
        'select key, reason from connector.dead_letters where resolved_at is null',
      )
      return Object.fromEntries(rows.map(({ key, reason }) => [key, reason]))
    },
    async dump() {
      const tables = projections.flatMap((projection) => projection.tables)
      const dumps = tables.map(async (table): Promise<[string, readonly unknown[]]> => {
        const { rows } = await database.query(`select * from ${table} t order by t::text`)
        return [table, rows]
      })
      return Object.fromEntries(await Promise.all(dumps))
    },
    async rebuild() {
      const head = await eventLog.head()
      await using projector = createProjector({
        projections,
        database,
        eventLog,
        invalidator: cacheFactory,
        log: silent,
      })
      projector.start()
      for (const { name } of projections) await projector.rebuild(name)
      await projector.caughtUp(head)
    },
    async events() {
      return (await eventLog.read({ after: startOfLog, limit: 10_000 })).events
    },
    async reapply(events) {
      for (const projection of projections) {
        const own = events.filter(({ type }) => projection.types.includes(type))
        if (projection.tables.length > 0) await database.query(`truncate ${projection.tables.join(', ')}`)
        for (let at = 0; at < own.length; at += 2) {
          await database.transaction((transaction) => projection.apply(transaction, own.slice(at, at + 2)))
        }
      }
      cacheFactory.invalidateAll()
    },
    async [Symbol.asyncDispose]() {
      eventLog[Symbol.dispose]()
      await cacheFactory[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}

/** A system whose data was complete two seconds before `worldNow`, well within its soft bound. */
export function fresh(system: string): SystemFreshness {
  const syncedAt = new Date(worldNow.getTime() - 2_000)
  return { system, syncedAt, state: 'live', lastError: null, policy: { softTtlMs: 5_000, hardTtlMs: 60_000 } }
}

const silent = { info: () => {}, warn: () => {} }
