import { createCacheLoader } from '../../platform/batch/loader.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import type { CustomerScope } from '../../policies/customer-scope.ts'
import type { Audit } from './audit.ts'
import type { Caches } from './caches.ts'

export type Context = SubgraphCall & {
  readonly freshness: FreshnessBoard
  /** ISO 3166-1 alpha-2: where a phone number without a country code is from. */
  readonly defaultCountry: string
  readonly sourcePriority: readonly string[]
  /** Whom the viewer sees, and how much of them. */
  readonly scope: CustomerScope
  readonly audit: Audit
  readonly load: Loaders
}

export type Loaders = ReturnType<typeof createLoaders>

/** Batches the keys of one request; what is asked twice is read once. */
export function createLoaders(caches: Caches) {
  return {
    profile: createCacheLoader(caches.profile),
    link: createCacheLoader(caches.link),
    linksOfCustomer: createCacheLoader(caches.linksOfCustomer),
    profilesOfIdentifier: createCacheLoader(caches.profilesOfIdentifier),
    profilesOfOrderNumber: createCacheLoader(caches.profilesOfOrderNumber),
  }
}
