import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { createRedisWakeBus } from '../../../platform/event-log/wake-bus-redis.ts'
import { openEventLogDatabase } from '../../support/event-log.ts'
import { startRedis } from '../../support/redis.ts'
import { soak } from './soak.ts'

it('loses nothing while Redis, which only wakes, is killed and comes back empty', async () => {
  await using test = await openEventLogDatabase()
  await using server = await startRedis()
  const redis = new Redis(server.url, { maxRetriesPerRequest: 1, enableOfflineQueue: false })
  redis.on('error', () => {})
  try {
    await using wakeBus = createRedisWakeBus({ redis, channel: 'push_test' })
    const result = await soak({
      database: test.database,
      databaseUrl: test.url,
      wakeBus,
      redis: server,
      clients: 12,
      events: 1_000,
      kills: 2,
      log: () => {},
      timeoutMs: 60_000,
    })
    expect(result.wrong).toEqual([])
    expect(result.kills).toBe(2)
  } finally {
    redis.disconnect()
  }
}, 150_000)
