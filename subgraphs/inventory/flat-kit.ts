import { allReady, type MaybePromise, whenReady } from '../../platform/maybe-promise.ts'
import type { Kit } from './terms-reads.ts'

/**
 * What a kit is made of in the end, each variant once: a kit inside it is what that is made of. All of it ships together where any of
 * them must. Made of nothing, so that there is none of it, where kits contain themselves or lie too deep.
 */
export function flatKit(
  kit: Kit,
  kitOf: (variantId: string) => MaybePromise<Kit | null>,
  depth = 0,
): MaybePromise<Kit> {
  return whenReady(allReady(kit.components.map(({ variantId }) => kitOf(variantId))), (inner) => {
    if (inner.every((one) => one === null)) return withEachOnce(kit)
    if (depth === mostDeep) return { ...kit, components: [] }
    const components = kit.components.flatMap((component, at) => {
      const parts = inner[at]?.components ?? null
      if (parts === null) return [component]
      return parts.map(({ variantId, quantity }) => ({ variantId, quantity: quantity * component.quantity }))
    })
    const shipTogether = kit.shipTogether || inner.some((one) => one?.shipTogether)
    return flatKit(withEachOnce({ ...kit, shipTogether, components }), kitOf, depth + 1)
  })
}

/** Kits within kits within the kit. */
const mostDeep = 4

function withEachOnce(kit: Kit): Kit {
  const units = new Map<string, number>()
  for (const { variantId, quantity } of kit.components) units.set(variantId, (units.get(variantId) ?? 0) + quantity)
  if (units.size === kit.components.length) return kit
  return { ...kit, components: [...units].map(([variantId, quantity]) => ({ variantId, quantity })) }
}
