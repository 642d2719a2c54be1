import { readFileSync } from 'node:fs'
import { assetPath } from '../../platform/assets.ts'
import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import { createCaches } from './caches.ts'
import { productsKeeping } from './keeping.ts'
import { type Context, createLoaders } from './loaders.ts'
import { catalogueProjection } from './read-model.ts'
import { productsResolvers } from './resolvers.ts'
import { priceSource, variantSource } from './sources.ts'

export type ProductsDeps = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
  readonly cursors: CursorCodec
}

/** What is sold and at what price: products, their sellable variants, and prices by channel. */
export function createProducts({ database, cacheFactory, freshness, cursors }: ProductsDeps): Subgraph {
  const caches = createCaches(database, cacheFactory)
  return {
    name: 'products',
    typeDefs: ['shared', 'products']
      .map((name) => readFileSync(assetPath(`schema/${name}.graphql`), 'utf8'))
      .join('\n'),
    resolvers: productsResolvers,
    createContext: (call): Context => ({
      ...call,
      database,
      freshness,
      cursors,
      load: createLoaders(caches, call),
    }),
    keeping: productsKeeping,
    projections: [catalogueProjection],
    sources: [variantSource, priceSource],
    migrations: assetPath('subgraphs/products/migrations'),
  }
}
