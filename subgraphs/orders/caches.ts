import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import { externalKeyOf } from './keys.ts'
import {
  type ExternalKey,
  readCustomersOfProfiles,
  readOrderIdsByExternalNumber,
  readOrderIdsByNumber,
  readOrderIdsByPart,
  readOrders,
  readTimelines,
} from './reads.ts'
import { readRegions } from './regions.ts'

const maxEntries = 20_000
const keyOf = (id: string) => id

export type Caches = ReturnType<typeof createCaches>

/** Names are those the projections' `keysOf` invalidates. */
export function createCaches(database: Queryable, factory: CacheFactory) {
  return {
    order: factory.readThrough({
      name: 'orders.order',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readOrders(database, ids),
    }),
    timeline: factory.readThrough({
      name: 'orders.timeline',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readTimelines(database, ids),
    }),
    orderIdByNumber: factory.readThrough({
      name: 'orders.by-number',
      keyOf,
      maxEntries,
      load: (numbers: readonly string[]) => readOrderIdsByNumber(database, numbers),
    }),
    orderIdByExternalNumber: factory.readThrough({
      name: 'orders.by-external-number',
      keyOf: externalKeyOf,
      maxEntries,
      load: (keys: readonly ExternalKey[]) => readOrderIdsByExternalNumber(database, keys),
    }),
    orderIdByPart: factory.readThrough({
      name: 'orders.part',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readOrderIdsByPart(database, ids),
    }),
    customerOfProfile: factory.readThrough({
      name: 'orders.profile-customer',
      keyOf,
      maxEntries,
      load: (ids: readonly string[]) => readCustomersOfProfiles(database, ids),
    }),
    region: factory.readThrough({
      name: 'orders.region',
      keyOf,
      maxEntries,
      load: (places: readonly string[]) => readRegions(database, places),
    }),
  }
}
