import { readFileSync } from 'node:fs'
import { createGateway, type Gateway, type GatewayDeps } from '../../../gateway/index.ts'
import type { PushOptions } from '../../../gateway/push/push.ts'
import { createSubgraphHeaders } from '../../../gateway/viewer-context.ts'
import { assetPath } from '../../../platform/assets.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import type { EventLog, JsonObject, NewEvent } from '../../../platform/event-log/event-log.ts'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import type { WakeBus } from '../../../platform/event-log/wake-bus.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec } from '../../../platform/identity/viewer-header.ts'
import type { Database } from '../../../platform/sql/database.ts'
import { type HostableSubgraph, hostSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import type { SubgraphCall } from '../../../platform/subgraph/subgraph.ts'
import { composeSubgraphs } from '../../../schema/compose.ts'
import { openEventLogDatabase } from '../../support/event-log.ts'
import { defaultLimits } from '../../support/start-gateway.ts'

/** The shared contract of the product, so that the directives under test are the real ones. */
const shared = readFileSync(assetPath('schema/shared.graphql'), 'utf8')

export const ordersSdl = `${shared}
type Query {
  order(id: ID!): Order
  orderEvents(ids: [ID!], channels: [ID!], after: EventCursor, first: Int! = 50): OrderPage! @eventPage(of: "orderChanged")
}
type Order @key(fields: "id") { id: ID! status: String! version: Int! unsafe: String }
type Subscription {
  orderChanged(
    ids: [ID!] @matches(path: "data.orderId")
    channels: [ID!] @matches(path: "data.channel")
    after: EventCursor
    initial: InitialState! = NONE
  ): OrderStream! @eventStream(events: ["test.order.changed.v1"], key: "data.orderId", visible: "order { version }")
}
union OrderStream = OrderEvent | OrderSnapshot | StreamGap
type OrderEvent {
  cursor: EventCursor! @fromEvent(path: "cursor")
  eventId: ID! @fromEvent(path: "id")
  sequence: Int! @fromEvent(path: "sequence")
  to: String!
  label: String @fromEvent(path: "{data.orderId}/{data.to}")
  order: Order @fromEvent(path: "data.orderId")
}
type OrderSnapshot { cursor: EventCursor! @fromEvent(path: "cursor") order: Order @fromEvent(path: "data.orderId") }
type OrderPage { events: [OrderStream!]! endCursor: EventCursor hasMore: Boolean! }
`

const stockSdl = `${shared}
type Query { shelves: [String!]! }
type Order @key(fields: "id") { id: ID! packer: String }
type Item @key(fields: "id") { id: ID! units: Int }
type Subscription {
  stockMoved(
    ids: [ID!] @matches(path: "data.itemId")
    atOrBelow: Int @crosses(path: "data.units", minus: "data.held", rearm: "rearmAt")
    rearmAt: Int
    after: EventCursor
  ): StockStream! @eventStream(events: ["test.stock.moved.v1"], key: "data.itemId", delivery: "conflated")
  unitsChanged(ids: [ID!] @matches(path: "data.itemId"), after: EventCursor): StockStream!
    @eventStream(events: ["test.stock.moved.v1"], key: "data.itemId", delivery: "conflated", distinct: true)
}
union StockStream = StockEvent | StreamGap
type StockEvent {
  cursor: EventCursor! @fromEvent(path: "cursor")
  sequence: Int! @fromEvent(path: "sequence")
  itemId: ID!
  units: Int!
  item: Item @fromEvent(path: "data.itemId")
}
`

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
}

export async function openPushWorld(options: PushWorldOptions = {}): Promise<PushWorld> {
  const test = await openEventLogDatabase()
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

export const cursorSecret = 'a secret of tests that is long enough'

export function composePush(change: (orders: string) => string = (sdl) => sdl): string {
  const { supergraphSdl, errors } = composeSubgraphs([
    { name: 'orders', url: 'http://127.0.0.1:1/orders', typeDefs: change(ordersSdl) },
    { name: 'stock', url: 'http://127.0.0.1:1/stock', typeDefs: stockSdl },
  ])
  if (supergraphSdl === null) throw new TypeError(errors.join('; '))
  return supergraphSdl
}

export const someone: Viewer = { kind: 'anonymous', tenant: 'test', clientId: 'none', scopes: [] }

/** A header names the viewer, so that a test is whoever it wants to be. */
export function viewerOf(header: string | undefined): Viewer {
  if (header === undefined) return someone
  if (header === 'nobody') throw new AppError('UNAUTHENTICATED', 'Cannot sign in: nobody may')
  return JSON.parse(header) as Viewer
}

export function orderEvent(orderId: string, to: string, channel = 'web'): NewEvent {
  return event('test.order.changed.v1', 'orders/order', orderId, { orderId, to, channel })
}

export function stockEvent(itemId: string, units: number, held = 0): NewEvent {
  return event('test.stock.moved.v1', 'stock/item', itemId, { itemId, units, held })
}

function event(type: string, aggregate: string, id: string, data: JsonObject): NewEvent {
  return {
    type,
    source: `/tenants/test/${aggregate}/${id}`,
    subject: id,
    time: '2026-10-01T09:30:00.000Z',
    data,
    partitionKey: id,
    authority: 'test',
  }
}
