import type { FreshnessBoard } from '../../../platform/connector/freshness.ts'
import { availableOf } from '../availability.ts'
import { type Asked, type Basis, toInput, withHolds } from '../basis.ts'
import type { Caches } from '../caches.ts'
import { indexNetwork, type NetworkIndex } from '../network.ts'
import { promiseFrom } from '../promise-from.ts'
import { type Quota, quotasOf } from '../quota.ts'
import { networkKey } from '../read-model.ts'
import { sharedTermsKey } from '../terms-model.ts'
import { noSharedTerms, noVariantTerms, type SharedTerms, type VariantTerms } from '../terms-reads.ts'
import type { Admission, Formula } from './section-state.ts'

/** What is set up by people rather than counted: who sells from where, and by which rules. */
export type Terms = {
  readonly network: NetworkIndex
  readonly shared: SharedTerms
  readonly ofVariant: ReadonlyMap<string, { readonly terms: VariantTerms; readonly categories: readonly string[] }>
}

/** Kept current by events; stock and holds are never read so. */
export async function loadTerms(caches: Caches, variantIds: readonly string[]): Promise<Terms> {
  const [network, shared, terms] = await Promise.all([
    caches.network.get(networkKey),
    caches.sharedTerms.get(sharedTermsKey),
    caches.termsOfVariant.getMany(variantIds),
  ])
  const productIds = terms.map(({ value }) => value?.productId ?? null)
  const known = [...new Set(productIds.filter((id) => id !== null))]
  const lists = await caches.categoriesOfProduct.getMany(known)
  const categories = new Map(known.map((id, at) => [id, lists[at]?.value ?? []]))
  return {
    network: indexNetwork(network.value ?? { channels: [], locations: [] }),
    shared: shared.value ?? noSharedTerms,
    ofVariant: new Map(
      variantIds.map((id, at) => [
        id,
        { terms: terms[at]?.value ?? noVariantTerms, categories: categories.get(productIds[at] ?? '') ?? [] },
      ]),
    ),
  }
}

/** What a section must know the sold units of. */
export function quotasOfTerms({ shared, ofVariant }: Terms): readonly Quota[] {
  return [...ofVariant].flatMap(([variantId, { terms, categories }]) =>
    quotasOf([...shared.allocations, ...terms.allocations], { variantId, categories, isKit: terms.kit !== null }),
  )
}

/** The same formula that answers a question of availability, over the rows of the section. */
export function createAdmission({ network, shared, ofVariant }: Terms, freshness: FreshnessBoard): Admission {
  return (variantId, positions, { channelId, method }, now, kitId) => {
    const own = ofVariant.get(variantId)
    const basis: Basis = {
      variantId,
      network,
      shared,
      terms: own?.terms ?? noVariantTerms,
      categories: own?.categories ?? [],
      positions,
      holds: [],
      sold: [],
    }
    const asked: Asked = { channelId, method, nowMs: now.getTime(), freshness }
    const kit = kitId === null ? undefined : ofVariant.get(kitId)
    const input = toInput(basis, asked, kitId === null || kit === undefined ? null : { variantId: kitId, ...kit })
    if (input === null) return null
    const withHeld: Formula['input'] = (holds, sold) => withHolds(input, { ...basis, holds, sold }, asked)
    return {
      input: withHeld,
      numbers: (holds, sold) => availableOf(withHeld(holds, sold)),
      promise: (quantity, numbers) => promiseFrom(basis, quantity, numbers, asked),
      fenced: (holds, sold) =>
        withHeld(holds, sold).allocation.others.reduce((sum, { remaining }) => sum + remaining, 0),
    }
  }
}
