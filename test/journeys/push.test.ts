import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import { createApiKeys } from '../../platform/identity/api-keys.ts'
import { openPostgres } from '../../platform/sql/postgres.ts'
import { openHttpStream } from '../gateway/push/http-client.ts'
import { connect, follow } from '../gateway/push/ws-client.ts'
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

  async function inSource<T>(system: 'oms' | 'wms' | 'erp', work: (client: pg.Client) => Promise<T>): Promise<T> {
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
    const french = `Bearer ${await issueToken(app.url, 'agent', { regions: 'FR' })}`
    using stream = await openHttpStream(app.url, { query: orders }, 'text/event-stream', { headers: { authorization } })
    using every = await openHttpStream(app.url, { query: orders }, 'text/event-stream', {
      headers: { authorization: desk },
    })
    using region = await openHttpStream(app.url, { query: orders }, 'text/event-stream', {
      headers: { authorization: french },
    })
    await setStatus('O-1000002', 70)
    await until('the service desk is told of an order of the app', () => every.text().includes('O-1000002'))
    const own = await numberOf('AMZ-1000002')
    await setStatus(own, 70)
    await until('the partner is told of its own', () => stream.text().includes(`"number":"${own}"`))
    await until('so is who serves its region', () => region.text().includes(`"number":"${own}"`))
    expect(region.text()).not.toContain('O-1000002')
    expect(stream.text()).toContain('"from":"ON_ITS_WAY","to":"DELIVERED"')
    expect(stream.text()).not.toContain('O-1000002')
  })

  it('ends what a revoked key follows within five seconds, over every transport, and a new key goes on from there', async () => {
    await using database = openPostgres({ url: app.environment.DATABASE_URL ?? '', poolSize: 1 })
    const keys = createApiKeys({ database, tenant: 'demo', clock: systemClock })
    const holder = {
      kind: 'partner',
      clientId: 'market',
      partnerId: 'market',
      channelIds: ['amazon'],
      scopes: [],
    } as const
    const [key, next] = [await keys.create(holder), await keys.create(holder)]
    const token = await tokenOf(key)
    const streams = await Promise.all(
      [
        ['text/event-stream', { 'x-api-key': key.key }],
        ['multipart/mixed;subscriptionSpec=1.0', { 'x-api-key': key.key }],
        ['text/event-stream', { authorization: `Bearer ${token}` }],
      ].map(([accept, headers]) =>
        openHttpStream(app.url, { query: orders }, String(accept), { headers: Object(headers) }),
      ),
    )
    using socket = await connect(app.url, { init: { 'x-api-key': key.key } })
    await follow(socket, '1', orders)
    using other = await openHttpStream(app.url, { query: orders }, 'text/event-stream', {
      headers: { 'x-api-key': next.key },
    })
    await keys.revoke(key.id)
    const revokedMs = performance.now()
    await Promise.all([...streams.map(({ ended }) => ended), socket.closed])
    expect(performance.now() - revokedMs).toBeLessThan(5_000)
    expect(await socket.closed).toMatchObject({ code: 4403 })
    const own = await numberOf('AMZ-1000002')
    await setStatus(own, 80)
    await until('who has another key is told', () => other.text().includes(`"number":"${own}"`))
    const cursors = streams.map(({ text }) => /"code":"UNAUTHENTICATED".*"cursor":"([\w-]+)"/.exec(text())?.[1])
    for (const cursor of [...cursors, socket.cursor('1')]) {
      expect(cursor).toBeDefined()
      const query = orders
        .replace('(channelIds', '(after: $after, channelIds')
        .replace('($channels', '($after: EventCursor, $channels')
      using resumed = await openHttpStream(app.url, { query, variables: { after: cursor } }, 'text/event-stream', {
        headers: { 'x-api-key': next.key },
      })
      await until('it is told what came meanwhile', () => resumed.text().includes(`"number":"${own}"`))
    }
    for (const stream of streams) stream[Symbol.dispose]()
  })

  async function tokenOf({ id, key }: { readonly id: string; readonly key: string }): Promise<string> {
    const response = await fetch(`${app.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: key }),
    })
    const { access_token } = (await response.json()) as { access_token: string }
    return access_token
  }

  it('tells of products, prices and stock crossing a threshold as their systems change them', async () => {
    const authorization = `Bearer ${await issueToken(app.url, 'agent')}`
    const [sku, node, before] = await inSource('wms', async (client) => {
      const { rows } = await client.query(
        'select sku_cd, node_cd, qty_avl - qty_alc as free from wms_stk where qty_avl - qty_alc > 5 order by stk_id desc limit 1',
      )
      return [String(rows[0].sku_cd), String(rows[0].node_cd), Number(rows[0].free)] as const
    })
    const { data } = await app.ask('query ($sku: String!) { variant(sku: $sku) { id } }', { sku })
    const variables = { ids: [data.variant.id] }
    const open = (query: string) =>
      openHttpStream(app.url, { query, variables }, 'text/event-stream', { headers: { authorization } })
    using products = await open('subscription { productChanged { ... on ProductEvent { variant { sku title } } } }')
    using prices = await open(
      'subscription ($ids: [ID!]) { priceChanged(variantIds: $ids) { ... on PriceEvent { variant { sku } } } }',
    )
    using low = await open(`subscription ($ids: [ID!]) { stockMoved(variantIds: $ids, atOrBelow: 2, rearmAt: 5) {
      ... on StockEvent { position { sellable committed } location { code } } } }`)
    await inSource('erp', async (client) => {
      await client.query("update artst set artbez = 'Told Tent' where artnr = $1", [sku])
      await client.query('update preis set vkprs = vkprs + 1 where artnr = $1', [sku])
    })
    const setFree = (free: number) =>
      inSource('wms', (client) =>
        client.query('update wms_stk set qty_avl = qty_alc + $3, upd_ts = now() where sku_cd = $1 and node_cd = $2', [
          sku,
          node,
          free,
        ]),
      )
    const told = () => low.text().match(/event: next/g)?.length ?? 0
    for (const [free, count] of [
      [2, 1],
      [4, 1],
      [1, 1],
      [before, 2],
    ] as const) {
      await setFree(free)
      await until(`${free} units are known`, async () => {
        const answer = await app.ask(
          'query ($sku: String!) { variant(sku: $sku) { positions(first: 50) { edges { node { sellable committed location { code } } } } } }',
          { sku },
          { authorization },
        )
        const edges: { node: { sellable: number; committed: number; location: { code: string } } }[] =
          answer.data.variant.positions.edges
        return edges.some(({ node: at }) => at.location.code === node && at.sellable - at.committed === free)
      })
      if (count > told()) await until(`crossing ${count} is told`, () => told() === count)
      expect(told()).toBe(count)
    }
    await until('the product is told', () => products.text().includes(`"sku":"${sku}"`))
    await until('its price is told', () => prices.text().includes(`"sku":"${sku}"`))
  })

  it('is told when stock falls short of what was promised, and when that is made good', async () => {
    const authorization = `Bearer ${await issueToken(app.url, 'agent')}`
    const query = `subscription { shortfallRaised {
      ... on ShortfallEvent { units orderIds variant { sku } position { sellable } } } }`
    using stream = await openHttpStream(app.url, { query }, 'text/event-stream', { headers: { authorization } })
    using storefront = await openHttpStream(app.url, { query }, 'text/event-stream')
    const sku = await inSource('wms', async (client) => {
      // A warehouse that lost goods it had given out for picking.
      await client.query('alter table wms_stk drop constraint wms_stk_check')
      const { rows } = await client.query(
        `update wms_stk set qty_alc = qty_avl + 3, upd_ts = now()
         where stk_id = (select min(stk_id) from wms_stk where qty_avl > 0) returning sku_cd`,
      )
      return String(rows[0].sku_cd)
    })
    await until('the shortfall is told', () =>
      stream.text().includes(`"units":3,"orderIds":[],"variant":{"sku":"${sku}"}`),
    )
    await inSource('wms', (client) =>
      client.query('update wms_stk set qty_alc = 0, upd_ts = now() where qty_alc > qty_avl'),
    )
    await until('that it is made good', () => stream.text().includes('"units":null,"orderIds":null'))
    expect(storefront.text()).toContain('FORBIDDEN')
    expect(storefront.text()).not.toContain('"units"')
  })

  it('tells finance how far an order is in the books as the ledger moves, and nobody else', async () => {
    const headersOf = async (who: 'finance' | 'analyst' | 'partner' | 'agent') => ({
      authorization: `Bearer ${await issueToken(app.url, who)}`,
    })
    const headers = await headersOf('finance')
    const number = 'O-1000002'
    const { data } = await app.ask('query ($number: String!) { order(number: $number) { id } }', { number }, headers)
    const query = `subscription ($ids: [ID!], $of: [PostingStatus!]) {
      postingStatusChanged(orderIds: $ids, statuses: $of, initial: SNAPSHOT) {
        ... on PostingSnapshot { order { journalEntries { status } } }
        ... on PostingEvent { from to journalEntry { documentRef reason } order { number } } } }`
    const open = (of: readonly string[] | null, as: Record<string, string>) =>
      openHttpStream(app.url, { query, variables: { ids: [data.order.id], of } }, 'text/event-stream', { headers: as })
    using every = await open(null, headers)
    using posted = await open(['POSTED'], headers)
    await until('both stand at the snapshot', () =>
      [every, posted].every(({ text }) => text().includes('"journalEntries":[{"status":"POSTED"}]')),
    )
    const move = (text: string) => inSource('erp', (client) => client.query(text))
    await move(
      `insert into buchg (belnr, faknr, aufnr, busch, waehr, betrag, erfdat, erfzt, busta)
       select 95000001, 1, '${number}', 'ERLOES', waehr, 12.5, erfdat, erfzt, 'VE' from buchg where aufnr = '${number}'`,
    )
    await until('the entry is told', () => every.text().includes('"from":null,"to":"QUEUED"'))
    await move("update buchg set busta = 'AB', grund = 'Konto gesperrt' where belnr = 95000001")
    await until('why it is refused', () =>
      every.text().includes('"to":"REJECTED","journalEntry":{"documentRef":"1","reason":"Konto gesperrt"}'),
    )
    await move("update buchg set busta = 'BU', grund = null, budat = 20261130, buzt = 90000 where belnr = 95000001")
    const told = `"from":"REJECTED","to":"POSTED","journalEntry":{"documentRef":"1","reason":null},"order":{"number":"${number}"}`
    await until('that it is posted', () => [every, posted].every(({ text }) => text().includes(told)))
    expect(posted.text()).not.toMatch(/"to":"(QUEUED|REJECTED)"/)
    for (const who of ['analyst', 'partner', 'agent'] as const) {
      using refused = await open(null, await headersOf(who))
      await until(`${who} is refused`, () => refused.text().includes('FORBIDDEN'))
      expect(refused.text()).not.toContain('POSTED')
    }
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

  it('tells a storefront that operations took something off sale, without any system saying so', async () => {
    const sku = 'DEMO-0001'
    const { data } = await app.ask('query ($sku: String!) { variant(sku: $sku) { id } }', { sku })
    const query = `subscription ($ids: [ID!]) { availabilityChanged(variantIds: $ids, initial: SNAPSHOT) {
      ... on AvailabilitySnapshot { variant { availability(channelId: "web") { ats } } }
      ... on AvailabilityEvent { variant { availability(channelId: "web") { ats } } } } }`
    const variables = { ids: [data.variant.id] }
    using stream = await openHttpStream(app.url, { query, variables }, 'text/event-stream')
    await until('the snapshot is told', () => stream.text().includes('event: next'))
    expect(stream.text()).not.toContain('"ats":0')
    const exclude = `mutation ($sku: String) { upsertExclusion(input: { idempotencyKey: "recall", scope: { sku: $sku }, reason: "recalled" }) {
      ... on StockRuleChanged { version } } }`
    const headers = { authorization: `Bearer ${await issueToken(app.url, 'admin')}` }
    const answer = await app.ask(exclude, { sku }, headers)
    expect(answer.data.upsertExclusion).toEqual({ version: 1 })
    await until('the storefront is told', () => stream.text().includes('"ats":0'))
  })
})
