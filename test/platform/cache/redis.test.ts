import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CacheFactory, ReadThrough } from '../../../platform/cache/cache.ts'
import { type CacheFactoryDeps, createCacheFactory } from '../../../platform/cache/cache-factory.ts'
import { createRedisTier } from '../../../platform/cache/redis.ts'
import { describeCache, type Stock, stock } from '../../contracts/cache.ts'
import { type Chaos, createChaos } from '../../support/chaos.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

let server: TestRedis
let namespaces = 0

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server[Symbol.asyncDispose]())

type Process = {
  readonly factory: CacheFactory
  readonly cache: ReadThrough<string, Stock>
  readonly load: Chaos<[readonly string[]], (Stock | null)[]>
  /** What the tier said of itself, last one last. */
  readonly states: boolean[]
}

async function open(namespace: string, deps: Partial<CacheFactoryDeps> = {}) {
  const states: boolean[] = []
  const shared = createRedisTier({
    url: server.url,
    namespace,
    commandTimeoutMs: 500,
    retryMs: 20,
    onState: ({ usable }) => states.push(usable),
  })
  const factory = createCacheFactory({ maxEntries: 100, shared, ...deps })
  await until('Redis is used', () => states.at(-1))
  return { factory, states, close: async () => factory[Symbol.asyncDispose]() }
}

describeCache('memory and Redis', (deps) => open(`contract-${++namespaces}`, deps))

describe('cache shared through Redis', () => {
  let store: Map<string, Stock>
  let one: Process
  let two: Process
  let closing: (() => Promise<void>)[]

  async function openProcess(namespace: string): Promise<Process> {
    const { factory, states, close } = await open(namespace)
    closing.push(close)
    const load = createChaos((keys: readonly string[]) => keys.map((key) => store.get(key) ?? null))
    const cache = factory.readThrough({ name: 'stock', keyOf: (key: string) => key, load: load.call, maxEntries: 100 })
    return { factory, cache, load, states }
  }

  beforeEach(async () => {
    store = new Map([['a', stock(1)]])
    closing = []
    const namespace = `shared-${++namespaces}`
    // One after the other: the second empties the tier when it comes.
    one = await openProcess(namespace)
    two = await openProcess(namespace)
  })
  afterEach(async () => {
    for (const close of closing) await close()
  })

  const key = { cache: 'stock', key: 'a' }
  const asked = ({ load }: Process) => load.calls.length
  const change = (value: Stock) => store.set('a', value)

  /** Waits until Redis holds a value that any process would find. */
  const filled = () =>
    until('the entry is in Redis', async () => {
      const redis = new Redis(server.url)
      const names = await redis.keys(`shared-${namespaces}:entry:*`)
      const values = await Promise.all(names.map((name) => redis.get(name)))
      redis.disconnect()
      return values.some((value) => value?.startsWith('v'))
    })

  it('spares the store what another process has read, dates and large numbers included', async () => {
    await one.cache.get('a')
    await filled()
    expect((await two.cache.get('a')).value).toEqual(stock(1))
    expect([asked(one), asked(two)]).toEqual([1, 0])
  })

  it('knows together what is absent', async () => {
    expect((await one.cache.get('none')).value).toBeNull()
    await filled()
    expect((await two.cache.get('none')).value).toBeNull()
    expect(asked(two)).toBe(0)
  })

  it('never gives a process what it has invalidated itself', async () => {
    await one.cache.get('a')
    await filled()
    change(stock(9))
    two.factory.invalidate([key])
    expect((await two.cache.get('a')).value).toEqual(stock(9))
    expect(asked(two)).toBe(1)
  })

  it('does not let an old slow load overwrite the invalidation of another process', async () => {
    const release = one.load.hold()
    const slow = one.cache.get('a')
    await until('the slow load has begun', () => asked(one) === 1)
    change(stock(9))
    // Only the other process hears of the change, so only Redis can refuse the old value.
    two.factory.invalidate([key])
    await two.cache.get('other')
    release()
    await slow
    await one.cache.get('sentinel')
    await filled()
    expect((await two.cache.get('a')).value).toEqual(stock(9))
  })

  it('goes on in memory when Redis is killed, and uses it again when it is back', async () => {
    await one.cache.get('a')
    await server.kill()
    change(stock(9))
    one.factory.invalidate([key])
    expect((await one.cache.get('a')).value).toEqual(stock(9))
    expect((await two.cache.get('a')).value).toEqual(stock(9))
    expect([one.states.at(-1), two.states.at(-1)]).toEqual([false, false])
    await server.start()
    await until('both use Redis again', () => one.states.at(-1) && two.states.at(-1))
    await one.cache.get('b')
    await filled()
    await two.cache.get('b')
    expect(asked(two)).toBe(1)
  })

  it('never trusts what Redis held while an invalidation could not reach it', async () => {
    await one.cache.get('a')
    await filled()
    server.freeze()
    change(stock(9))
    two.factory.invalidate([key])
    const during = await two.cache.get('a')
    server.thaw()
    expect(during.value).toEqual(stock(9))
    await until('Redis is trusted again', () => two.states.filter((usable) => usable).length === 2 && two.states.at(-1))
    const third = await openProcess(`shared-${namespaces}`)
    expect((await third.cache.get('a')).value).toEqual(stock(9))
  })

  it('never trusts a Redis that came back with an old snapshot', async () => {
    await one.cache.get('a')
    await filled()
    const redis = new Redis(server.url)
    await redis.save()
    redis.disconnect()
    change(stock(9))
    two.factory.invalidate([key])
    await two.cache.get('other')
    await server.kill()
    await server.start({ fromSnapshot: true })
    await until('Redis is trusted again', () => two.states.length === 3 && two.states.at(-1))
    expect((await two.cache.get('a')).value).toEqual(stock(9))
  })

  it('answers soon while Redis hangs', async () => {
    server.freeze()
    const begunMs = performance.now()
    await one.cache.get('a')
    await one.cache.get('b')
    await one.cache.get('c')
    const tookMs = performance.now() - begunMs
    server.thaw()
    // One deadline of 500 ms is paid, not one per read.
    expect(tookMs).toBeLessThan(1_400)
  })

  it('treats what is not its own writing as absent', async () => {
    await one.cache.get('a')
    await filled()
    const redis = new Redis(server.url)
    for (const name of await redis.keys(`shared-${namespaces}:entry:*`)) await redis.set(name, 'v{"broken')
    redis.disconnect()
    expect((await two.cache.get('a')).value).toEqual(stock(1))
    expect(asked(two)).toBe(1)
  })

  it('is not used across a flush with what was begun before it', async () => {
    const release = one.load.hold()
    const slow = one.cache.get('a')
    await until('the slow load has begun', () => asked(one) === 1)
    change(stock(9))
    two.factory.invalidate([key])
    const redis = new Redis(server.url)
    await redis.flushall()
    redis.disconnect()
    await two.cache.get('sentinel')
    release()
    await slow
    await one.cache.get('other')
    expect((await two.cache.get('a')).value).toEqual(stock(9))
  })
})
