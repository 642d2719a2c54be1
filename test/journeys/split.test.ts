import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, startChild } from '../support/child.ts'
import { type Ask, signIn } from '../support/sign-in.ts'
import { startTestApp, type TestAnswer, type TestApp } from '../support/start-app.ts'

const query = /* GraphQL */ `
  {
    order(number: "O-1000001") {
      id
      state
      totals { total { amount currency } }
      lines { sku quantity variant { title } }
      payments { state }
      customer { displayName }
    }
    customer: customerByIdentifier(kind: EMAIL, value: "ada.lind@example.com") { displayName profiles { system } }
    history: customerByIdentifier(kind: EMAIL, value: "ada.lind@example.com") {
      orders(first: 2) { edges { node { number publicStatus } } }
    }
    variantsBySku(skus: ["DEMO-0001"]) { title availability(channelId: "web") { ats } }
  }
`

describe('journey: a subgraph runs as a process of its own', () => {
  let app: TestApp
  let ask: Ask
  let orders: Child
  let ordersUrl: string
  let together: TestAnswer

  const startOrders = async (port: string): Promise<void> => {
    const { environment, demo } = app
    orders = startChild('subgraph-child.ts', [JSON.stringify({ environment, demo }), port])
    ordersUrl = await orders.line('ready', 90_000)
  }

  beforeAll(async () => {
    app = await startTestApp()
    together = await (await signIn(app, 'agent'))(query)
    await startOrders('0')
    await app.restart({ STORELOOM_SUBGRAPH_ORDERS_URL: `${ordersUrl}/graphql` })
    ask = await signIn(app, 'agent')
  }, 240_000)
  afterAll(async () => {
    await orders[Symbol.asyncDispose]()
    await app[Symbol.asyncDispose]()
  }, 60_000)

  it('answers as it does with everything in one process', async () => {
    const apart = await ask(query)
    expect(apart.errors).toBeUndefined()
    expect(apart.data.order.lines[0].variant.title).toEqual(expect.any(String))
    expect(apart.data.history.orders.edges).toHaveLength(2)
    expect(apart.data).toEqual(together.data)
  }, 60_000)

  it('refuses a call to its port that does not carry the signed viewer', async () => {
    const answer = await fetch(`${ordersUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ order(number: "O-1000001") { id } }' }),
    })
    const { data, errors } = (await answer.json()) as TestAnswer
    expect([data ?? null, errors?.map(({ extensions }) => extensions.code)]).toEqual([null, ['UNAUTHENTICATED']])
  }, 60_000)

  it('answers the rest while that process is away, and all once it is back on its port', async () => {
    await orders.kill('SIGKILL')
    const without = await ask(query)
    expect(without.data).toEqual({ ...together.data, order: null, history: { ...together.data.history, orders: null } })
    expect(without.data.customer.displayName).toEqual(expect.any(String))
    expect(without.data.variantsBySku[0].availability.ats).toEqual(expect.any(Number))
    expect(without.errors?.map(({ path, extensions }) => [path.join('.'), extensions.code]).sort()).toEqual([
      ['history.orders', 'UPSTREAM_UNAVAILABLE'],
      ['order', 'UPSTREAM_UNAVAILABLE'],
    ])
    await startOrders(new URL(ordersUrl).port)
    await expect.poll(() => ask(query), { timeout: 30_000, interval: 200 }).toMatchObject({ data: together.data })
    expect((await ask(query)).errors).toBeUndefined()
  }, 180_000)
})
