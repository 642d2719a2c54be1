import type { CacheFactory } from '../../platform/cache/cache.ts'
import { createCacheFactory } from '../../platform/cache/cache-factory.ts'
import type { SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import { connectorMigrations } from '../../platform/connector/migrations.ts'
import { type CursorCodec, createCursorCodec } from '../../platform/cursor.ts'
import { createConsumer } from '../../platform/event-log/consumer.ts'
import type { EventLog, JsonObject, NewEvent } from '../../platform/event-log/event-log.ts'
import { eventLogMigrations } from '../../platform/event-log/migrations.ts'
import { createPostgresEventLog } from '../../platform/event-log/postgres.ts'
import { createProjector } from '../../platform/event-log/project.ts'
import { idempotencyMigrations } from '../../platform/idempotency/migrations.ts'
import { plainViewerCodec } from '../../platform/identity/viewer-header.ts'
import type { Database } from '../../platform/sql/database.ts'
import { hostSubgraph } from '../../platform/subgraph/host.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import type { SubgraphResponse } from '../../platform/subgraph/transport.ts'
import { ingestOver } from './connector.ts'
import { readable } from './event-log.ts'
import { reserveTestDatabase } from './postgres.ts'
import { service } from './viewers.ts'

export type SubgraphParts = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
  readonly cursors: CursorCodec
  readonly eventLog: EventLog
}

export type RunningSubgraph = AsyncDisposable & {
  readonly database: Database
  readonly eventLog: EventLog
  /** A further pool on the same store, to be closed by the caller. */
  openDatabase(): Database
  /** Ingests documents of one system, as a connector would. */
  deliver(
    system: string,
    documents: readonly Pick<SourceDocument, 'kind' | 'key' | 'data'>[],
    receivedAt?: string,
  ): Promise<void>
  append(events: readonly NewEvent[]): Promise<void>
  /** Resolves when everything appended so far, and what processes decided on it, is in the read models. */
  drain(): Promise<void>
  /** Empties and replays a projection, and drains. */
  rebuild(projection: string): Promise<void>
  ask(query: string, variables?: JsonObject): Promise<SubgraphResponse>
  /** The rows of a table, as text in a stable order. */
  dump(table: string): Promise<readonly string[]>
}

/** One subgraph over a fresh real store: its tables, ingest, projections, processes and schema. */
export async function runSubgraph(
  create: (parts: SubgraphParts) => Subgraph,
  options: { readonly handlers?: readonly SourceHandler[] } = {},
): Promise<RunningSubgraph> {
  const test = await reserveTestDatabase()
  const { database } = test
  const cacheFactory = createCacheFactory({ maxEntries: 10_000 })
  const eventLog = createPostgresEventLog({ database, pollMs: 50 })
  const subgraph = create({ database, cacheFactory, freshness: unknownFreshness, cursors: testCursors(), eventLog })
  await test.create([
    eventLogMigrations(),
    connectorMigrations(),
    idempotencyMigrations(),
    { owner: subgraph.name, folder: subgraph.migrations },
  ])
  const ingest = ingestOver(database, options.handlers ?? subgraph.sources)
  const log = { info: () => {}, warn: () => {} }
  const { projections } = subgraph
  const projector = createProjector({ projections, database, eventLog, invalidator: cacheFactory, log, pollMs: 50 })
  const processes = (subgraph.processes ?? []).map((process) =>
    createConsumer({
      name: process.name,
      types: process.types,
      database,
      eventLog,
      log,
      pollMs: 50,
      apply: async (transaction, events) => {
        await eventLog.append(transaction, await process.decide(transaction, events))
      },
    }),
  )
  projector.start()
  for (const process of processes) process.start()
  async function drain(): Promise<void> {
    await readable(database)
    const decidedUpTo = await eventLog.head()
    await Promise.all(processes.map((process) => process.caughtUp(decidedUpTo)))
    await readable(database)
    await projector.caughtUp(await eventLog.head())
  }

  return {
    database,
    eventLog,
    openDatabase: () => test.open(),
    async deliver(system, documents, receivedAt = '2026-03-01T00:00:00.000Z') {
      await ingest.deliver({
        system,
        documents: documents.map((document) => ({ ...document, system, receivedAt })),
      })
    },
    async append(events) {
      await database.transaction((transaction) => eventLog.append(transaction, events))
      eventLog.wake()
    },
    drain,
    async rebuild(projection) {
      await projector.rebuild(projection)
      await drain()
    },
    ask: asker(subgraph),
    async dump(table) {
      const { rows } = await database.query<{ line: string }>(`SELECT t::text AS line FROM ${table} t ORDER BY 1`, [])
      return rows.map(({ line }) => line)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((process) => process.stop()))
      await projector[Symbol.asyncDispose]()
      await cacheFactory[Symbol.asyncDispose]()
      eventLog[Symbol.dispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}

/** The same subgraph as another process would have it: over a store that is already filled, with empty caches. */
export async function askAnew(
  create: (parts: SubgraphParts) => Subgraph,
  running: RunningSubgraph,
): Promise<FreshSubgraph> {
  const database = running.openDatabase()
  const cacheFactory = createCacheFactory({ maxEntries: 10_000 })
  const { eventLog } = running
  const subgraph = create({ database, cacheFactory, freshness: unknownFreshness, cursors: testCursors(), eventLog })
  return {
    ask: asker(subgraph),
    statementCount: database.statementCount,
    async [Symbol.asyncDispose]() {
      await cacheFactory[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

export type FreshSubgraph = AsyncDisposable &
  Pick<RunningSubgraph, 'ask'> & {
    /** Statements its own questions cost. */
    statementCount(): number
  }

const unknownFreshness: FreshnessBoard = { of: () => null, all: () => [] }

function testCursors(): CursorCodec {
  return createCursorCodec({ secret: 'a secret of at least thirty-two characters' })
}

function asker(subgraph: Subgraph): RunningSubgraph['ask'] {
  const host = hostSubgraph(subgraph, {
    viewerCodec: plainViewerCodec,
    defaultViewer: service,
    onInternal: (error) => {
      throw error
    },
  })
  return async (query, variables = {}) =>
    host.handle({ query, variables, headers: {}, signal: AbortSignal.timeout(20_000) })
}
