import { readFileSync } from 'node:fs'
import { assetPath } from '../../platform/assets.ts'
import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import { createCaches } from './caches.ts'
import { financeFigures } from './figures.ts'
import { type Context, createLoaders } from './loaders.ts'
import { orderScopesProjection } from './order-scopes.ts'
import { postingProcess } from './postings/posting-process.ts'
import { invoicesProjection, journalProjection, paymentsProjection, refundsProjection } from './read-model.ts'
import { regionsProjection } from './regions.ts'
import { financeResolvers } from './resolvers.ts'
import { financeSources } from './sources.ts'

export type FinanceDeps = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
}

/** What was paid, given back, invoiced and posted, by order. */
export function createFinance({ database, cacheFactory, freshness }: FinanceDeps): Subgraph {
  const caches = createCaches(database, cacheFactory)
  return {
    name: 'finance',
    typeDefs: ['shared', 'finance'].map((name) => readFileSync(assetPath(`schema/${name}.graphql`), 'utf8')).join('\n'),
    resolvers: financeResolvers,
    createContext: (call): Context => ({
      ...call,
      freshness,
      database,
      load: createLoaders(database, caches, call.viewer),
    }),
    projections: [
      paymentsProjection,
      refundsProjection,
      invoicesProjection,
      journalProjection,
      orderScopesProjection,
      regionsProjection,
    ],
    processes: [postingProcess],
    figures: financeFigures(database),
    sources: financeSources,
    migrations: assetPath('subgraphs/finance/migrations'),
  }
}
