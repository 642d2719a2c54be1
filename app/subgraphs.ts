import type { Config } from '../platform/config.ts'
import type { Estate } from '../platform/connector/estate.ts'
import type { FreshnessBoard } from '../platform/connector/freshness.ts'
import type { Reread } from '../platform/connector/reread.ts'
import type { CursorCodec } from '../platform/cursor.ts'
import type { IdMinter } from '../platform/ids.ts'
import type { Subgraph } from '../platform/subgraph/subgraph.ts'
import { createCustomers } from '../subgraphs/customers/index.ts'
import { createFinance } from '../subgraphs/finance/index.ts'
import { createInventory } from '../subgraphs/inventory/index.ts'
import { createOrders } from '../subgraphs/orders/index.ts'
import { createProducts } from '../subgraphs/products/index.ts'
import type { Store } from './store.ts'

export type SubgraphParts = {
  readonly config: Config
  readonly store: Store
  readonly estate: Estate
  readonly freshness: FreshnessBoard
  readonly cursors: CursorCodec
  readonly ids: IdMinter
  readonly reread: Reread
}

/** All five, over one store. */
export function createSubgraphs({
  config,
  store,
  estate,
  freshness,
  cursors,
  ids,
  reread,
}: SubgraphParts): readonly Subgraph[] {
  const { database, cacheFactory, eventLog } = store
  const shared = { database, cacheFactory, freshness, cursors }
  return [
    createInventory({ ...shared, eventLog, reread }),
    createOrders({ ...shared, eventLog }),
    createProducts(shared),
    createCustomers({
      database,
      cacheFactory,
      freshness,
      tenant: config.estate.tenant,
      mintCustomerId: () => `cus_${ids.ulid()}`,
      defaultCountry: estate.country,
      sourcePriority: estate.systems.map((system) => system.id),
    }),
    createFinance(shared),
  ]
}
