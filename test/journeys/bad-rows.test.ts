import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoSystem } from '../../estates/demo/rows.ts'
import { signIn } from '../support/sign-in.ts'
import { startTestApp, type TestApp } from '../support/start-app.ts'

type Letter = { readonly kind: string; readonly field: string | null; readonly reason: string; readonly raw: unknown }

describe('journey: rows of a system of record that make no sense', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  }, 120_000)
  afterAll(async () => app[Symbol.asyncDispose]())

  const inSource = async (system: DemoSystem, ...statements: readonly string[]) => {
    const client = new pg.Client({ connectionString: app.sourceUrl(system) })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  const letters = async (system: DemoSystem): Promise<readonly Letter[]> => {
    const client = new pg.Client({ connectionString: app.environment.DATABASE_URL })
    await client.connect()
    const { rows } = await client.query<Letter>(
      'select kind, field, reason, raw from connector.dead_letters where system = $1 and resolved_at is null',
      [system],
    )
    await client.end()
    return rows
  }
  const price = async (sku: string): Promise<string> => {
    const { data } = await app.ask(
      'query Price($sku: String!) { variantsBySku(skus: [$sku]) { price(channelId: "web") { amount { amount } } } }',
      { sku },
    )
    return data.variantsBySku[0].price.amount.amount
  }
  const waiting = async () => (await fetch(`${app.url}/metrics`)).text()
  const wait = { timeout: 30_000, interval: 100 }

  it('are dead-lettered with reason and raw form and counted, while the rest flows on', async () => {
    const before = await price('DEMO-0001')
    await inSource(
      'erp',
      `update preis set vkprs = -1 where artnr = 'DEMO-0001'`,
      `update preis set vkprs = 123.45, uvp = null where artnr = 'DEMO-0002'`,
    )
    await expect.poll(() => price('DEMO-0002'), wait).toBe('123.45')
    await expect.poll(() => letters('erp'), wait).not.toEqual([])
    const [letter] = await letters('erp')
    expect(letter).toMatchObject({ kind: 'price', field: 'amount', raw: { amount: '-1.00' } })
    expect(letter?.reason).toContain('amount is "-1.00"')
    expect(await price('DEMO-0001')).toBe(before)
    const metrics = await (await fetch(`${app.url}/metrics`)).text()
    expect(metrics).toMatch(/source_documents_total\{system="erp",outcome="dead_lettered"\} [1-9]/)
    await expect.poll(waiting, wait).toMatch(/storeloom_dead_letters\{origin="source",of="erp"\} 1\n/)
  }, 90_000)

  it('are resolved by the next version that makes sense', async () => {
    await inSource('erp', `update preis set vkprs = 77, uvp = null where artnr = 'DEMO-0001'`)
    await expect.poll(() => price('DEMO-0001'), wait).toBe('77.00')
    await expect.poll(() => letters('erp'), wait).toEqual([])
    await expect.poll(waiting, wait).not.toContain('storeloom_dead_letters{origin="source",of="erp"}')
  }, 90_000)

  it('do not hold up other orders when a status is unknown', async () => {
    await inSource(
      'oms',
      `update sales_order set status_code = 33 where order_no = 'O-1000001'`,
      `update sales_order set ship_name = 'Somebody Else' where order_no = 'O-1000002'`,
    )
    await expect.poll(async () => (await letters('oms')).map(({ field }) => field), wait).toEqual(['status'])
    expect((await letters('oms'))[0]?.reason).toContain('status is "33"')
    const asPartner = await signIn(app, 'partner')
    const { data } = await asPartner(
      '{ ordersByExternalNumber(channelId: "amazon", externalNumbers: ["AMZ-1000001"]) { publicStatus } }',
    )
    expect(data.ordersByExternalNumber).toEqual([{ publicStatus: 'DELIVERED' }])
  }, 90_000)
})
