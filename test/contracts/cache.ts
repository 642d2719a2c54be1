import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CacheFactory, ReadThrough } from '../../platform/cache/cache.ts'
import type { CacheFactoryDeps } from '../../platform/cache/cache-factory.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { type Chaos, createChaos } from '../support/chaos.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'

export type Stock = { readonly onHand: number; readonly countedAt: Date; readonly version: bigint }

export type CacheSubject = { readonly factory: CacheFactory; readonly close: () => Promise<void> }

const down = new AppError('UPSTREAM_UNAVAILABLE', 'Cannot read stock: the store does not answer')

export function stock(onHand: number): Stock {
  return { onHand, countedAt: new Date(Date.UTC(2026, 0, onHand)), version: 2n ** 60n + BigInt(onHand) }
}

/** What every cache stack promises, whichever tiers it has. */
export function describeCache(name: string, open: (deps: Partial<CacheFactoryDeps>) => Promise<CacheSubject>): void {
  describe(`cache over ${name}`, () => {
    let clock: FakeClock
    let subject: CacheSubject
    let store: Map<string, Stock>
    let load: Chaos<[readonly string[]], (Stock | null)[]>
    let cache: ReadThrough<string, Stock>

    beforeEach(async () => {
      clock = createFakeClock()
      subject = await open({ clock: clock.now })
      store = new Map([
        ['a', stock(1)],
        ['b', stock(2)],
      ])
      load = createChaos((keys) => keys.map((key) => store.get(key) ?? null))
      cache = subject.factory.readThrough({ name: 'stock', keyOf: (key) => key, load: load.call, maxEntries: 8 })
    })

    afterEach(() => subject.close())

    function change(key: string, value: Stock): void {
      store.set(key, value)
      subject.factory.invalidate([{ cache: 'stock', key }])
    }

    const valuesOf = async (keys: readonly string[]) => (await cache.getMany(keys)).map((cached) => cached.value)

    it('answers in key order, knows what is absent, and reads each key once', async () => {
      expect(await valuesOf(['b', 'none', 'a', 'b'])).toEqual([stock(2), null, stock(1), stock(2)])
      expect(await valuesOf(['a', 'none'])).toEqual([stock(1), null])
      expect(load.calls).toEqual([[['b', 'none', 'a']]])
    })

    it('reads the store once for 100 readers at the same time', async () => {
      const readers = await Promise.all(Array.from({ length: 100 }, () => cache.get('a')))
      expect(new Set(readers.map((cached) => cached.value?.onHand))).toEqual(new Set([1]))
      expect(load.calls).toEqual([[['a']]])
    })

    it('joins the keys of different readers into one read', async () => {
      await Promise.all([cache.getMany(['a']), cache.getMany(['b', 'a']), cache.get('c')])
      expect(load.calls).toEqual([[['a', 'b', 'c']]])
    })

    it('tells how old an answer is', async () => {
      await cache.get('a')
      clock.advance(1_500)
      expect(await cache.get('a')).toEqual({ value: stock(1), stale: false, ageMs: 1_500 })
    })

    it('sees a change with the first read after its invalidation, and that alone is read again', async () => {
      await valuesOf(['a', 'b'])
      change('a', stock(9))
      expect(await valuesOf(['a', 'b'])).toEqual([stock(9), stock(2)])
      expect(load.calls).toEqual([[['a', 'b']], [['a']]])
    })

    it('sees something appear that was known to be absent', async () => {
      expect(await valuesOf(['c'])).toEqual([null])
      change('c', stock(3))
      expect(await valuesOf(['c'])).toEqual([stock(3)])
    })

    it('forgets everything when told so', async () => {
      await valuesOf(['a', 'b'])
      store.set('a', stock(9)).delete('b')
      subject.factory.invalidateAll()
      expect(await valuesOf(['a', 'b'])).toEqual([stock(9), null])
    })

    it('never keeps what a load began to read before an invalidation', async () => {
      const release = load.hold()
      const before = cache.get('a')
      await begun(load, 1)
      change('a', stock(9))
      const after = cache.get('a')
      await begun(load, 2)
      release()
      expect((await before).value).toEqual(stock(1))
      expect((await after).value).toEqual(stock(9))
      expect((await cache.get('a')).value).toEqual(stock(9))
    })

    it('keeps what the later load read when the earlier one ends last', async () => {
      const releaseFirst = load.hold()
      const before = cache.get('a')
      await begun(load, 1)
      change('a', stock(9))
      const releaseSecond = load.hold()
      const after = cache.get('a')
      await begun(load, 2)
      releaseSecond()
      expect((await after).value).toEqual(stock(9))
      releaseFirst()
      expect((await before).value).toEqual(stock(1))
      expect((await cache.get('a')).value).toEqual(stock(9))
    })

    it('keeps watching a load that began while an outdated one was still under way', async () => {
      const releaseFirst = load.hold()
      const first = cache.get('a')
      await begun(load, 1)
      change('a', stock(8))
      const releaseSecond = load.hold()
      const second = cache.get('a')
      await begun(load, 2)
      releaseFirst()
      await first
      change('a', stock(9))
      releaseSecond()
      await second
      expect((await cache.get('a')).value).toEqual(stock(9))
    })

    it('serves the last known value with its age when the store is down, and says so', async () => {
      await cache.get('a')
      clock.advance(60_000)
      change('a', stock(9))
      load.fail(down)
      expect(await cache.get('a')).toEqual({ value: stock(1), stale: true, ageMs: 60_000 })
      load.fail(null)
      clock.advance(1_000)
      expect(await cache.get('a')).toEqual({ value: stock(9), stale: false, ageMs: 0 })
    })

    it('spares a store that is down for a moment where it has an earlier value', async () => {
      await cache.get('a')
      subject.factory.invalidate([{ cache: 'stock', key: 'a' }])
      load.fail(down)
      for (let read = 0; read < 50; read++) await cache.get('a')
      expect(load.calls.length).toBe(2)
      clock.advance(501)
      await cache.get('a')
      expect(load.calls.length).toBe(3)
    })

    it('fails only for the keys that it knows nothing of', async () => {
      await cache.get('a')
      load.fail(down)
      await expect(cache.getMany(['a', 'b'])).rejects.toBe(down)
      expect(await cache.settleMany(['a', 'b'])).toEqual([{ value: stock(1), stale: false, ageMs: 0 }, down])
      load.fail(null)
      expect(await valuesOf(['a', 'b'])).toEqual([stock(1), stock(2)])
    })

    it('refuses a load that answers for another number of keys', async () => {
      const broken = subject.factory.readThrough({
        name: 'broken',
        keyOf: (key: string) => key,
        load: async () => [],
        maxEntries: 1,
      })
      await expect(broken.get('a')).rejects.toThrow('load returned 0 entries for 1 keys')
    })

    it('answers without waiting only what is all in memory', async () => {
      expect(cache.peekMany(['a'])).toBeUndefined()
      await cache.getMany(['a'])
      expect(cache.peekMany(['a'])).toEqual([{ value: stock(1), stale: false, ageMs: 0 }])
      expect(cache.peekMany(['a', 'b'])).toBeUndefined()
      expect(cache.peekMany([])).toEqual([])
    })

    it('takes a name once', () => {
      const again = () => subject.factory.readThrough({ name: 'stock', keyOf: String, load: load.call, maxEntries: 1 })
      expect(again).toThrow('Cannot build cache stock: the name is taken')
    })
  })
}

/** Waits until the store was asked `count` times. */
async function begun(load: Chaos<[readonly string[]], unknown>, count: number): Promise<void> {
  const endMs = performance.now() + 10_000
  while (load.calls.length < count) {
    if (performance.now() > endMs) throw new Error(`the store was asked ${load.calls.length} times, expected ${count}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
