import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apolloAccept, mergePayloads, readParts } from '../support/read-parts.ts'
import { issueToken } from '../support/sign-in.ts'
import { startTestApp, type TestAnswer, type TestApp } from '../support/start-app.ts'

const query = /* GraphQL */ `
  query Storefront($channelId: ID!, $skus: [String!]!) {
    variantsBySku(skus: $skus) {
      sku
      title
      price(channelId: $channelId) { amount { amount currency } }
      availability(channelId: $channelId) { ats status asOf provenance { ageMs staleness } }
    }
  }
`
const skus = Array.from({ length: 20 }, (_, index) => `DEMO-${String(index + 1).padStart(4, '0')}`)

type Shown = { readonly sku: string; readonly availability: { readonly ats: number } }

describe('journey: a storefront asks for 20 variants', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  }, 120_000)
  afterAll(async () => app[Symbol.asyncDispose]())

  it('gets title, price and availability for its channel, with their age', async () => {
    const { data, errors } = await app.ask(query, { channelId: 'web', skus })
    expect(errors).toBeUndefined()
    expect(data.variantsBySku).toHaveLength(20)
    expect(data.variantsBySku.map((variant: { sku: string }) => variant.sku)).toEqual(skus)
    for (const variant of data.variantsBySku) {
      expect(variant.title).not.toBe('')
      expect(variant.price.amount).toMatchObject({ currency: 'EUR', amount: expect.stringMatching(/^\d+\.\d\d$/) })
      expect(variant.availability.ats).toBeGreaterThanOrEqual(0)
      expect(variant.availability.provenance.staleness).toBe('FRESH')
      expect(new Date(variant.availability.asOf).getTime()).toBeGreaterThan(Date.now() - 60_000)
    }
  })

  it('is answered again without a statement to any database', async () => {
    const cost = async () => {
      const before = await statementsForRequests(app)
      await app.ask(query, { channelId: 'web', skus })
      return (await statementsForRequests(app)) - before
    }
    // Usage and keys are looked after now and then by the same pool.
    await expect.poll(cost).toBe(0)
    expect(await statementsForRequests(app)).toBeGreaterThan(0)
  })

  it('shows what somebody reserved in the very next answer, however often the same was given before', async () => {
    const headers = { authorization: `Bearer ${await issueToken(app.url, 'agent')}` }
    const page = `query ($skus: [String!]!) { variantsBySku(skus: $skus) { sku availability(channelId: "web") { ats } } }`
    const read = async (): Promise<readonly Shown[]> =>
      (await app.ask(page, { skus: skus.slice(10, 16) }, headers)).data.variantsBySku
    const again = await counted(app, 'whole_answers_total{event="again"}')
    for (let times = 0; times < 3; times++) await read()
    const before = await read()
    expect(await counted(app, 'whole_answers_total{event="again"}')).toBeGreaterThan(again)
    const reserved = before.find(({ availability }) => availability.ats > 1)
    const { data } = await app.ask(
      `mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { ... on ReserveStockSuccess { reservations { held } } } }`,
      {
        input: {
          ...{ idempotencyKey: 'read next', channelId: 'web', owner: { kind: 'CART', id: 'read next' } },
          lines: [{ lineId: '1', sku: reserved?.sku, quantity: 2 }],
        },
      },
      headers,
    )
    expect(data.reserveStock.reservations).toEqual([{ held: 2 }])
    const now = before.map((shown) =>
      shown === reserved ? { ...shown, availability: { ats: shown.availability.ats - 2 } } : shown,
    )
    expect(await read()).toEqual(now)
  })

  it('gets the products first and availability when it is there, if it asks so', async () => {
    const deferred = query.replace(/availability\(.*\}/, '... @defer(label: "stock") { $& }')
    const variables = { channelId: 'web', skus: skus.slice(0, 3) }
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: apolloAccept },
      body: JSON.stringify({ query: deferred, variables }),
    })
    const payloads = await readParts(response)
    expect(JSON.stringify(payloads[0])).not.toContain('ats')
    expect(payloads[1]?.incremental).toMatchObject(
      [0, 1, 2].map((index) => ({ path: ['variantsBySku', index], label: 'stock', data: { availability: {} } })),
    )
    const whole = await app.ask(query, variables)
    const ageless = (data: unknown) => JSON.stringify(data).replaceAll(/"(ageMs|asOf)":("[^"]*"|\d+)/g, '')
    expect(ageless(mergePayloads(payloads))).toBe(ageless(whole.data))
    expect(payloads[1]?.extensions).toMatchObject({ cost: { actual: whole.extensions.cost.actual } })
  })

  it('gets null for what is unknown, and the rest', async () => {
    const { data } = await app.ask(query, { channelId: 'web', skus: ['DEMO-0001', 'NO-SUCH'] })
    expect(data.variantsBySku[0].sku).toBe('DEMO-0001')
    expect(data.variantsBySku[1]).toBeNull()
  })

  it('gets what the gateway keeps of a variant until the ERP names it otherwise, and then the new title', async () => {
    const read = async () => {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: '{ availability(channelId: "web", items: [{ sku: "DEMO-0003" }]) { variant { title } } }',
          extensions: { entityCache: true },
        }),
      })
      const { data, extensions } = (await response.json()) as TestAnswer
      return [data.availability[0].variant.title, extensions.entityCache.products.hits]
    }
    const [before] = await read()
    expect(await read()).toEqual([before, 1])
    const erp = new pg.Client({ connectionString: app.sourceUrl('erp') })
    await erp.connect()
    await erp.query(`update artst set artbez = 'Renamed' where artnr = 'DEMO-0003'`)
    await erp.end()
    await expect.poll(read, { timeout: 20_000, interval: 50 }).toEqual(['Renamed', 1])
    const metrics = await (await fetch(`${app.url}/metrics`)).text()
    expect(metrics).toMatch(/storeloom_entity_cache_events_total\{event="dropped"\} [1-9]/)
  })
})

async function statementsForRequests(app: TestApp): Promise<number> {
  return await counted(app, 'sql_statements_total{pool="requests"}')
}

async function counted(app: TestApp, series: string): Promise<number> {
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  const line = metrics.split('\n').find((text) => text.startsWith(`storeloom_${series} `))
  return Number(line?.split(' ').at(-1))
}
