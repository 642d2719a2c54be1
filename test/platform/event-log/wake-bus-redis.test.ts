import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { createRedisWakeBus } from '../../../platform/event-log/wake-bus-redis.ts'
import { describeWakeBus, type WakeBusPair } from '../../contracts/wake-bus.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

type RedisPair = WakeBusPair & { readonly server: TestRedis; readonly isHereConnected: () => boolean }

async function open(): Promise<RedisPair> {
  const server = await startRedis()
  const connect = () => new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 })
  const connections = [connect(), connect()] as const
  for (const connection of connections) connection.on('error', () => {})
  const here = createRedisWakeBus({ redis: connections[0], channel: 'wake' })
  const there = createRedisWakeBus({ redis: connections[1], channel: 'wake' })
  return {
    server,
    here,
    there,
    isHereConnected: () => connections[0].status === 'ready',
    async [Symbol.asyncDispose]() {
      await Promise.all([here[Symbol.asyncDispose](), there[Symbol.asyncDispose]()])
      for (const redis of connections) redis.disconnect()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('Redis as a wake-up bus', () => {
  describeWakeBus(open)

  it('wakes whoever waits when a killed Redis is back, and goes on', async () => {
    await using pair = await open()
    let woken = 0
    pair.there.subscribe(() => {
      woken += 1
    })
    await expect.poll(() => woken, { timeout: 10_000 }).toBe(1)
    await pair.server.kill()
    await expect.poll(pair.isHereConnected).toBe(false)
    pair.here.publish()
    await pair.server.start()
    await expect.poll(() => woken, { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
    const before = woken
    await expect
      .poll(
        () => {
          pair.here.publish()
          return woken
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(before)
  })
})
