import { systemClock } from '../platform/clock.ts'
import { estateSystem } from '../platform/connector/estate.ts'
import type { FreshnessBoard } from '../platform/connector/freshness.ts'
import { createFreshnessBoard } from '../platform/connector/freshness-board.ts'
import { connectorMigrations } from '../platform/connector/migrations.ts'
import { createRereadPort, type RereadPort } from '../platform/connector/reread.ts'
import { estateFreshness } from '../platform/connector/static-source.ts'
import { createCursorCodec } from '../platform/cursor.ts'
import { type AppliedEvents, createAppliedEvents } from '../platform/event-log/applied-events.ts'
import { createDecider } from '../platform/event-log/decide.ts'
import { createFollower, type Follower } from '../platform/event-log/follower.ts'
import { createLeases } from '../platform/event-log/leases.ts'
import { eventLogMigrations } from '../platform/event-log/migrations.ts'
import { createProjector, type Projector } from '../platform/event-log/project.ts'
import { idempotencyMigrations } from '../platform/idempotency/migrations.ts'
import { createIdMinter, type IdMinter } from '../platform/ids.ts'
import { migrate } from '../platform/sql/migrate.ts'
import type { Subgraph, SubgraphName } from '../platform/subgraph/subgraph.ts'
import { type OpenedEstate, openEstate } from './estate.ts'
import { createConsumerMetrics, observeFreshness, watchDeadLetters, watchFigures } from './observability.ts'
import type { ProcessParts } from './process.ts'
import { keepSecret } from './secrets.ts'
import { openStore, type Store } from './store.ts'
import { createSubgraphs } from './subgraphs.ts'
import { startTasks } from './tasks.ts'

export type DataLayer = OpenedEstate & {
  readonly store: Store
  readonly freshness: FreshnessBoard
  readonly subgraphs: readonly Subgraph[]
  readonly projector: Projector
  /** Resolves when all that the log has now, and all that processes decide of it, is in the read models kept here. */
  caughtUp(signal: AbortSignal): Promise<void>
  readonly follower: Follower
  readonly applied: AppliedEvents
  readonly ids: IdMinter
  /** For whoever follows the systems to attach to. */
  readonly rereads: RereadPort
}

/**
 * Opens the store, brings it up to date, and starts what folds the log into read models and keeps caches true.
 * @param scope.serves the subgraphs whose caches this process keeps true
 * @param scope.keeps those whose read models it keeps; several processes may keep the same, one at a time does
 * @param scope.follows whether it follows the systems of record
 */
export async function openDataLayer(
  parts: ProcessParts,
  scope: {
    readonly serves: readonly SubgraphName[]
    readonly keeps: readonly SubgraphName[]
    readonly follows: boolean
  },
): Promise<DataLayer> {
  const { config, closer, log, metrics, signal } = parts
  const store = await openStore(config, closer, log, metrics)
  const { background: database, eventLog, cacheFactory, appliedBus } = store
  const { estate, demo } = await openEstate(parts, store, scope)
  const ids = createIdMinter(systemClock)
  const cursorSecret = await keepSecret(config.cursor.secret, config.database.dataDir, 'cursor')

  await migrate(database, [eventLogMigrations(), connectorMigrations(), idempotencyMigrations()])
  const freshness = closer.add(
    await createFreshnessBoard({
      database,
      systems: [
        { system: estateSystem, policy: estateFreshness },
        ...estate.systems.map(({ id, freshness: policy }) => ({ system: id, policy })),
      ],
    }),
    { name: 'freshness' },
  )
  observeFreshness(freshness, metrics, systemClock)
  const cursors = createCursorCodec({ secret: cursorSecret })
  const rereads = createRereadPort()
  const subgraphs = createSubgraphs({ config, store, estate, freshness, cursors, ids, reread: rereads.ask })
  await migrate(
    database,
    subgraphs.map(({ name, migrations }) => ({ owner: name, folder: migrations })),
  )

  const served = subgraphs.filter((subgraph) => scope.serves.includes(subgraph.name))
  const kept = subgraphs.filter((subgraph) => scope.keeps.includes(subgraph.name))
  const partLog = log.child({ part: 'event log' })
  const consumerMetrics = createConsumerMetrics(metrics)
  const applied = createAppliedEvents()
  const leases = createLeases(database)
  const follower = closer.add(
    createFollower({
      projections: served.flatMap((subgraph) => subgraph.projections),
      database,
      eventLog,
      invalidator: cacheFactory,
      applied,
      appliedBus,
      log: partLog,
      pollMs: config.cache.stalenessBoundMs / 2,
    }),
    { name: 'follower' },
  )
  await follower.start(signal)
  const projector = closer.add(
    createProjector({
      projections: kept.flatMap((subgraph) => subgraph.projections),
      database,
      eventLog,
      leases,
      invalidator: cacheFactory,
      applied,
      appliedBus,
      follower,
      log: partLog,
      metrics: consumerMetrics,
    }),
    { name: 'projector' },
  )
  projector.start()
  const deciders = kept
    .flatMap((subgraph) => subgraph.processes ?? [])
    .map((process) =>
      closer.add(createDecider({ process, database, eventLog, leases, log: partLog, metrics: consumerMetrics }), {
        name: process.name,
      }),
    )
  for (const decider of deciders) decider.start()
  closer.add(
    startTasks(
      [
        ...kept.flatMap((subgraph) => subgraph.tasks ?? []),
        ...watchFigures(served, metrics),
        ...(served.length === 0 ? [] : [watchDeadLetters(database, metrics)]),
      ],
      partLog,
    ),
    { name: 'tasks' },
  )
  async function caughtUp(until: AbortSignal): Promise<void> {
    let head = await eventLog.head()
    // What one decides, another may decide on: as many rounds as there are.
    for (const _ of deciders) {
      await Promise.all(deciders.map((decider) => decider.caughtUp(head, until)))
      head = await eventLog.head()
    }
    await projector.caughtUp(head, until)
  }

  return { store, estate, demo, freshness, subgraphs, projector, caughtUp, follower, applied, ids, rereads }
}
