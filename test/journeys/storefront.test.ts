import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../support/start-app.ts'

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

  it('gets null for what is unknown, and the rest', async () => {
    const { data } = await app.ask(query, { channelId: 'web', skus: ['DEMO-0001', 'NO-SUCH'] })
    expect(data.variantsBySku[0].sku).toBe('DEMO-0001')
    expect(data.variantsBySku[1]).toBeNull()
  })
})

async function statementsForRequests(app: TestApp): Promise<number> {
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  return Number(/sql_statements_total\{pool="requests"\} (\d+)/.exec(metrics)?.[1])
}
