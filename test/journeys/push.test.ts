import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHttpStream } from '../gateway/push/http-client.ts'
import { issueToken } from '../support/sign-in.ts'
import { startTestApp, type TestApp } from '../support/start-app.ts'
import { until } from '../support/until.ts'

const orders = `subscription ($channels: [ID!]) { orderStatusChanged(channelIds: $channels) {
  ... on OrderStatusEvent { from to order { number publicStatus } } } }`

describe('journey: a partner watches its orders, a storefront its stock', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  }, 180_000)
  afterAll(async () => app[Symbol.asyncDispose]())

  async function inSource<T>(system: 'oms', work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: app.sourceUrl(system) })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  const setStatus = (number: string, code: number) =>
    inSource('oms', async (client) => {
      await client.query('begin')
      const { rows } = await client.query(
        'update sales_order set status_code = $2, status_at = now() where order_no = $1 returning order_id',
        [number, code],
      )
      await client.query('update sales_order_line set status_code = $2 where order_id = $1', [rows[0].order_id, code])
      await client.query('commit')
    })

  const numberOf = (externalNumber: string) =>
    inSource('oms', async (client) => {
      const { rows } = await client.query('select order_no from sales_order where external_no = $1', [externalNumber])
      return String(rows[0].order_no)
    })

  it('is told of a change in the order system as it happens, and of no other channel', async () => {
    const authorization = `Bearer ${await issueToken(app.url, 'partner')}`
    const desk = `Bearer ${await issueToken(app.url, 'agent')}`
    using stream = await openHttpStream(app.url, { query: orders }, 'text/event-stream', { headers: { authorization } })
    using every = await openHttpStream(app.url, { query: orders }, 'text/event-stream', {
      headers: { authorization: desk },
    })
    await setStatus('O-1000002', 70)
    await until('the service desk is told of an order of the app', () => every.text().includes('O-1000002'))
    const own = await numberOf('AMZ-1000002')
    await setStatus(own, 70)
    await until('the partner is told of its own', () => stream.text().includes(`"number":"${own}"`))
    expect(stream.text()).toContain('"from":"ON_ITS_WAY","to":"DELIVERED"')
    expect(stream.text()).not.toContain('O-1000002')
  })

  it('tells a storefront at once what may be promised', async () => {
    const sku = 'DEMO-0001'
    const { data } = await app.ask('query ($sku: String!) { variant(sku: $sku) { id } }', { sku })
    const query = `subscription ($ids: [ID!]) { availabilityChanged(variantIds: $ids, initial: SNAPSHOT) {
      ... on AvailabilitySnapshot { variant { sku availability(channelId: "web") { status } } } } }`
    const variables = { ids: [data.variant.id] }
    using stream = await openHttpStream(app.url, { query, variables }, 'text/event-stream')
    await until('the snapshot is told', () => stream.text().includes('event: next'))
    expect(stream.text()).toContain(`"sku":"${sku}"`)
  })
})
