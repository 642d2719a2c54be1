import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openRingFenceWorld, type RingFenceWorld } from './ring-fence-world.ts'

const stock = 100

const action = fc.record({
  kind: fc.constantFrom('sell', 'sell', 'allocate', 'consume', 'release', 'count', 'tell', 'resize'),
  /** Which of the reservations there are. */
  of: fc.nat({ max: 5 }),
  units: fc.integer({ min: 1, max: 4 }),
  /** Minutes by which it is told late. */
  late: fc.nat({ max: 3 }),
})
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** A reservation: units that are held, those its source commits, and those that left, the newest last. */
type Kept = { readonly id: string; open: number; committed: number; readonly left: { at: string; units: number }[] }

it('whatever happens to what it sells, a channel has of its quota what was not sold of it, told and admitted alike', async () => {
  await using shop = await openRingFenceWorld()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 14 }), async (actions) => {
      const sku = `sku ${++run}`
      const history = createHistory(shop, sku)
      await history.begin()
      for (const [at, one] of actions.entries()) {
        await history.perform(one, at)
        const { amazon, web } = history.expected()
        expect([await shop.ats(sku, 'amazon'), await shop.ats(sku, 'web')]).toEqual([amazon, web])
        expect(await shop.reserve(sku, amazon + 1, { channelId: 'amazon' })).toMatchObject({
          shortfalls: [{ available: amazon }],
        })
      }
    }),
    { numRuns: 12, endOnFailure: true },
  )
  expect(await shop.drift()).toEqual([])
})

function createHistory(shop: RingFenceWorld, sku: string) {
  const kept: Kept[] = []
  let rule = { units: 10, consumed: 2, at: '07:00' }
  let countedAt = '06:00'
  /** A shelf that units were committed of has them again when it is counted, and not when they are released. */
  let uncounted: { readonly at: string; readonly units: number }[] = []

  const minute = (at: number) => `10:${String(at).padStart(2, '0')}`
  const sum = (unitsOf: (one: Kept) => number) => kept.reduce((total, one) => total + unitsOf(one), 0)
  const leftAfter = (at: string) =>
    sum(({ left }) => left.reduce((total, one) => total + (one.at > at ? one.units : 0), 0))
  const used = () => rule.consumed + sum(({ open }) => open) + leftAfter(rule.at)
  const remaining = () => Math.max(0, rule.units - used())

  function leave(one: Kept, at: string, units: number): void {
    one.left.push({ at, units })
    uncounted.push({ at, units })
  }

  async function take({ kind, of, units }: Action, at: string): Promise<void> {
    const one = kept[of % Math.max(1, kept.length)]
    if (one === undefined) return
    const there = kind === 'allocate' ? one.open : one.open + one.committed
    const quantity = Math.min(units, there)
    if (quantity === 0) return
    if (kind === 'release') {
      await shop.release(one.id, quantity)
      let back = quantity - Math.min(one.open, quantity)
      one.open -= quantity - back
      one.committed -= back
      for (const newest of one.left.toReversed()) {
        const returned = Math.min(newest.units, back)
        newest.units -= returned
        back -= returned
      }
    } else if (kind === 'allocate') {
      await shop.allocate(one.id, at, quantity)
      one.open -= quantity
      one.committed += quantity
      leave(one, at, quantity)
    } else {
      await shop.consume(one.id, at, quantity)
      const committed = Math.min(one.committed, quantity)
      one.committed -= committed
      one.open -= quantity - committed
      leave(one, at, quantity - committed)
    }
  }

  return {
    async begin() {
      await shop.count(sku, stock, countedAt)
      const { at: consumedAt, ...said } = rule
      await shop.tell(sku, { ...said, consumedAt })
    },
    async perform(one: Action, step: number) {
      const at = minute(10 + step * 2 - one.late)
      if (one.kind === 'sell') {
        const quantity = Math.min(one.units, remaining())
        if (quantity === 0) return
        kept.push({ id: await shop.sell(sku, quantity), open: quantity, committed: 0, left: [] })
      } else if (one.kind === 'count') {
        countedAt = minute(10 + step * 2)
        await shop.count(sku, stock, countedAt)
      } else if (one.kind === 'tell') {
        rule = { ...rule, consumed: one.of, at }
        await shop.tell(sku, { units: rule.units, consumed: rule.consumed, consumedAt: at })
      } else if (one.kind === 'resize') {
        rule = { ...rule, units: 8 + one.units }
        await shop.tell(sku, { units: rule.units })
      } else {
        await take(one, at)
      }
    },
    expected() {
      uncounted = uncounted.filter(({ at }) => at > countedAt)
      const free = stock - sum(({ open }) => open) - uncounted.reduce((total, { units }) => total + units, 0)
      const amazon = Math.min(free, remaining())
      return { amazon, web: free - amazon }
    },
  }
}
