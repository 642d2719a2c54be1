import type { Viewer } from '../platform/identity/viewer.ts'

/** Up to this many units everyone sees the exact number. */
export const exactUpTo = 10

/** Upper bounds of the bands shown above it; a quantity is told as the lower bound of its band. */
const bandStarts: readonly number[] = [1_000, 500, 100, 50, 20, 11]

/** Whether a viewer sees exact numbers above it too. */
export function seesExactAvailability({ kind }: Viewer): boolean {
  return kind !== 'anonymous' && kind !== 'shopper'
}

/**
 * The number a viewer may see of what can be sold: storefronts see bands above ten, so that stock levels are
 * no competitor's reading; staff, services and partners (of their own allocation) see the exact one.
 * @param ats units available to sell, not negative
 */
export function visibleAvailability(viewer: Viewer, ats: number): number {
  if (ats <= exactUpTo || seesExactAvailability(viewer)) return ats
  return bandStarts.find((start) => ats >= start) ?? exactUpTo
}
