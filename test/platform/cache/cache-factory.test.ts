import { describe, expect, it } from 'vitest'
import { createCacheFactory } from '../../../platform/cache/cache-factory.ts'
import { createMetrics } from '../../../platform/telemetry/metrics.ts'
import { describeCache } from '../../contracts/cache.ts'

describeCache('memory alone', async (deps) => {
  const factory = createCacheFactory({ maxEntries: 100, ...deps })
  return { factory, close: async () => factory[Symbol.asyncDispose]() }
})

describe('cache factory', () => {
  it('bounds what it keeps, dropping what was asked longest ago', async () => {
    const loads: string[][] = []
    const load = async (keys: readonly string[]) => {
      loads.push([...keys])
      return [...keys]
    }
    const factory = createCacheFactory({ maxEntries: 2 })
    const cache = factory.readThrough({ name: 'echo', keyOf: String, load, maxEntries: 1_000_000 })
    await cache.getMany(['a', 'b'])
    await cache.get('a')
    await cache.get('c')
    expect(cache.peekMany(['a', 'c'])).toBeDefined()
    expect(cache.peekMany(['b'])).toBeUndefined()
    expect(loads).toEqual([['a', 'b'], ['c']])
  })

  it('tells of what it gave whether it would give it still', async () => {
    const factory = createCacheFactory({ maxEntries: 2 })
    const load = async (keys: readonly string[]) => keys.map((key) => (key === 'none' ? null : { key }))
    const cache = factory.readThrough({ name: 'echo', keyOf: String, load, maxEntries: 2 })
    expect(cache.hold('a')).toBeUndefined()
    const held = async (key: string) => {
      await cache.get(key)
      return cache.hold(key)
    }
    const [a, none] = [await held('a'), await held('none')]
    expect([a, none]).toMatchObject([
      { value: { key: 'a' }, isHeld: true },
      { value: null, isHeld: true },
    ])
    factory.invalidate([{ cache: 'echo', key: 'a' }])
    expect([a?.isHeld, none?.isHeld]).toEqual([false, true])
    const again = await held('a')
    expect(again).toMatchObject({ isHeld: true })
    // Pushed out by two others.
    const [b, c] = [await held('b'), await held('c')]
    expect([again?.isHeld, none?.isHeld]).toEqual([false, false])
    factory.invalidateAll()
    expect([b?.isHeld, c?.isHeld]).toEqual([false, false])
  })

  it('splits what one load would be too much for', async () => {
    const sizes: number[] = []
    const load = async (keys: readonly number[]) => {
      sizes.push(keys.length)
      return [...keys]
    }
    const factory = createCacheFactory({ maxEntries: 10_000 })
    const cache = factory.readThrough({ name: 'numbers', keyOf: String, load, maxEntries: 10_000 })
    const answers = await cache.getMany(Array.from({ length: 2_500 }, (_, index) => index))
    expect(answers.map((cached) => cached.value)).toEqual(Array.from({ length: 2_500 }, (_, index) => index))
    expect(sizes).toEqual([1_000, 1_000, 500])
  })

  it('gives up on a load that never ends', async () => {
    const factory = createCacheFactory({ maxEntries: 10, loadTimeoutMs: 10 })
    const never = () => new Promise<never>(() => {})
    const cache = factory.readThrough({ name: 'stuck', keyOf: String, load: never, maxEntries: 10 })
    await expect(cache.get('a')).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      message: 'Cannot read stuck: no answer within 10 ms',
    })
  })

  it('ignores invalidations of caches it does not have', async () => {
    const factory = createCacheFactory({ maxEntries: 10 })
    expect(() => factory.invalidate([{ cache: 'elsewhere', key: 'a' }])).not.toThrow()
  })

  it('counts for the metrics what it does', async () => {
    const metrics = createMetrics()
    const factory = createCacheFactory({ maxEntries: 10, metrics })
    const load = async (keys: readonly string[]) => [...keys]
    const cache = factory.readThrough({ name: 'echo', keyOf: String, load, maxEntries: 10 })
    await cache.getMany(['a', 'b'])
    await cache.getMany(['a', 'b'])
    const text = await metrics.text()
    expect(text).toContain('storeloom_cache_entries{cache="echo"} 2')
    expect(text).toContain('storeloom_cache_events_total{cache="echo",event="hits"} 2')
    expect(text).toContain('storeloom_cache_events_total{cache="echo",event="misses"} 2')
    expect(text).toContain('storeloom_cache_events_total{cache="echo",event="loads"} 1')
  })
})
