import type { AvailableNumbers } from '../availability.ts'
import type { AskedKit } from './command.ts'
import type { Shortfall } from './place.ts'

/**
 * Kits of which more are asked for than their own terms give: their allocation, and where they are excluded. What they are made of is
 * asked for beside.
 * @param numbersOf as availability tells it
 */
export function shortKits(
  asked: readonly AskedKit[],
  numbersOf: (kitId: string) => Pick<AvailableNumbers, 'ats'>,
): readonly Shortfall[] {
  const sets = new Map<string, number>()
  for (const kit of asked) sets.set(kit.kitId, (sets.get(kit.kitId) ?? 0) + kit.sets)
  return [...sets].flatMap(([variantId, requested]) => {
    const { ats: available } = numbersOf(variantId)
    return requested <= available ? [] : [{ variantId, requested, available, alternatives: [] }]
  })
}
