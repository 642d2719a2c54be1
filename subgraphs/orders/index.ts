import { readFileSync } from 'node:fs'
import { assetPath } from '../../platform/assets.ts'
import type { CacheFactory } from '../../platform/cache/cache.ts'
import { systemClock } from '../../platform/clock.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { EventLog } from '../../platform/event-log/event-log.ts'
import { createIdMinter } from '../../platform/ids.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import { orderScope } from '../../policies/order-scope.ts'
import { createCaches } from './caches.ts'
import { editProcess } from './editing/edit-process.ts'
import { ordersFigures } from './figures.ts'
import { createFulfillmentProcess } from './fulfillment/fulfillment-process.ts'
import { type Context, createLoaders } from './loaders.ts'
import { customersProjection, ordersProjection } from './read-model.ts'
import { regionsProjection } from './regions.ts'
import { ordersResolvers } from './resolvers.ts'
import { returnProcess } from './returns/return-process.ts'
import { ordersSources } from './sources.ts'
import { publicStatusProcess } from './status-process.ts'

export type OrdersDeps = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
  readonly cursors: CursorCodec
  readonly eventLog: EventLog
}

/** What was ordered and how far it is: orders with lines, shipments and one timeline over all systems. */
export function createOrders({ database, cacheFactory, freshness, cursors, eventLog }: OrdersDeps): Subgraph {
  const caches = createCaches(database, cacheFactory)
  const ids = createIdMinter(systemClock)
  const commands = { database, eventLog, ids }
  return {
    name: 'orders',
    typeDefs: ['shared', 'orders'].map((name) => readFileSync(assetPath(`schema/${name}.graphql`), 'utf8')).join('\n'),
    resolvers: ordersResolvers,
    createContext: (call): Context => ({
      ...call,
      freshness,
      cursors,
      database,
      commands,
      scope: orderScope(call.viewer),
      load: createLoaders(database, caches, call.viewer),
    }),
    projections: [ordersProjection, customersProjection, regionsProjection],
    processes: [publicStatusProcess, createFulfillmentProcess(() => `ful_${ids.ulid()}`), returnProcess, editProcess],
    figures: ordersFigures(database),
    sources: ordersSources,
    migrations: assetPath('subgraphs/orders/migrations'),
  }
}
