import { readFileSync } from 'node:fs'
import { assetPath } from '../../platform/assets.ts'
import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { Subgraph } from '../../platform/subgraph/subgraph.ts'
import { customerScope } from '../../policies/customer-scope.ts'
import { createAudit } from './audit.ts'
import { createCaches } from './caches.ts'
import { createLinkingProcess } from './linking-process.ts'
import { type Context, createLoaders } from './loaders.ts'
import { linksProjection, orderNumbersProjection, profilesProjection } from './read-model.ts'
import { customersResolvers } from './resolvers.ts'
import { createCustomerSource } from './sources.ts'

export type CustomersDeps = {
  readonly database: Database
  readonly cacheFactory: CacheFactory
  readonly freshness: FreshnessBoard
  readonly tenant: string
  /** A new canonical id, `cus_` and a ULID: later ones sort after earlier ones. */
  readonly mintCustomerId: () => string
  /** ISO 3166-1 alpha-2: where a phone number without a country code is from. */
  readonly defaultCountry: string
  /** System ids, the most trusted first. */
  readonly sourcePriority: readonly string[]
}

/** Who buys: the profiles each system keeps, linked into customers without merging any. */
export function createCustomers(deps: CustomersDeps): Subgraph {
  const { cacheFactory, database, defaultCountry, freshness, sourcePriority } = deps
  const caches = createCaches(database, cacheFactory)
  const audit = createAudit(database)
  return {
    name: 'customers',
    typeDefs: ['shared', 'customers']
      .map((name) => readFileSync(assetPath(`schema/${name}.graphql`), 'utf8'))
      .join('\n'),
    resolvers: customersResolvers,
    createContext: (call): Context => ({
      ...call,
      freshness,
      defaultCountry,
      sourcePriority,
      scope: customerScope(call.viewer),
      audit,
      load: createLoaders(caches),
    }),
    projections: [profilesProjection, linksProjection, orderNumbersProjection],
    processes: [createLinkingProcess(deps)],
    sources: [createCustomerSource(defaultCountry)],
    migrations: assetPath('subgraphs/customers/migrations'),
  }
}
