/** Minor units as text; times RFC 3339 UTC. */
export type PriceRow = {
  readonly channelId: string | null
  readonly priceList: string
  readonly currency: string
  readonly amountMinor: string
  readonly compareAtMinor: string | null
  readonly validFrom: string | null
  readonly validTo: string | null
  readonly system: string
  readonly occurredAt: string | null
  readonly receivedAt: string
}

/**
 * The price a channel asks at an instant: one made for the channel before one for all, then the narrowest
 * validity, then the latest start, then the list's name so that the answer never depends on row order.
 * `validFrom` belongs to the validity, `validTo` no longer does.
 */
export function priceInForce(prices: readonly PriceRow[], channelId: string, at: Date): PriceRow | null {
  const now = at.getTime()
  let best: PriceRow | null = null
  for (const price of prices) {
    if (price.channelId !== null && price.channelId !== channelId) continue
    if (now < startOf(price) || now >= endOf(price)) continue
    if (best === null || byPrecedence(price, best) < 0) best = price
  }
  return best
}

function byPrecedence(a: PriceRow, b: PriceRow): number {
  return (
    Number(a.channelId === null) - Number(b.channelId === null) ||
    compare(endOf(a) - startOf(a), endOf(b) - startOf(b)) ||
    compare(startOf(b), startOf(a)) ||
    (a.priceList < b.priceList ? -1 : Number(a.priceList > b.priceList))
  )
}

function startOf(price: PriceRow): number {
  return price.validFrom === null ? Number.NEGATIVE_INFINITY : Date.parse(price.validFrom)
}

function endOf(price: PriceRow): number {
  return price.validTo === null ? Number.POSITIVE_INFINITY : Date.parse(price.validTo)
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
