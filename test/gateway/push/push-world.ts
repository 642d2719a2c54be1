import { createGateway, type Gateway, type GatewayDeps } from '../../../gateway/index.ts'
import type { PushOptions } from '../../../gateway/push/push.ts'
import { createSubgraphHeaders } from '../../../gateway/viewer-context.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import type { EventLog, NewEvent } from '../../../platform/event-log/event-log.ts'
import { eventLogMigrations } from '../../../platform/event-log/migrations.ts'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import type { WakeBus } from '../../../platform/event-log/wake-bus.ts'
import { plainViewerCodec } from '../../../platform/identity/viewer-header.ts'
import type { Database } from '../../../platform/sql/database.ts'
import type { MigrationSet } from '../../../platform/sql/migrate.ts'
import { type HostableSubgraph, hostSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import type { SubgraphCall } from '../../../platform/subgraph/subgraph.ts'
import { openMigratedDatabase } from '../../support/postgres.ts'
import { defaultLimits } from '../../support/start-gateway.ts'
import {
  composePush,
  cursorSecret,
  orderEvent,
  ordersSdl,
  someone,
  stockEvent,
  stockSdl,
  viewerOf,
} from './push-graph.ts'

export type PushWorld = AsyncDisposable & {
  readonly database: Database
  readonly databaseUrl: string
  readonly eventLog: EventLog
  readonly gateway: Gateway
  readonly url: string
  readonly internal: unknown[]
  /** What the graph says now, by order; a missing one is unknown. */
  readonly orders: Map<string, { status: string; channel: string }>
  readonly units: Map<string, number>
  /** How many calls the orders subgraph answered. */
  calls(): number
  /** Makes the orders subgraph fail, or answer again. */
  breakOrders(broken: boolean): void
  /** Sets the order's state and appends the event that tells of it. */
  change(orderId: string, to: string, channel?: string): Promise<void>
  move(itemId: string, units: number, held?: number): Promise<void>
  append(events: readonly NewEvent[]): Promise<void>
}

export type PushWorldOptions = {
  readonly push?: Partial<PushOptions>
  readonly gateway?: Partial<GatewayDeps>
  readonly wakeBus?: (database: Database) => WakeBus
  /** Beside those of the event log. */
  readonly migrations?: readonly MigrationSet[]
}

export async function openPushWorld(options: PushWorldOptions = {}): Promise<PushWorld> {
  const test = await openMigratedDatabase(eventLogMigrations(), ...(options.migrations ?? []))
  const { database } = test
  const wakeBus = options.wakeBus?.(database)
  const eventLog = createPostgresEventLog({ database, ...(wakeBus && { wakeBus }) })
  const orders = new Map<string, { status: string; channel: string }>()
  const units = new Map<string, number>()
  const internal: unknown[] = []
  let calls = 0
  let broken = false
  const versions = new Map<string, number>()

  const ordersSubgraph: HostableSubgraph = {
    name: 'orders',
    typeDefs: ordersSdl,
    resolvers: {
      Query: { order: (_: unknown, { id }: { id: string }) => find(id) },
      Order: {
        __resolveReference({ id }: { id: string }, { viewer }: SubgraphCall) {
          if (broken) throw new AppError('UPSTREAM_UNAVAILABLE', 'Cannot read orders: the test broke them')
          const order = orders.get(id)
          if (viewer.kind === 'partner' && order !== undefined && !viewer.channelIds.includes(order.channel))
            return null
          return find(id)
        },
        unsafe(_: unknown, __: unknown, { viewer }: SubgraphCall) {
          if (viewer.kind !== 'staff') throw new AppError('FORBIDDEN', 'Cannot read unsafe: staff only')
          return 'secret'
        },
      },
    },
    createContext(call) {
      calls += 1
      return call
    },
  }
  function find(id: string) {
    const order = orders.get(id)
    return order === undefined ? null : { id, status: order.status, version: versions.get(id) ?? 0 }
  }
  const stockSubgraph: HostableSubgraph = {
    name: 'stock',
    typeDefs: stockSdl,
    resolvers: {
      Query: { shelves: () => ['A'] },
      Order: { packer: ({ id }: { id: string }) => `packer of ${id}` },
      Item: { units: ({ id }: { id: string }) => units.get(id) ?? null },
    },
    createContext: (call) => call,
  }
  const gateway = await createGateway({
    supergraphSdl: composePush(),
    transports: new Map(
      [ordersSubgraph, stockSubgraph].map((subgraph) => [
        subgraph.name,
        createInProcessTransport(
          hostSubgraph(subgraph, { viewerCodec: plainViewerCodec, onInternal: (error) => internal.push(error) }),
          { timeoutMs: 3_000 },
        ),
      ]),
    ),
    identify: ({ headers }) => viewerOf(headers['x-test-viewer']),
    anonymous: someone,
    subgraphHeaders: createSubgraphHeaders(plainViewerCodec),
    foreignErrors: 'mask',
    limits: defaultLimits,
    paths: ['/graphql'],
    examples: [],
    readiness: [],
    push: { eventLog, settle: async () => {}, cursorSecrets: [cursorSecret], pollMs: 100, ...options.push },
    onInternal: (error) => internal.push(error),
    ...options.gateway,
  })
  const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 })
  const append = async (events: readonly NewEvent[]) => {
    await database.transaction((transaction) => eventLog.append(transaction, events))
    eventLog.wake()
  }
  return {
    database,
    databaseUrl: test.url,
    eventLog,
    gateway,
    url,
    internal,
    orders,
    units,
    calls: () => calls,
    breakOrders(value) {
      broken = value
    },
    append,
    async change(orderId, to, channel = 'web') {
      orders.set(orderId, { status: to, channel })
      versions.set(orderId, (versions.get(orderId) ?? 0) + 1)
      await append([orderEvent(orderId, to, channel)])
    },
    async move(itemId, count, held = 0) {
      units.set(itemId, count)
      await append([stockEvent(itemId, count, held)])
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await wakeBus?.[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}
