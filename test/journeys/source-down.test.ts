import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestDatabase } from '../support/postgres.ts'
import { startTestApp, type TestApp } from '../support/start-app.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const query = /* GraphQL */ `
  query Stock {
    variantsBySku(skus: ["DEMO-0001"]) {
      title
      availability(channelId: "web") { ats provenance { system ageMs staleness } }
    }
  }
`

describe('journey: a system of record is away', () => {
  let wire: TcpProxy
  let app: TestApp
  beforeAll(async () => {
    const probe = await openTestDatabase()
    const { hostname, port } = new URL(probe.url)
    await probe[Symbol.asyncDispose]()
    wire = await startTcpProxy({ host: hostname, port: Number(port) })
    app = await startTestApp({}, { portOf: { wms: wire.port } })
  }, 120_000)
  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    await wire[Symbol.asyncDispose]()
  })

  const stock = async () => {
    const { data, errors } = await app.ask(query)
    expect(errors).toBeUndefined()
    return data.variantsBySku[0].availability
  }
  const units = async () => (await stock()).ats
  const staleness = async () => (await stock()).provenance.staleness
  /** Past the connector, as the warehouse itself would. */
  const count = async (units: number) => {
    const warehouse = new pg.Client({ connectionString: app.sourceUrl('wms') })
    await warehouse.connect()
    await warehouse.query(`update wms_stk set qty_avl = $1, qty_alc = 0 where sku_cd = 'DEMO-0001'`, [units])
    await warehouse.end()
  }

  it('answers from what it has, tells how old that is, and catches up when the system is back', async () => {
    const before = await stock()
    expect(before.provenance.staleness).toBe('FRESH')
    await wire.down()
    await expect.poll(staleness, { timeout: 30_000, interval: 200 }).not.toBe('FRESH')
    const older = await stock()
    expect(older.ats).toBe(before.ats)
    expect(older.provenance.ageMs).toBeGreaterThan(5_000)
    await count(40)
    await wire.up()
    await expect.poll(units, { timeout: 60_000, interval: 200 }).not.toBe(before.ats)
    await expect.poll(staleness, { timeout: 30_000, interval: 200 }).toBe('FRESH')
  }, 150_000)

  it('starts without it and serves what an earlier start had read', async () => {
    const before = await stock()
    await wire.down()
    await app.restart()
    const ready = await fetch(`${app.url}/health/ready`)
    expect(ready.status).toBe(200)
    expect((await stock()).ats).toBe(before.ats)
    await expect.poll(staleness, { timeout: 30_000, interval: 200 }).not.toBe('FRESH')
    await count(1)
    await wire.up()
    await expect.poll(units, { timeout: 60_000, interval: 200 }).not.toBe(before.ats)
  }, 150_000)
})
