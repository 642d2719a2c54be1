import { Redis } from 'ioredis'
import { createGateway } from '../../../gateway/index.ts'
import { createPushMetrics } from '../../../gateway/push/push-observer.ts'
import { createSubgraphHeaders } from '../../../gateway/viewer-context.ts'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import { createPostgresWakeBus } from '../../../platform/event-log/wake-bus-postgres.ts'
import { createRedisWakeBus } from '../../../platform/event-log/wake-bus-redis.ts'
import { plainViewerCodec } from '../../../platform/identity/viewer-header.ts'
import { openPostgres } from '../../../platform/sql/postgres.ts'
import { hostSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import { createMetrics } from '../../../platform/telemetry/metrics.ts'
import { composePush, cursorSecret, ordersSdl, someone, stockSdl, viewerOf } from './push-graph.ts'

/**
 * A gateway over a log it shares with others, until it is killed: argv 2 is the database's URL, argv 3 its port, argv 4
 * the URL of a Redis or nothing, argv 5 `hasty` to ping and cut connections sooner than the product does. Every order and
 * item is known to it.
 */
const [, , url = '', port = '0', redisUrl = '', pace = ''] = process.argv
const database = openPostgres({ url, poolSize: 8 })
const redis = redisUrl === '' ? null : new Redis(redisUrl, { maxRetriesPerRequest: 1, enableOfflineQueue: false })
redis?.on('error', () => {})
const channel = 'push_test'
const wakeBus = redis === null ? createPostgresWakeBus({ database, channel }) : createRedisWakeBus({ redis, channel })
const limits = {
  bodyLimitBytes: 131_072,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 15_000,
  responseLimitBytes: 2_097_152,
  compressFromBytes: 2_048,
  requestDeadlineMs: 20_000,
  drainTimeoutMs: 2_000,
}
const subgraphs = [
  {
    name: 'orders',
    typeDefs: ordersSdl,
    resolvers: { Order: { status: () => 'KNOWN', version: () => 1 } },
    createContext: (call: object) => call,
  },
  {
    name: 'stock',
    typeDefs: stockSdl,
    resolvers: { Order: { packer: () => null }, Item: { units: () => 1 } },
    createContext: (call: object) => call,
  },
]
const gateway = await createGateway({
  supergraphSdl: composePush(),
  transports: new Map(
    subgraphs.map((subgraph) => [
      subgraph.name,
      createInProcessTransport(hostSubgraph(subgraph, { viewerCodec: plainViewerCodec, onInternal: console.error }), {
        timeoutMs: 10_000,
      }),
    ]),
  ),
  identify: ({ headers }) => viewerOf(headers['x-test-viewer']),
  anonymous: someone,
  subgraphHeaders: createSubgraphHeaders(plainViewerCodec),
  foreignErrors: 'mask',
  limits,
  paths: ['/graphql'],
  examples: [],
  readiness: [],
  push: {
    eventLog: createPostgresEventLog({ database, wakeBus }),
    settle: async () => {},
    cursorSecrets: [cursorSecret],
    observer: createPushMetrics(createMetrics()),
    limits: pace === 'hasty' ? { stallMs: 2_000, beatMs: 2_000 } : {},
  },
  onInternal: console.error,
})
const listening = await gateway.listen({ host: '127.0.0.1', port: Number(port) })
console.log(`listening ${listening.url}`)
process.once('SIGTERM', () => {
  void gateway[Symbol.asyncDispose]().then(() => process.exit(0))
})
