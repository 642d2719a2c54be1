import { expect } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import type { RunningSubgraph } from '../../support/run-subgraph.ts'
import { orderData, shipmentData } from './documents.ts'
import { linked, startOrders } from './start.ts'

export const day = (index: number) =>
  `2026-01-${String((index % 28) + 1).padStart(2, '0')}T${String(index % 24).padStart(2, '0')}:00:00Z`

export type Page = {
  readonly numbers: readonly string[]
  readonly placed: readonly string[]
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
}

export type SixtyOrders = AsyncDisposable & {
  readonly orders: RunningSubgraph
  /** The canonical ids of the profiles that natural keys of the CRM name. */
  profilesByKey(): Promise<{ c1: string; c2: string; c3: string }>
  /** @returns the data of an answer without errors */
  answer(query: string, variables?: JsonObject): Promise<unknown>
  /** @returns code and message of the only error of an answer */
  refusal(query: string, variables?: JsonObject): Promise<string>
  history(variables: JsonObject, customerId?: string): Promise<Page>
}

/** 60 orders in two channels of two profiles; the profiles `c1` and `c2` are one customer, `c3` another. */
export async function openSixtyOrders(): Promise<SixtyOrders> {
  const orders = await startOrders()
  const documents = Array.from({ length: 60 }, (_, index) => ({
    kind: 'order',
    key: `o${index}`,
    data: orderData({
      number: `R-${index}`,
      externalNumber: `X-${index}`,
      channelId: index % 2 === 0 ? 'web' : 'store',
      customer: { namespace: 'crm', value: index < 2 ? 'c3' : `c${(index % 2) + 1}` },
      placedAt: day(index),
      statusAt: day(index),
      status: index % 10 === 0 ? 'CANCELLED' : 'ACCEPTED',
    }),
  }))
  await orders.deliver('oms', documents)
  await orders.deliver('wms', [{ kind: 'shipment', key: 's1', data: shipmentData() }])
  await orders.drain()
  const profiles = await profilesByKey()
  await orders.append([linked(profiles.c1, 'cus_1'), linked(profiles.c2, 'cus_1'), linked(profiles.c3, 'cus_3')])
  await orders.drain()
  return { orders, profilesByKey, answer, refusal, history, [Symbol.asyncDispose]: () => orders[Symbol.asyncDispose]() }

  async function profilesByKey() {
    const { rows } = await orders.database.query<{ value: string; id: string }>(
      "SELECT value, id FROM connector.natural_keys WHERE kind = 'customer-profile'",
      [],
    )
    const ids = new Map(rows.map(({ value, id }) => [value, id]))
    return { c1: ids.get('c1') ?? '', c2: ids.get('c2') ?? '', c3: ids.get('c3') ?? '' }
  }

  async function answer(query: string, variables: JsonObject = {}): Promise<unknown> {
    const { data, errors } = await orders.ask(query, variables)
    expect(errors).toBeUndefined()
    return data
  }

  async function refusal(query: string, variables: JsonObject = {}) {
    const { errors = [] } = await orders.ask(query, variables)
    expect(errors).toHaveLength(1)
    return `${errors[0]?.extensions?.code}: ${errors[0]?.message}`
  }

  async function history(variables: JsonObject, customerId = 'cus_1'): Promise<Page> {
    const customer = { __typename: 'Customer', id: customerId }
    const data = JSON.parse(JSON.stringify(await answer(historyQuery, { customer, ...variables })))
    const { edges, pageInfo } = data._entities[0].orders
    const nodes = edges.map(({ node }: { node: { number: string; placedAt: string } }) => node)
    return {
      numbers: nodes.map(({ number }: { number: string }) => number),
      placed: nodes.map(({ placedAt }: { placedAt: string }) => placedAt),
      pageInfo,
    }
  }
}

export const historyQuery = `query History($customer: _Any!, $first: Int, $after: String, $last: Int, $before: String, $filter: OrderFilter) {
  _entities(representations: [$customer]) { ... on Customer {
    orders(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { number placedAt } } } } } }`
