/** Which variant a reservation is of, which never changes; known of those met lately. */
export type VariantOf = {
  get(reservationId: string): string | undefined
  set(reservationId: string, variantId: string): void
}

/**
 * Two generations: when the young one is full the old one is forgotten. Written for each unit that is sold and read for few, so
 * a list in order of use would cost more than it knows.
 * @param perGeneration so many are known at least
 */
export function createVariantOf(perGeneration: number): VariantOf {
  let young = new Map<string, string>()
  let old = young
  return {
    get: (reservationId) => young.get(reservationId) ?? old.get(reservationId),
    set(reservationId, variantId) {
      if (young.size >= perGeneration) {
        old = young
        young = new Map()
      }
      young.set(reservationId, variantId)
    },
  }
}
