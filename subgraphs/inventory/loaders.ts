import { createCacheLoader } from '../../platform/batch/loader.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import type { Caches } from './caches.ts'
import { indexNetwork, type NetworkIndex } from './network.ts'
import { networkKey } from './read-model.ts'

export type Context = SubgraphCall & {
  readonly cursors: CursorCodec
  readonly freshness: FreshnessBoard
  readonly load: Loaders
}

export type Loaders = ReturnType<typeof createLoaders>

/** Batches the keys of one request; what is asked twice is read once, so one answer never mixes two states. */
export function createLoaders(caches: Caches) {
  const network = createCacheLoader(caches.network)
  return {
    async network(): Promise<NetworkIndex> {
      return indexNetwork((await network.load(networkKey)) ?? noNetwork)
    },
    positionsOfVariant: createCacheLoader(caches.positionsOfVariant),
    variantIdBySku: createCacheLoader(caches.variantIdBySku),
  }
}

const noNetwork = { channels: [], locations: [] }
