/** The loss test at full size: `npm run soak:push`, or with so many clients and events: `npm run soak:push -- 60 20000`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { eventLogMigrations } from '../../../platform/event-log/migrations.ts'
import { createPostgresWakeBus } from '../../../platform/event-log/wake-bus-postgres.ts'
import { createRedisWakeBus } from '../../../platform/event-log/wake-bus-redis.ts'
import { startEmbeddedPostgres } from '../../../platform/sql/embedded.ts'
import { migrate } from '../../../platform/sql/migrate.ts'
import { openPostgres } from '../../../platform/sql/postgres.ts'
import { startRedis } from '../../support/redis.ts'
import { soak } from './soak.ts'

const [, , clients = '200', events = '100000'] = process.argv
const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`)
const folder = await mkdtemp(join(tmpdir(), 'storeloom-soak-'))
const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), log: () => {} })
await postgres.ensureDatabase('soak')
const url = postgres.url('soak')
const database = openPostgres({ url, poolSize: 4 })
await migrate(database, [eventLogMigrations()])
const server = await startRedis().catch(() => {
  log('There is no redis-server here: processes wake each other through PostgreSQL')
  return null
})
const redis =
  server === null
    ? null
    : new Redis(server.url, { maxRetriesPerRequest: 1, enableOfflineQueue: false, retryStrategy: () => 200 })
redis?.on('error', () => {})
const channel = 'push_test'
const wakeBus = redis === null ? createPostgresWakeBus({ database, channel }) : createRedisWakeBus({ redis, channel })
const startedMs = performance.now()
try {
  const result = await soak({
    database,
    databaseUrl: url,
    wakeBus,
    redis: server,
    clients: Number(clients),
    events: Number(events),
    kills: 8,
    log,
    timeoutMs: 20 * 60_000,
  })
  log(
    `${result.events} events, ${result.kills} kills, ${result.delivered} deliveries to ${clients} clients that connected ${result.connects} times, in ${Math.round((performance.now() - startedMs) / 1_000)} s`,
  )
  log(result.wrong.length === 0 ? 'Nothing was lost, doubled or out of order' : result.wrong.join('\n'))
  if (result.wrong.length > 0) process.exitCode = 1
} finally {
  await wakeBus[Symbol.asyncDispose]()
  redis?.disconnect()
  await server?.[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}
