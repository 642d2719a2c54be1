/** Where an order was sold: what its region is found by. */
export type SoldAt = { readonly channelId: string; readonly locationId: string | null }

/**
 * The region of an order: that of the store it was sold in or is collected from, else that of its channel; null where
 * neither has one.
 *
 * @param regions by place: `location <id>` or `channel <id>`
 */
export async function orderRegion(
  { channelId, locationId }: SoldAt,
  regions: { load(place: string): Promise<string | null> | string | null },
): Promise<string | null> {
  const ofLocation = locationId === null ? null : await regions.load(`location ${locationId}`)
  return ofLocation ?? (await regions.load(`channel ${channelId}`))
}
