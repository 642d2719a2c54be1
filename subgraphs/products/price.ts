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

/** `price` is the answer from `fromMs` on and before `untilMs`. */
export type InForce = { readonly price: PriceRow | null; readonly fromMs: number; readonly untilMs: number }

// By the rows a cache gives, which are others as soon as a price changes.
const memory = new WeakMap<readonly PriceRow[], Map<string | null, InForce>>()

/**
 * As `priceInForce`, worked out anew only where a validity begins or ends.
 * @param sees whether the viewer may see prices made for the channel; those for all channels everyone may
 */
export function rememberedPrice(prices: readonly PriceRow[], channelId: string, sees: boolean, at: Date): InForce {
  const now = at.getTime()
  const byQuestion = memory.get(prices) ?? new Map<string | null, InForce>()
  const question = sees ? channelId : null
  const known = byQuestion.get(question)
  if (known !== undefined && now >= known.fromMs && now < known.untilMs) return known
  const seen = sees ? prices : prices.filter((price) => price.channelId === null)
  const price = priceInForce(seen, channelId, at)
  const bounds = prices.flatMap((one) => [startOf(one), endOf(one)])
  const inForce = {
    price,
    fromMs: Math.max(Number.NEGATIVE_INFINITY, ...bounds.filter((ms) => ms <= now)),
    untilMs: Math.min(Number.POSITIVE_INFINITY, ...bounds.filter((ms) => ms > now)),
  }
  if (byQuestion.size < maxQuestions) {
    byQuestion.set(question, inForce)
    memory.set(prices, byQuestion)
  }
  return inForce
}

/** Channels are named by clients: of those that do not exist there is no end. */
const maxQuestions = 100

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
