import { readFileSync } from 'node:fs'
import { assetPath } from '../../../platform/assets.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import type { JsonObject, NewEvent } from '../../../platform/event-log/event-log.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { composeSubgraphs } from '../../../schema/compose.ts'

/** The shared contract of the product, so that the directives under test are the real ones. */
const shared = readFileSync(assetPath('schema/shared.graphql'), 'utf8')

export const ordersSdl = `${shared}
type Query {
  order(id: ID!): Order @public
  orderEvents(ids: [ID!], channels: [ID!], after: EventCursor, first: Int! = 50): OrderPage! @public @eventPage(of: "orderChanged")
}
type Order @key(fields: "id") { id: ID! status: String! version: Int! unsafe: String }
type Subscription {
  orderChanged(
    ids: [ID!] @matches(path: "data.orderId")
    channels: [ID!] @matches(path: "data.channel")
    after: EventCursor
    initial: InitialState! = NONE
  ): OrderStream! @public @eventStream(events: ["test.order.changed.v1"], key: "data.orderId", visible: "order { version }")
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

export const stockSdl = `${shared}
type Query { shelves: [String!]! @public }
type Order @key(fields: "id") { id: ID! packer: String }
type Item @key(fields: "id") { id: ID! units: Int }
type Subscription {
  stockMoved(
    ids: [ID!] @matches(path: "data.itemId")
    atOrBelow: Int @crosses(path: "data.units", minus: "data.held", rearm: "rearmAt")
    rearmAt: Int
    after: EventCursor
  ): StockStream! @public @eventStream(events: ["test.stock.moved.v1"], key: "data.itemId", delivery: "conflated")
  unitsChanged(ids: [ID!] @matches(path: "data.itemId"), after: EventCursor): StockStream!
    @public
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
