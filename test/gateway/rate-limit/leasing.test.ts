import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLeasingRateLimiter } from '../../../gateway/rate-limit/leasing.ts'
import { createMemoryRateLimiter } from '../../../gateway/rate-limit/memory.ts'
import type { RateLimiter } from '../../../gateway/rate-limit/rate-limiter.ts'
import { createRedisRateLimiter } from '../../../gateway/rate-limit/redis.ts'
import { describeRateLimiter } from '../../contracts/rate-limiter.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const clock = () => new Date()
/** A process holds 20 of it at most, and a test's length does not show. */
const plan = { maximum: 1_000, restoreRate: 0.001 }

describe('leasing rate limiter', () => {
  let server: TestRedis
  const clients: Redis[] = []
  let keys = 0
  const redis = () => {
    const client = new Redis(server.url, { enableAutoPipelining: true })
    clients.push(client)
    return client
  }
  const openProcess = (leaseMs = 60_000): RateLimiter =>
    createLeasingRateLimiter({ shared: createRedisRateLimiter({ redis: redis() }), clock, leaseMs })
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    for (const client of clients) client.disconnect()
    await server[Symbol.asyncDispose]()
  })

  describeRateLimiter(() => Promise.resolve({ limiter: openProcess(), freshKey: () => `contract-${keys++}` }))

  it('spends no more than the bucket over processes, and no less than it but for what each holds', async () => {
    const processes = [openProcess(), openProcess(), openProcess()]
    const allowed = await Promise.all(
      processes.map(async (limiter) => {
        let count = 0
        for (let round = 0; round < 60; round++) {
          const decisions = await Promise.all(Array.from({ length: 10 }, () => limiter.charge('shared', 1, plan)))
          count += decisions.filter((decision) => decision.allowed).length
        }
        return count
      }),
    )
    const total = allowed.reduce((sum, count) => sum + count, 0)
    expect(total).toBeLessThanOrEqual(1_000)
    expect(total).toBeGreaterThanOrEqual(1_000 - 3 * 20)
  })

  it('asks for few of its charges', async () => {
    const limiter = openProcess()
    const calls = async () => {
      const stats = await clients[0]?.info('commandstats')
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats ?? '')?.[1] ?? 0)
    }
    const before = await calls()
    for (let count = 0; count < 500; count++) {
      expect(await limiter.charge('often', 3, plan)).toMatchObject({ allowed: true })
      await limiter.refund('often', 2, plan)
    }
    expect(await limiter.charge('often', 0, plan)).toMatchObject({ available: 500 })
    expect((await calls()) - before).toBeLessThan(60)
  })

  it('gives back what nobody uses', async () => {
    const one = openProcess(40)
    const two = openProcess()
    for (let count = 0; count < 5; count++) await one.charge('left alone', 1, plan)
    await until('the other may spend the rest', async () => (await two.charge('left alone', 995, plan)).allowed)
    expect(await two.charge('left alone', 1, plan)).toMatchObject({ allowed: false, available: 0 })
  })

  it('takes along what it holds when one charge needs it', async () => {
    const limiter = openProcess()
    await limiter.charge('large', 1, plan)
    await limiter.charge('large', 1, plan)
    expect(await limiter.charge('large', 998, plan)).toMatchObject({ allowed: true, available: 0 })
  })

  it('decides at once where it holds enough, over any shared limiter', async () => {
    const limiter = createLeasingRateLimiter({ shared: createMemoryRateLimiter({ clock }), clock })
    await limiter.charge('a', 1, plan)
    await limiter.charge('a', 1, plan)
    expect(limiter.charge('a', 1, plan)).toMatchObject({ allowed: true, available: 997 })
  })
})
