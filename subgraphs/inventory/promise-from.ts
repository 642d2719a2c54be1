import type { Asked, Basis } from './basis.ts'
import { type Backing, type PromiseAnswer, type PromiseNumbers, promiseOf, type SellingTerms } from './promise.ts'
import { rulesAt } from './rules.ts'
import { incomingUnits, noInTransit, promisedUnits } from './supply.ts'

/**
 * When a quantity of a variant can be had in a channel by a method: of supply that comes to where the channel sells from.
 * @param numbers of the same basis and question
 */
export function promiseFrom(
  basis: Omit<Basis, 'holds' | 'positions'>,
  quantity: number,
  numbers: PromiseNumbers,
  asked: Asked,
): PromiseAnswer {
  const { terms } = basis
  const selling: SellingTerms = {
    backorderable: terms.backorderable,
    backorderLimit: terms.selling?.backorderLimit ?? null,
    backorders: terms.selling?.backorders ?? [],
    preorder: terms.selling?.preorder ?? null,
    dockToStockDays: terms.selling?.dockToStockDays ?? 0,
    discontinued: terms.discontinued,
  }
  return promiseOf(quantity, numbers, backingOf(basis, asked), selling, asked.nowMs)
}

function backingOf(basis: Omit<Basis, 'holds' | 'positions'>, { channelId, method, nowMs }: Asked): readonly Backing[] {
  const { network, shared, terms, variantId, categories } = basis
  const serving = network.serving(channelId, method)
  if (serving === null || terms.supplies.length === 0) return []
  const exclusions = [...shared.exclusions, ...terms.exclusions]
  const excludedAt = rulesAt(exclusions, { channelId, method, variantId, categories }, nowMs)
  const policy = network.channel(channelId)?.inTransit ?? noInTransit
  return terms.supplies
    .filter(({ locationId }) => serving.has(locationId) && excludedAt(locationId).length === 0)
    .map((supply) => {
      const counted = policy.include ? incomingUnits(supply, policy, nowMs) : 0
      const { id, locationId, confidence } = supply
      const units = promisedUnits(supply, policy) - counted
      return { id, locationId, confidence, etaMs: Date.parse(supply.eta), units, counted }
    })
}
