import { createCacheLoader, type Loader } from '../../platform/batch/loader.ts'
import type { ReadThrough } from '../../platform/cache/cache.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import type { Basis } from './basis.ts'
import type { Caches } from './caches.ts'
import type { InventoryCommands } from './commands.ts'
import { indexNetwork, type NetworkIndex } from './network.ts'
import { networkKey } from './read-model.ts'
import type { PositionRow } from './reads.ts'
import { type Hold, liveHolds, type StoredHold } from './reservations/holds.ts'
import { sharedTermsKey } from './terms-model.ts'
import { noSharedTerms, noVariantTerms, type SharedTerms, type VariantTerms } from './terms-reads.ts'

export type Context = SubgraphCall & {
  readonly cursors: CursorCodec
  readonly freshness: FreshnessBoard
  readonly load: Loaders
  readonly commands: Pick<InventoryCommands, 'submit' | 'reservation'>
  /** For what no cache keeps: history, and lists of exceptions. */
  readonly database: Queryable
}

/** A basis with the stored values it was made of: while they are the same objects, so are the answers. */
export type LoadedBasis = Basis & { readonly storedHolds: readonly StoredHold[] }

export type Loaders = {
  network(): Promise<NetworkIndex>
  readonly positionsOfVariant: Loader<string, readonly PositionRow[]>
  readonly variantIdBySku: Loader<string, string>
  /** Units held of a variant now. */
  holdsOfVariant(variantId: string, now: Date): Promise<readonly Hold[]>
  basisOf(variantId: string, now: Date): Promise<LoadedBasis>
  /** Without waiting; undefined when anything of it is not in memory. */
  peekBasis(variantId: string, now: Date): LoadedBasis | undefined
  /** Without waiting; undefined when it is not in memory, null for an unknown SKU. */
  peekVariantId(sku: string): string | null | undefined
}

/** Batches the keys of one request; what is asked twice is read once, so one answer never mixes two states. */
export function createLoaders(caches: Caches): Loaders {
  const network = createCacheLoader(caches.network)
  const sharedTerms = createCacheLoader(caches.sharedTerms)
  const positionsOfVariant = createCacheLoader(caches.positionsOfVariant)
  const termsOfVariant = createCacheLoader(caches.termsOfVariant)
  const categoriesOfProduct = createCacheLoader(caches.categoriesOfProduct)
  const storedHolds = createCacheLoader(caches.holdsOfVariant)

  const loadNetwork = async () => indexNetwork((await network.load(networkKey)) ?? noNetwork)

  return {
    network: loadNetwork,
    positionsOfVariant,
    variantIdBySku: createCacheLoader(caches.variantIdBySku),
    async holdsOfVariant(variantId, now) {
      const [positions, stored] = await Promise.all([positionsOfVariant.load(variantId), storedHolds.load(variantId)])
      return holdsAt(stored ?? none, positions ?? none, now)
    },
    async basisOf(variantId, now) {
      const [index, shared, positions, terms, stored] = await Promise.all([
        loadNetwork(),
        sharedTerms.load(sharedTermsKey),
        positionsOfVariant.load(variantId),
        termsOfVariant.load(variantId),
        storedHolds.load(variantId),
      ])
      const productId = terms?.productId ?? null
      const categories = productId === null ? null : await categoriesOfProduct.load(productId)
      return toBasis({ variantId, network: index, shared, positions, terms, stored, categories, now })
    },
    peekBasis(variantId, now) {
      const rows = peek(caches.network, networkKey)
      const shared = peek(caches.sharedTerms, sharedTermsKey)
      const positions = peek(caches.positionsOfVariant, variantId)
      const terms = peek(caches.termsOfVariant, variantId)
      const stored = peek(caches.holdsOfVariant, variantId)
      if (rows === undefined || shared === undefined || positions === undefined) return undefined
      if (terms === undefined || stored === undefined) return undefined
      const productId = terms?.productId ?? null
      const categories = productId === null ? null : peek(caches.categoriesOfProduct, productId)
      if (categories === undefined) return undefined
      const index = indexNetwork(rows ?? noNetwork)
      return toBasis({ variantId, network: index, shared, positions, terms, stored, categories, now })
    },
    peekVariantId: (sku) => peek(caches.variantIdBySku, sku),
  }
}

type Loaded = {
  readonly variantId: string
  readonly network: NetworkIndex
  readonly shared: SharedTerms | null
  readonly positions: readonly PositionRow[] | null
  readonly terms: VariantTerms | null
  readonly stored: readonly StoredHold[] | null
  readonly categories: readonly string[] | null
  readonly now: Date
}

function toBasis({ variantId, network, now, ...loaded }: Loaded): LoadedBasis {
  const positions = loaded.positions ?? none
  const storedHolds = loaded.stored ?? none
  return {
    variantId,
    network,
    shared: loaded.shared ?? noSharedTerms,
    terms: loaded.terms ?? noVariantTerms,
    categories: loaded.categories ?? none,
    positions,
    storedHolds,
    holds: holdsAt(storedHolds, positions, now),
  }
}

/** What left by a reservation counts until its position was counted again. */
function holdsAt(stored: readonly StoredHold[], positions: readonly PositionRow[], now: Date): readonly Hold[] {
  if (stored.length === 0) return none
  const counted = new Map(positions.map((row) => [row.locationId, row.occurredAt ?? row.receivedAt]))
  return liveHolds(stored, (locationId) => counted.get(locationId) ?? null, now)
}

function peek<V>(cache: ReadThrough<string, V>, key: string): V | null | undefined {
  return cache.peekMany([key])?.[0]?.value
}

const none: readonly never[] = Object.freeze([])
const noNetwork = { channels: [], locations: [] }
