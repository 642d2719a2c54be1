import { createBatchedRead, createCacheLoader, type Loader } from '../../platform/batch/loader.ts'
import type { Held } from '../../platform/cache/cache.ts'
import type { Rests } from '../../platform/cache/rests.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import { allReady, isPromise, type MaybePromise, whenReady } from '../../platform/maybe-promise.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { Figures, SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import type { Basis } from './basis.ts'
import type { Caches } from './caches.ts'
import type { CallCommands } from './commands.ts'
import { indexNetwork, type NetworkIndex } from './network.ts'
import { type Quota, quotasOf, type Sold } from './quota.ts'
import { networkKey } from './read-model.ts'
import type { SupplyRow } from './read-supplies.ts'
import type { PositionRow } from './reads.ts'
import { type Hold, liveHolds, type StoredHold, unitsAt } from './reservations/holds.ts'
import { sharedTermsKey } from './terms-model.ts'
import { noSharedTerms, noVariantTerms, type SharedTerms, type VariantTerms } from './terms-reads.ts'

export type Context = SubgraphCall & {
  readonly cursors: CursorCodec
  readonly freshness: FreshnessBoard
  /** Another one after each command. */
  readonly load: Loaders
  readonly commands: CallCommands
  readonly figures: Figures
  /** For what no cache keeps: history, and lists of exceptions. */
  readonly database: Queryable
}

/** A basis with the stored values it was made of: while they are the same objects, so are the answers. */
export type LoadedBasis = Basis & { readonly storedHolds: readonly StoredHold[] }

export type Loaders = {
  network(): MaybePromise<NetworkIndex>
  readonly positionsOfVariant: Loader<string, readonly PositionRow[]>
  readonly variantIdBySku: Loader<string, string>
  /** By when they are due, whatever became of them. */
  suppliesOfVariant(variantId: string): Promise<readonly SupplyRow[]>
  /** Units held at a position now. */
  reservedAt(position: PositionRow, now: Date): MaybePromise<number>
  basisOf(variantId: string, now: Date): MaybePromise<LoadedBasis>
}

/**
 * Batches the keys of one request, between commands of it; what is asked twice is read once, so one answer never mixes two states.
 */
export function createLoaders(caches: Caches, rests?: Rests): Loaders {
  const network = createCacheLoader(caches.network, rests)
  const sharedTerms = createCacheLoader(caches.sharedTerms, rests)
  const positionsOfVariant = createCacheLoader(caches.positionsOfVariant, rests)
  const termsOfVariant = createCacheLoader(caches.termsOfVariant, rests)
  const categoriesOfProduct = createCacheLoader(caches.categoriesOfProduct, rests)
  const storedHolds = createCacheLoader(caches.holdsOfVariant, rests)
  const readSold = createBatchedRead<Quota, Sold>(caches.readSold)

  // One state within an answer, as with every loader: what was read by itself decides what a basis is made of.
  const given = new Map<string, MaybePromise<LoadedBasis>>()
  const readApart = new Set<string>()

  const loadNetwork = () => whenReady(network.load(networkKey), (known) => indexNetwork(known ?? noNetwork))

  return {
    network: loadNetwork,
    positionsOfVariant,
    variantIdBySku: createCacheLoader(caches.variantIdBySku, rests),
    suppliesOfVariant: createBatchedRead<string, readonly SupplyRow[]>(caches.readSupplies),
    reservedAt(position, now) {
      const { variantId, locationId } = position
      const basis = given.get(variantId)
      if (basis !== undefined) return whenReady(basis, ({ holds }) => unitsAt(holds, locationId))
      readApart.add(variantId)
      // What was counted elsewhere ends no hold here, so the other positions of a page's variants are not read for it.
      return whenReady(storedHolds.load(variantId), (stored) =>
        unitsAt(holdsAt(stored ?? none, [position], now), locationId),
      )
    },
    basisOf(variantId, now) {
      const known = given.get(variantId)
      if (known !== undefined) return known
      // All asked for before any is waited for, so that what is missing is read at once.
      const network = loadNetwork()
      const shared = sharedTerms.load(sharedTermsKey)
      const positions = positionsOfVariant.load(variantId)
      const kept = readApart.has(variantId) ? undefined : keptBasis(network, shared, positions, rests)
      const basis = kept === undefined ? loadBasis() : withHoldsAt(kept, now)
      given.set(variantId, basis)
      return basis

      function loadBasis(): MaybePromise<LoadedBasis> {
        const terms = termsOfVariant.load(variantId)
        const stored = storedHolds.load(variantId)
        const categories = whenReady(terms, (known) =>
          known === null || known.productId === null ? null : categoriesOfProduct.load(known.productId),
        )
        const sold = whenReady(
          allReady([shared, terms, categories]),
          ([common, own, path]): MaybePromise<readonly Sold[]> => {
            const allocations = [...(common?.allocations ?? none), ...(own?.allocations ?? none)]
            const quotas = quotasOf(allocations, {
              variantId,
              categories: path ?? none,
              isKit: own !== null && own.kit !== null,
            })
            return quotas.length === 0 ? none : Promise.all(quotas.map(readSold))
          },
        )
        return whenReady(
          allReady([network, shared, positions, terms, stored, categories, sold]),
          ([index, common, rows, own, held, path, gone]) => {
            const loaded = {
              network: index,
              shared: common,
              positions: rows,
              terms: own,
              stored: held,
              categories: path,
              sold: gone,
            }
            const basis = toBasis({ ...loaded, variantId, now })
            keepBasis(basis, [
              [caches.termsOfVariant.hold(variantId), own],
              [caches.holdsOfVariant.hold(variantId), held],
              own === null || own.productId === null
                ? [always, path]
                : [caches.categoriesOfProduct.hold(own.productId), path],
            ])
            return basis
          },
        )
      }
    },
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
  readonly sold: readonly Sold[]
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
    sold: loaded.sold,
  }
}

/** What left by a reservation counts until its position was counted again. */
function holdsAt(stored: readonly StoredHold[], positions: readonly PositionRow[], now: Date): readonly Hold[] {
  if (stored.length === 0) return none
  const counted = new Map(positions.map((row) => [row.locationId, row.occurredAt ?? row.receivedAt]))
  return liveHolds(stored, (locationId) => counted.get(locationId) ?? null, now)
}

// By what no two variants share and every change of stock replaces.
const bases = new WeakMap<readonly PositionRow[], { readonly basis: LoadedBasis; readonly rests: readonly Held[] }>()

/** @param read what the basis was made of beyond network, shared terms and positions: each value with the entry that held it */
function keepBasis(basis: LoadedBasis, read: readonly (readonly [HeldValue | undefined, unknown])[]): void {
  if (basis.positions.length === 0) return
  // What is taken of a kit changes with its components.
  if (basis.terms.kit !== null && basis.sold.length > 0) return
  const rests: Held[] = []
  for (const [held, value] of read) {
    // What was read before an event, or while the store was away, is not what the cache gives now.
    if (held === undefined || held.value !== value) return
    rests.push(held)
  }
  bases.set(basis.positions, { basis, rests })
}

/** @returns undefined where anything that it was made of is no longer what its cache gives */
function keptBasis(
  network: MaybePromise<NetworkIndex>,
  shared: MaybePromise<SharedTerms | null>,
  positions: MaybePromise<readonly PositionRow[] | null>,
  rests: Rests | undefined,
): LoadedBasis | undefined {
  if (positions === null || isPromise(positions)) return undefined
  const kept = bases.get(positions)
  if (kept === undefined || kept.basis.network !== network || kept.basis.shared !== (shared ?? noSharedTerms)) {
    return undefined
  }
  for (const { isHeld } of kept.rests) if (!isHeld) return undefined
  if (rests !== undefined) for (const held of kept.rests) rests.on(held)
  return kept.basis
}

function withHoldsAt(basis: LoadedBasis, now: Date): LoadedBasis {
  const { storedHolds, positions } = basis
  return storedHolds.length === 0 ? basis : { ...basis, holds: holdsAt(storedHolds, positions, now) }
}

type HeldValue = Held & { readonly value: unknown }

const always: HeldValue = { isHeld: true, among: { count: 0 }, value: null }
const none: readonly never[] = Object.freeze([])
const noNetwork = { channels: [], locations: [] }
