import { describe, expect, it } from 'vitest'
import { createCacheLoader } from '../../../platform/batch/loader.ts'
import { createCacheFactory } from '../../../platform/cache/cache-factory.ts'
import { createChaos } from '../../support/chaos.ts'

type Key = { readonly variantId: string; readonly locationId: string }

function open() {
  const load = createChaos((keys: readonly Key[]) =>
    keys.map((key) => (key.variantId === 'none' ? null : `${key.variantId}@${key.locationId}`)),
  )
  const factory = createCacheFactory({ maxEntries: 100 })
  const keyOf = (key: Key) => `${key.variantId}|${key.locationId}`
  const cache = factory.readThrough({ name: 'stock', keyOf, load: load.call, maxEntries: 100 })
  return { load, factory, cache }
}

const key = (variantId: string): Key => ({ variantId, locationId: 'loc' })

describe('loader', () => {
  it('reads together what is asked for in the same turn', async () => {
    const { load, cache } = open()
    const loader = createCacheLoader(cache)
    const answers = await Promise.all([
      loader.load(key('a')),
      loader.loadMany([key('b'), key('none')]),
      loader.load(key('a')),
    ])
    expect(answers).toEqual(['a@loc', ['b@loc', null], 'a@loc'])
    expect(load.calls).toEqual([[[key('a'), key('b'), key('none')]]])
  })

  it('says within one request the same of the same key, and in the next what is new', async () => {
    const { load, factory, cache } = open()
    const first = createCacheLoader(cache)
    await first.load(key('a'))
    factory.invalidate([{ cache: 'stock', key: 'a|loc' }])
    await first.load({ ...key('a') })
    expect(load.calls).toHaveLength(1)
    await createCacheLoader(cache).load(key('a'))
    expect(load.calls).toHaveLength(2)
  })

  it('gives what is in memory at once, and an earlier value while the store is away', async () => {
    const { load, factory, cache } = open()
    await cache.get(key('a'))
    expect(createCacheLoader(cache).loadMany([key('a')])).toEqual(['a@loc'])
    factory.invalidate([{ cache: 'stock', key: 'a|loc' }])
    load.fail(new Error('down'))
    expect(await createCacheLoader(cache).loadMany([key('a')])).toEqual(['a@loc'])
  })

  it('fails only for the key that cannot be had', async () => {
    const { load, cache } = open()
    await cache.get(key('a'))
    load.fail(new Error('down'))
    const loader = createCacheLoader(cache)
    const [known, unknown] = await Promise.allSettled([loader.load(key('a')), loader.load(key('b'))])
    expect(known).toEqual({ status: 'fulfilled', value: 'a@loc' })
    expect(unknown).toMatchObject({ status: 'rejected', reason: { message: 'down' } })
  })
})
