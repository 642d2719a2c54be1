export type PositionKey = { readonly variantId: string; readonly locationId: string }

/** A position is what it is of: one variant at one location. */
export function toPositionId({ variantId, locationId }: PositionKey): string {
  return `pos_${variantId}@${locationId}`
}

/** @returns null for text that is no position id */
export function parsePositionId(id: string): PositionKey | null {
  const match = /^pos_([^@]+)@([^@]+)$/.exec(id)
  const [, variantId, locationId] = match ?? []
  return variantId === undefined || locationId === undefined ? null : { variantId, locationId }
}
