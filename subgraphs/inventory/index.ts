import { readFileSync } from 'node:fs'
import { assetPath } from '../../platform/assets.ts'
import type { CacheFactory } from '../../platform/cache/cache.ts'
import { systemClock } from '../../platform/clock.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { Reread } from '../../platform/connector/reread.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { EventLog } from '../../platform/event-log/event-log.ts'
import { createIdMinter } from '../../platform/ids.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import { createCaches } from './caches.ts'
import { createInventoryCommands, toCallCommands } from './commands.ts'
import { createDemandProcess } from './demand/demand-process.ts'
import { feedSource } from './feeds/feed-source.ts'
import { feedsProjection, removeOldFeeds } from './feeds/feeds.ts'
import { inventoryFigures } from './figures.ts'
import { inventoryKeeping } from './keeping.ts'
import { askAgain } from './ledger/ask-again.ts'
import { exceptionsProjection } from './ledger/exceptions-projection.ts'
import { ledgerProjection } from './ledger/ledger-projection.ts'
import { measuresProjection, removeOldMeasures } from './ledger/measures-projection.ts'
import { movementSource } from './ledger/movement-source.ts'
import { streamProcess } from './ledger/stream-process.ts'
import { watchProcess } from './ledger/watch-process.ts'
import { type Context, createLoaders, type Loaders } from './loaders.ts'
import { catalogueProjection, networkProjection } from './read-model.ts'
import { createRerouteProcess } from './reroutes/reroute-process.ts'
import { removeIdleIssues } from './reservations/channel-issues.ts'
import { reservationProjection } from './reservations/reservation-events.ts'
import { inventoryResolvers } from './resolvers.ts'
import { returnStockProcess } from './returns/return-stock-process.ts'
import { channelSource, locationSource, stockSource } from './sources.ts'
import { termSources } from './term-sources.ts'
import { termsProjection } from './terms-model.ts'

export type InventoryDeps = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
  readonly eventLog: EventLog
  readonly cursors: CursorCodec
  /** Absent: no source can be read again from here. */
  readonly reread?: Reread
}

/** Where stock is, how much of it, and what may be promised from it in a channel. */
export function createInventory({
  database,
  cacheFactory,
  freshness,
  eventLog,
  cursors,
  reread = nowhere,
}: InventoryDeps): Subgraph {
  const caches = createCaches(database, cacheFactory)
  const ids = createIdMinter(systemClock)
  const commands = createInventoryCommands({ database, eventLog, invalidator: cacheFactory, freshness, caches, ids })
  const figures = inventoryFigures({ database, caches, freshness, now: systemClock })
  return {
    name: 'inventory',
    typeDefs: ['shared', 'inventory']
      .map((name) => readFileSync(assetPath(`schema/${name}.graphql`), 'utf8'))
      .join('\n'),
    resolvers: inventoryResolvers,
    createContext(call): Context {
      const loadAnew = () => createLoaders(caches, call.rests)
      const context: Context & { load: Loaders } = {
        ...call,
        freshness,
        cursors,
        database,
        // What the answer goes on to tell is as the command left it, all of it.
        commands: toCallCommands(commands, () => {
          context.load = loadAnew()
        }),
        figures,
        load: loadAnew(),
      }
      return context
    },
    keeping: inventoryKeeping,
    projections: [
      networkProjection,
      ledgerProjection,
      catalogueProjection,
      termsProjection,
      exceptionsProjection,
      measuresProjection,
      feedsProjection,
      reservationProjection,
    ],
    processes: [
      watchProcess,
      streamProcess,
      createRerouteProcess({ caches, freshness }),
      createDemandProcess({ caches, freshness, ids }),
      returnStockProcess,
    ],
    tasks: [
      { name: 'inventory.tidy-reservations', everyMs: 2_000, run: commands.tidy },
      { name: 'inventory.place-owed', everyMs: 1_000, run: commands.placeOwed },
      { name: 'inventory.tidy-measures', everyMs: 600_000, run: () => removeOldMeasures(database, 1_000) },
      { name: 'inventory.tidy-feeds', everyMs: 600_000, run: () => removeOldFeeds(database, 1_000) },
      {
        name: 'inventory.tidy-channel-issues',
        everyMs: 600_000,
        run: () => removeIdleIssues({ database, eventLog }, 1_000),
      },
      { name: 'inventory.ask-again', everyMs: 5_000, run: () => askAgain({ database, eventLog, reread }) },
    ],
    figures,
    sources: [channelSource, locationSource, stockSource, movementSource, feedSource, ...termSources],
    migrations: assetPath('subgraphs/inventory/migrations'),
  }
}

const nowhere: Reread = () => Promise.resolve(false)
