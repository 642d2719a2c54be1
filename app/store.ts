import { Redis } from 'ioredis'
import type { CacheFactory } from '../platform/cache/cache.ts'
import { createCacheFactory } from '../platform/cache/cache-factory.ts'
import { createRedisTier } from '../platform/cache/redis.ts'
import type { Config } from '../platform/config.ts'
import type { EventLog } from '../platform/event-log/event-log.ts'
import { createPostgresEventLog } from '../platform/event-log/postgres.ts'
import type { WakeBus } from '../platform/event-log/wake-bus.ts'
import { createPostgresWakeBus } from '../platform/event-log/wake-bus-postgres.ts'
import { createRedisWakeBus } from '../platform/event-log/wake-bus-redis.ts'
import type { Closer } from '../platform/lifecycle.ts'
import type { Database } from '../platform/sql/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'

/** Where facts are kept and what tells of them. */
export type Store = {
  /** For requests. */
  readonly database: Database
  /** For what runs without anyone waiting: ingest, projections. It never takes a connection from a request. */
  readonly background: Database
  readonly eventLog: EventLog
  readonly cacheFactory: CacheFactory
  /** Tells other processes that a projection committed. */
  readonly appliedBus: WakeBus
  readonly redis: Redis | null
  /** The embedded server, when no `DATABASE_URL` is given. */
  readonly embedded: EmbeddedPostgres | null
}

const databaseName = 'storeloom'
/** Two for each projection, which reads ahead while it applies, and one for each system of a usual estate. */
const backgroundPoolSize = 30

export async function openStore(config: Config, closer: Closer, log: Log, metrics: Metrics): Promise<Store> {
  const embedded =
    config.database.url === undefined
      ? closer.add(
          await startEmbeddedPostgres({
            folder: `${config.database.dataDir}/postgres`,
            log: (message) => log.info(message),
          }),
          { name: 'embedded PostgreSQL', timeoutMs: 60_000 },
        )
      : null
  await embedded?.ensureDatabase(databaseName)
  const url = config.database.url ?? embedded?.url(databaseName) ?? ''
  const { poolSize, connectTimeoutMs, statementTimeoutMs } = config.database
  const database = closer.add(openPostgres({ url, poolSize, connectTimeoutMs, statementTimeoutMs }), {
    name: 'database',
  })

  const background = closer.add(
    openPostgres({ url, poolSize: backgroundPoolSize, connectTimeoutMs: 30_000, statementTimeoutMs: 60_000 }),
    { name: 'background database' },
  )

  metrics.observedCounter({
    name: 'sql_statements_total',
    help: 'Statements sent to PostgreSQL, for requests or in the background',
    labels: ['pool'] as const,
    read: () => [
      { labels: { pool: 'requests' }, value: database.statementCount() },
      { labels: { pool: 'background' }, value: background.statementCount() },
    ],
  })

  const redis = config.redis.url === undefined ? null : openRedis(config.redis.url, closer, log)
  const bus = (channel: string): WakeBus =>
    redis === null ? createPostgresWakeBus({ database: background, channel }) : createRedisWakeBus({ redis, channel })
  const appendedBus = closer.add(bus('storeloom_appended'), { name: 'wake-up bus' })
  const appliedBus = closer.add(bus('storeloom_applied'), { name: 'invalidation bus' })
  const eventLog = closer.add(createPostgresEventLog({ database: background, wakeBus: appendedBus }), {
    name: 'event log',
  })
  const cacheFactory = closer.add(
    createCacheFactory({
      maxEntries: config.cache.maxEntries,
      metrics,
      ...(config.redis.url === undefined
        ? {}
        : {
            shared: createRedisTier({
              url: config.redis.url,
              namespace: 'storeloom:cache:1',
              commandTimeoutMs: config.redis.commandTimeoutMs,
              onState: ({ usable, reason }) => log.info('The shared cache tier changed', { usable, reason }),
            }),
          }),
    }),
    { name: 'caches' },
  )
  return { database, background, eventLog, cacheFactory, appliedBus, redis, embedded }
}

function openRedis(url: string, closer: Closer, log: Log): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  })
  // Without a listener a lost connection would end the process; what misses Redis goes on without it.
  redis.on('error', (error) => log.warn('Redis does not answer; going on without it', { error }))
  closer.add({ [Symbol.dispose]: () => redis.disconnect() }, { name: 'Redis' })
  return redis
}
