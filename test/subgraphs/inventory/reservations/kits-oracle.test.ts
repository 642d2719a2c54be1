import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openReservationWorld, type ReservationWorld } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

const channels = ['web', 'amazon'] as const
const codes = ['DC1', 'S1', 'S2'] as const
const components = ['A', 'B'] as const
const unitsOf = { A: 1, B: 2 } as const
type Channel = (typeof channels)[number]

const shelf = fc.record({ DC1: fc.integer({ min: 2, max: 15 }), S1: fc.nat({ max: 7 }), S2: fc.nat({ max: 4 }) })
const action = fc.record({
  kind: fc.constantFrom('hold', 'sell', 'sell', 'release', 'consume', 'consume'),
  channel: fc.constantFrom(...channels),
  of: fc.nat({ max: 4 }),
  sets: fc.integer({ min: 1, max: 2 }),
})
const setting = fc.record({
  shelves: fc.record({ A: shelf, B: shelf }),
  together: fc.boolean(),
  /** The kit is made of one that is made of the components. */
  nested: fc.boolean(),
  /** Of the kit, for the web. */
  rule: fc.record({
    mode: fc.constantFrom('SHARED', 'CAP', 'RING_FENCED', 'RING_FENCED', 'RING_FENCED'),
    units: fc.nat({ max: 6 }),
    consumed: fc.nat({ max: 1 }),
    publishFloor: fc.constantFrom(0, 0, 2),
    maxPublish: fc.constantFrom(null, null, 3),
  }),
  excluded: fc.uniqueArray(fc.constantFrom(...codes), { maxLength: 2 }),
  /** What the web sees of A at most. */
  mostOfA: fc.constantFrom(null, null, 3),
  actions: fc.array(action, { minLength: 3, maxLength: 6 }),
})
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never
type Kept = {
  readonly channel: Channel
  readonly ids: readonly string[]
  readonly sets: number
  readonly confirmed: boolean
}

it('of a kit is told what is admitted, whatever bounds it and whatever becomes of those that were sold', async () => {
  await using shop = await openReservationWorld()
  let run = 0
  const seen = { admitted: 0, bounded: 0 }
  await fc.assert(
    fc.asyncProperty(setting, async (given) => {
      const kits = await openKits(shop, String(++run), given)
      for (const one of given.actions) {
        await kits.perform(one)
        for (const channel of channels) {
          const told = await kits.told(channel)
          const { published, madeUp } = await kits.expected(channel)
          expect(told).toBe(published)
          if (published < madeUp) seen.bounded += 1
          expect(await kits.reserve(channel, told + 1)).toMatchObject({ __typename: 'InsufficientStock' })
          if (told === 0) continue
          const answer = await kits.reserve(channel, told)
          expect(answer).toMatchObject({ __typename: 'ReserveStockSuccess' })
          seen.admitted += 1
          expect(await kits.told(channel)).toBe((await kits.expected(channel, told)).published)
          await kits.release(answer.reservations.map(({ id }: Answer) => id))
        }
      }
    }),
    { numRuns: 16, endOnFailure: true },
  )
  expect(await shop.drift()).toEqual([])
  // Kits that are all sold out, or bounded by nothing of their own, prove nothing.
  expect(Math.min(seen.admitted, seen.bounded)).toBeGreaterThan(10)
}, 120_000)

async function openKits(shop: ReservationWorld, run: string, given: Setting) {
  const kit = `KIT ${run}`
  const name = (component: string) => `${component} ${run}`
  const sku = (value: string) => ({ namespace: 'sku', value })
  for (const one of components) await shop.stock(name(one), given.shelves[one])
  const made = given.nested ? name('INNER') : kit
  for (const one of new Set([kit, made])) await shop.stock(one, {})
  await shop.world.deliver('kit', {
    ...(given.nested ? { [kit]: { variant: sku(kit), components: [{ variant: sku(made), quantity: 1 }] } } : {}),
    [made]: {
      variant: sku(made),
      shipTogether: given.together,
      components: components.map((one) => ({ variant: sku(name(one)), quantity: unitsOf[one] })),
    },
  })
  const { rule, mostOfA, excluded } = given
  await shop.world.deliver('channel-allocation', {
    [kit]: { channelId: 'web', variant: sku(kit), ...rule },
    ...(mostOfA === null
      ? {}
      : { [name('A')]: { channelId: 'web', variant: sku(name('A')), mode: 'SHARED', maxPublish: mostOfA } }),
  })
  const at = (value: string) => ({ namespace: 'location-code', value })
  await shop.world.deliver(
    'location-exclusion',
    Object.fromEntries(
      excluded.map((code) => [`${kit}@${code}`, { variant: sku(kit), location: at(code), reason: 'apart' }]),
    ),
  )
  const kept: Kept[] = []
  let consumed = 0
  const reserve = (channelId: Channel, quantity: number) => shop.reserve(kit, quantity, { channelId })
  const change = (mutation: string, ids: readonly string[], rest = {}) =>
    shop.mutate(mutation, { items: ids.map((reservationId) => ({ reservationId })), ...rest })

  /** What the channel has of each component, which other tests see to. */
  async function shelvesOf(channelId: Channel) {
    const answer: Answer = await shop.world.ask(
      `query ($c: ID!, $items: [AvailabilityItem!]!) { availability(channelId: $c, items: $items) {
        ats byLocation(first: 9) { available location { code } } } }`,
      { c: channelId, items: components.map((one) => ({ sku: name(one) })) },
    )
    return components.map((one, place) => {
      const { ats, byLocation } = answer.availability[place]
      const open = byLocation.filter(({ location }: Answer) => !excluded.includes(location.code))
      const units = (code: string) => open.find(({ location }: Answer) => location.code === code)?.available ?? 0
      const all = codes.reduce((sum, code) => sum + units(code), 0)
      return { each: unitsOf[one], at: units, most: Math.min(ats, all) }
    })
  }

  return {
    reserve,
    told: (channelId: Channel) => shop.ats(kit, channelId),
    release: (ids: readonly string[]) => change('releaseReservation', ids),
    async perform({ kind, channel, of, sets }: Setting['actions'][number]) {
      if (kind === 'hold' || kind === 'sell') {
        const answer = await reserve(channel, sets)
        if (answer.__typename !== 'ReserveStockSuccess') return
        const ids = answer.reservations.map(({ id }: Answer) => id)
        kept.push({ channel, ids, sets, confirmed: kind === 'sell' })
        if (kind === 'sell') await change('confirmReservation', ids, { orderId: `o-${ids[0]}` })
        return
      }
      const open = kept.filter(({ confirmed }) => kind === 'release' || confirmed)
      const one = open[of % Math.max(1, open.length)]
      if (one === undefined) return
      kept.splice(kept.indexOf(one), 1)
      await change(kind === 'consume' ? 'consumeReservation' : 'releaseReservation', one.ids)
      if (kind === 'consume' && one.channel === 'web') consumed += one.sets
    },
    /** @param more kits that the channel holds beside those that were sold */
    async expected(channel: Channel, more = 0) {
      const shelves = await shelvesOf(channel)
      const sets = (units: (one: (typeof shelves)[number]) => number) =>
        Math.min(...shelves.map((one) => Math.floor(units(one) / one.each)))
      const loose = sets(({ most }) => most)
      const together = codes.reduce((sum, code) => sum + sets(({ at }) => at(code)), 0)
      const madeUp = given.together ? Math.min(loose, together) : loose
      const own = kept.reduce((sum, one) => sum + (one.channel === 'web' ? one.sets : 0), channel === 'web' ? more : 0)
      const left = Math.max(0, rule.units - rule.consumed - consumed - own)
      if (channel === 'amazon') {
        return { madeUp, published: Math.max(0, madeUp - (rule.mode === 'RING_FENCED' ? left : 0)) }
      }
      const bound = { SHARED: madeUp, CAP: rule.units, RING_FENCED: left }[rule.mode]
      const allocated = Math.min(madeUp, bound)
      const most = rule.maxPublish ?? allocated
      return { madeUp, published: allocated < rule.publishFloor ? 0 : Math.min(allocated, most) }
    },
  }
}
