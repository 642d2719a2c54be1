import { spawnSync } from 'node:child_process'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import type { WakeBus } from '../../../platform/event-log/wake-bus.ts'
import { createPostgresWakeBus } from '../../../platform/event-log/wake-bus-postgres.ts'
import { createRedisWakeBus } from '../../../platform/event-log/wake-bus-redis.ts'
import { openTestDatabase } from '../../support/postgres.ts'
import { startRedis } from '../../support/redis.ts'

type Pair = AsyncDisposable & { readonly here: WakeBus; readonly there: WakeBus }

/** Two ends of one bus, as two processes hold them. */
function describeWakeBus(name: string, open: () => Promise<Pair>): void {
  describe(`${name} as a WakeBus`, () => {
    it('wakes the other end and its own, however often it is told, until the listener leaves', async () => {
      await using pair = await open()
      const woken = { here: 0, there: 0 }
      const listener = pair.here.subscribe(() => {
        woken.here += 1
      })
      pair.there.subscribe(() => {
        woken.there += 1
      })
      await expect.poll(() => Math.min(woken.here, woken.there), { timeout: 10_000 }).toBe(1)
      pair.there.publish()
      await expect.poll(() => [woken.here, woken.there], { timeout: 10_000 }).toEqual([2, 2])
      listener[Symbol.dispose]()
      for (let index = 0; index < 100; index += 1) pair.here.publish()
      await expect.poll(() => woken.there, { timeout: 10_000 }).toBeGreaterThanOrEqual(3)
      expect(woken.here).toBe(2)
      expect(woken.there).toBeLessThan(20)
    })
  })
}

describeWakeBus('PostgreSQL', async () => {
  const test = await openTestDatabase()
  const here = createPostgresWakeBus({ database: test.database, channel: 'wake' })
  const there = createPostgresWakeBus({ database: test.open(), channel: 'wake' })
  return {
    here,
    there,
    async [Symbol.asyncDispose]() {
      await Promise.all([here[Symbol.asyncDispose](), there[Symbol.asyncDispose]()])
      await test[Symbol.asyncDispose]()
    },
  }
})

const redisIsHere = spawnSync('redis-server', ['--version']).status === 0

if (redisIsHere) {
  describeWakeBus('Redis', async () => {
    const server = await startRedis()
    const connections = [new Redis(server.url), new Redis(server.url)] as const
    const [here, there] = connections.map((redis) => createRedisWakeBus({ redis, channel: 'wake' })) as [
      WakeBus,
      WakeBus,
    ]
    return {
      here,
      there,
      async [Symbol.asyncDispose]() {
        await Promise.all([here[Symbol.asyncDispose](), there[Symbol.asyncDispose]()])
        for (const redis of connections) redis.disconnect()
        await server[Symbol.asyncDispose]()
      },
    }
  })
}
