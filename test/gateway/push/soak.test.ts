import { expect, it } from 'vitest'
import { createPostgresWakeBus } from '../../../platform/event-log/wake-bus-postgres.ts'
import { openEventLogDatabase } from '../../support/event-log.ts'
import { soak } from './soak.ts'

it('loses nothing over three transports, two gateways, kill -9 and slow clients', async () => {
  await using test = await openEventLogDatabase()
  await using wakeBus = createPostgresWakeBus({ database: test.database, channel: 'push_test' })
  const result = await soak({
    database: test.database,
    databaseUrl: test.url,
    wakeBus,
    redis: null,
    clients: 18,
    events: 2_000,
    kills: 2,
    log: () => {},
    timeoutMs: 60_000,
  })
  expect(result.wrong).toEqual([])
  expect(result.kills).toBe(2)
  expect(result.connects).toBeGreaterThan(18)
}, 150_000)
