import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import { type IdentifierKey, identifierKeyOf } from './keys.ts'
import {
  readLinks,
  readLinksOfCustomers,
  readProfiles,
  readProfilesOfIdentifiers,
  readProfilesOfOrderNumbers,
} from './reads.ts'

const maxEntries = 20_000
const keyOf = (id: string) => id

export type Caches = ReturnType<typeof createCaches>

/** Names are those the projections' `keysOf` invalidates. */
export function createCaches(database: Queryable, factory: CacheFactory) {
  return {
    profile: factory.readThrough({
      name: 'customers.profile',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readProfiles(database, ids),
    }),
    link: factory.readThrough({
      name: 'customers.link',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readLinks(database, ids),
    }),
    linksOfCustomer: factory.readThrough({
      name: 'customers.links-of-customer',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readLinksOfCustomers(database, ids),
    }),
    profilesOfIdentifier: factory.readThrough({
      name: 'customers.profiles-of-identifier',
      keyOf: identifierKeyOf,
      maxEntries,
      load: (keys: readonly IdentifierKey[]) => readProfilesOfIdentifiers(database, keys),
    }),
    profilesOfOrderNumber: factory.readThrough({
      name: 'customers.profiles-of-order-number',
      keyOf,
      maxEntries,
      load: (numbers: readonly string[]) => readProfilesOfOrderNumbers(database, numbers),
    }),
  }
}
