import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLeasingRateLimiter } from '../../../gateway/rate-limit/leasing.ts'
import { createMemoryRateLimiter } from '../../../gateway/rate-limit/memory.ts'
import { createRedisRateLimiter } from '../../../gateway/rate-limit/redis.ts'
import { createResilientRateLimiter } from '../../../gateway/rate-limit/resilient.ts'
import { describeRateLimiter } from '../../contracts/rate-limiter.ts'
import { governed, startGoverned, widePlans } from '../../support/governed-gateway.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { ask } from '../../support/start-gateway.ts'
import { until } from '../../support/until.ts'

let server: TestRedis
let keys = 0
const clients: Redis[] = []
beforeAll(async () => {
  server = await startRedis()
})
afterAll(async () => {
  for (const client of clients) client.disconnect()
  await server[Symbol.asyncDispose]()
})

function connect(): Redis {
  const redis = new Redis(server.url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: () => 20,
  })
  redis.on('error', () => {})
  clients.push(redis)
  return redis
}

async function ready(redis: Redis): Promise<Redis> {
  await until('Redis is connected', () => redis.status === 'ready')
  return redis
}

describe('Redis rate limiter', () => {
  let redis: Redis
  beforeAll(async () => {
    redis = await ready(connect())
  })
  describeRateLimiter(() =>
    Promise.resolve({ limiter: createRedisRateLimiter({ redis }), freshKey: () => `client-${keys++}` }),
  )

  it('is one bucket over two processes', async () => {
    const plan = { maximum: 10, restoreRate: 0.001 }
    const one = createRedisRateLimiter({ redis })
    const two = createRedisRateLimiter({ redis: await ready(connect()) })
    const decisions = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two).charge('shared', 1, plan)),
    )
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10)
  })

  it('lets other processes see a refund soon, also when no charge follows', async () => {
    const plan = { maximum: 10, restoreRate: 0.001 }
    const one = createRedisRateLimiter({ redis })
    const two = createRedisRateLimiter({ redis: await ready(connect()) })
    await one.charge('given back', 10, plan)
    await one.refund('given back', 4, plan)
    await one.refund('given back', 2, plan)
    await until('the other sees it', async () => (await two.charge('given back', 0, plan)).available === 6)
  })

  it('leaves no key behind for a bucket that is full again', async () => {
    const limiter = createRedisRateLimiter({ redis, prefix: 'test:expiry:' })
    await limiter.charge('a', 1, { maximum: 10, restoreRate: 1_000 })
    expect(await redis.pttl('test:expiry:a')).toBeGreaterThan(0)
    expect(await redis.pttl('test:expiry:a')).toBeLessThanOrEqual(1_010)
  })
})

describe('limits when Redis is killed mid-flight', () => {
  it('are local meanwhile and shared again afterwards, and no request fails', async () => {
    const redis = await ready(connect())
    const failures: unknown[] = []
    const limiter = createResilientRateLimiter({
      shared: createLeasingRateLimiter({
        shared: createRedisRateLimiter({ redis, prefix: 'test:killed:' }),
        clock: () => new Date(),
      }),
      local: createMemoryRateLimiter({ clock: () => new Date() }),
      clock: () => new Date(),
      deadlineMs: 500,
      pauseMs: 50,
      onDegraded: (error) => failures.push(error),
    })
    const plans = widePlans({ buckets: lanesOf(1_000_000) })
    await using started = await startGoverned(governed({ plans, limiter }))
    const statuses: number[] = []
    let isRunning = true
    const load = Array.from({ length: 4 }, async () => {
      while (isRunning) statuses.push((await ask(started.url, '{ things(first: 1) { id } }')).status)
    })
    await until('requests flow', () => statuses.length > 50)
    await server.kill()
    await until('the limiter has gone local', () => failures.length > 0)
    const before = statuses.length
    await until('requests flow without Redis', () => statuses.length > before + 50)
    await server.start()
    await until('Redis is asked again', async () => {
      const decision = await limiter.charge('probe', 1, { maximum: 10, restoreRate: 1 })
      return !decision.local
    })
    isRunning = false
    await Promise.all(load)
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(started.internal).toEqual([])
  })

  it('still refuse who has used up its bucket, by this process alone', async () => {
    const redis = await ready(connect())
    const limiter = createResilientRateLimiter({
      shared: createRedisRateLimiter({ redis, prefix: 'test:local:' }),
      local: createMemoryRateLimiter({ clock: () => new Date(0) }),
      clock: () => new Date(),
      deadlineMs: 500,
    })
    await server.kill()
    const plan = { maximum: 10, restoreRate: 1 }
    expect(await limiter.charge('a', 7, plan)).toMatchObject({ allowed: true, local: true, available: 3 })
    expect(await limiter.charge('a', 7, plan)).toMatchObject({ allowed: false, local: true, retryAfterMs: 4_000 })
    await server.start()
  })

  it('wait for a Redis that hangs no longer than their deadline, once a pause', async () => {
    const redis = await ready(connect())
    const limiter = createResilientRateLimiter({
      shared: createRedisRateLimiter({ redis, prefix: 'test:hung:' }),
      local: createMemoryRateLimiter({ clock: () => new Date() }),
      clock: () => new Date(),
      deadlineMs: 100,
      pauseMs: 60_000,
    })
    server.freeze()
    try {
      const plan = { maximum: 100, restoreRate: 1 }
      const startedMs = performance.now()
      for (let count = 0; count < 20; count++) {
        expect(await limiter.charge('a', 1, plan)).toMatchObject({ allowed: true, local: true })
      }
      expect(performance.now() - startedMs).toBeLessThan(1_500)
    } finally {
      server.thaw()
    }
  })
})

function lanesOf(maximum: number) {
  const one = { maximum, restoreRate: 1_000 }
  return { P0: one, P1: one, P2: one, P3: one }
}
