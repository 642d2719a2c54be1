import type { Variant } from './catalogue.ts'
import { accountAt, accountCount, personAt, plain } from './people.ts'
import { createRandom, type Random, streams } from './random.ts'
import { type City, cities, type Site, streets } from './sites.ts'
import type { DemoOptions } from './size.ts'

export type ChannelCode = 'WEB' | 'APP' | 'POS' | 'AMZ'
export type DeliveryMode = 'PARCEL' | 'PICKUP' | 'CARRY'
export type Outcome = 'kept' | 'cancelled' | 'held' | 'returned'

export type Buyer =
  | { readonly kind: 'account'; readonly index: number }
  | {
      readonly kind: 'guest' | 'marketplace'
      readonly name: string
      readonly email: string
      readonly phone: string | null
    }
  | { readonly kind: 'card'; readonly loyaltyNumber: string }
  | { readonly kind: 'unknown' }

export type Destination = {
  readonly name: string
  readonly street: string
  readonly city: string
  readonly postalCode: string
  readonly country: string
}

/** Who bought what, where and when, and how it will end; the order's journey follows from it. */
export type OrderBrief = {
  readonly index: number
  readonly orderId: number
  readonly number: string
  readonly externalNumber: string
  readonly channel: ChannelCode
  readonly mode: DeliveryMode
  readonly buyer: Buyer
  readonly placedAtMs: number
  readonly currency: string
  readonly shipTo: Destination | null
  readonly site: Site
  readonly lines: readonly { readonly variant: Variant; readonly quantity: number; readonly discountPercent: number }[]
  readonly outcome: Outcome
  /** The journey goes no further than this status, however old the order. */
  readonly stopAt: number
}

export type World = DemoOptions & {
  readonly catalogue: readonly Variant[]
  readonly sites: readonly Site[]
  readonly centres: readonly [Site, ...Site[]]
  readonly stores: readonly [Site, ...Site[]]
  readonly shippingStores: readonly [Site, ...Site[]]
}

export const firstOrderId = 1_000_101
const windowMs = 90 * 24 * 3_600_000

/** Order numbers grow with time; the newest is minutes old. */
export function drawBrief(world: World, index: number): { brief: OrderBrief; random: Random } {
  const random = createRandom(world.seed, streams.order, index)
  const { orders, customers } = world.size
  const slotMs = windowMs / orders
  const placedAtMs = Math.floor(world.referenceTime.getTime() - windowMs + (index + random.next() * 0.9) * slotMs)
  const channel = channelOf(random.next())
  const mode: DeliveryMode =
    channel === 'POS' ? 'CARRY' : channel !== 'AMZ' && random.chance(0.15) ? 'PICKUP' : 'PARCEL'
  const buyer = drawBuyer(random, world.seed, customers, channel, index)
  const site = drawSite(random, world, mode, channel)
  const shipTo = mode === 'PARCEL' ? drawDestination(random, world, buyer) : null
  const orderId = firstOrderId + index
  return {
    random,
    brief: {
      index,
      orderId,
      number: `O-${orderId}`,
      externalNumber:
        channel === 'AMZ'
          ? `AMZ-${2_000_000 + index}`
          : channel === 'POS'
            ? `${site.code}-${orderId}`
            : `${channel}-${orderId}`,
      channel,
      mode,
      buyer,
      placedAtMs,
      currency: shipTo?.country === 'CH' ? 'CHF' : 'EUR',
      shipTo,
      site,
      lines: drawLines(random, world.catalogue, site),
      outcome: outcomeOf(random.next(), channel),
      stopAt: 99,
    },
  }
}

function channelOf(draw: number): ChannelCode {
  if (draw < 0.42) return 'WEB'
  if (draw < 0.62) return 'APP'
  return draw < 0.85 ? 'POS' : 'AMZ'
}

function outcomeOf(draw: number, channel: ChannelCode): Outcome {
  if (draw < 0.07) return 'returned'
  if (channel === 'POS') return 'kept'
  if (draw < 0.11) return 'cancelled'
  return draw < 0.115 ? 'held' : 'kept'
}

function drawBuyer(random: Random, seed: number, customers: number, channel: ChannelCode, index: number): Buyer {
  if (channel === 'AMZ') {
    const token = Math.floor(random.next() * 2 ** 40).toString(36)
    return {
      kind: 'marketplace',
      name: 'Amazon customer',
      email: `${token}${index}@marketplace.amazon.example`,
      phone: null,
    }
  }
  // Person and account 0 have orders of their own that examples count.
  if (channel === 'POS') {
    if (customers < 2 || random.chance(0.4)) return { kind: 'unknown' }
    const { loyaltyNumber } = personAt(seed, customers, random.int(1, customers - 1))
    return loyaltyNumber === null ? { kind: 'unknown' } : { kind: 'card', loyaltyNumber }
  }
  const accounts = accountCount(customers)
  if (accounts > 1 && random.chance(0.8)) {
    return { kind: 'account', index: 1 + Math.floor((accounts - 1) * random.next() ** 1.6) }
  }
  const person = personAt(seed, customers, random.int(1, Math.max(1, customers - 1)))
  const email = random.chance(0.3) ? person.email.toUpperCase() : `guest.${plain(person.last)}.${index}@example.org`
  return { kind: 'guest', name: `${person.first} ${person.last}`, email, phone: null }
}

function drawSite(random: Random, world: World, mode: DeliveryMode, channel: ChannelCode): Site {
  if (mode !== 'PARCEL') return random.pick(world.stores)
  return random.pick(channel !== 'AMZ' && random.chance(0.12) ? world.shippingStores : world.centres)
}

function drawDestination(random: Random, world: World, buyer: Buyer): Destination {
  const address = { street: `${random.pick(streets)} ${random.int(1, 99)}` }
  if (buyer.kind === 'account') {
    const account = accountAt(world.seed, world.size.customers, buyer.index)
    return destination(account.name, account.street, account.city)
  }
  const name = buyer.kind === 'card' || buyer.kind === 'unknown' ? 'Customer' : buyer.name
  if (random.chance(0.1))
    return destination(name, address.street, { name: 'Zürich', postalCode: '8001', country: 'CH' })
  return destination(name, address.street, random.pick(cities))
}

export function destination(name: string, street: string, city: City): Destination {
  return { name, street, city: city.name, postalCode: city.postalCode, country: city.country }
}

function drawLines(random: Random, catalogue: readonly Variant[], site: Site): OrderBrief['lines'] {
  const count = random.pick([1, 1, 1, 2, 2, 3, 4])
  const lines = new Map<number, OrderBrief['lines'][number]>()
  for (let attempt = 0; attempt < count * 3 && lines.size < count; attempt += 1) {
    // A few best sellers make most of the sales.
    const at = site.assortment[Math.floor(site.assortment.length * random.next() ** 2.5)] ?? 0
    const variant = catalogue[at]
    if (variant === undefined || (variant.status !== 'A' && variant.status !== 'L')) continue
    lines.set(at, { variant, quantity: random.pick([1, 1, 1, 1, 2, 3]), discountPercent: random.chance(0.1) ? 10 : 0 })
  }
  const fallback = catalogue[0]
  if (lines.size === 0 && fallback !== undefined) lines.set(0, { variant: fallback, quantity: 1, discountPercent: 0 })
  return [...lines.values()]
}
