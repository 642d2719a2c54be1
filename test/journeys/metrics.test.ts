import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../support/start-app.ts'

const reserve = `mutation { reserveStock(input: { idempotencyKey: "watched", channelId: "web",
  owner: { kind: CART, id: "watched" }, lines: [{ lineId: "1", sku: "DEMO-0002", quantity: 2 }] }) {
  ... on ReserveStockSuccess { reservations { id held } } } }`

describe('journey: an operator watches stock by metrics', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  }, 120_000)
  afterAll(async () => app[Symbol.asyncDispose]())

  const read = async (series: string): Promise<number | null> => {
    const text = await (await fetch(`${app.url}/metrics`)).text()
    const line = text.split('\n').find((one) => one.startsWith(`storeloom_${series} `))
    return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ')))
  }
  const inWarehouse = async (statement: string, ...first: readonly string[]) => {
    const client = new pg.Client({ connectionString: app.sourceUrl('wms') })
    await client.connect()
    try {
      for (const one of first) await client.query(one)
      const { rowCount } = await client.query(statement)
      expect(rowCount).toBe(1)
    } finally {
      await client.end()
    }
  }
  const wait = { timeout: 30_000, interval: 250 }

  it('sees what is held by carts', async () => {
    await expect.poll(() => read('inventory_reserved_units'), wait).toBe(0)
    const { data } = await app.ask(reserve)
    expect(data.reserveStock.reservations).toMatchObject([{ held: 2 }])
    await expect.poll(() => read('inventory_reserved_units'), wait).toBe(2)
    expect(await read('inventory_reserved_overdue_units')).toBe(0)
  }, 60_000)

  it('sees by channel how old its stock is, and how much of it was told too late to sell', async () => {
    await expect.poll(() => read('inventory_age_seconds{channel="web"}'), wait).toBeGreaterThanOrEqual(0)
    expect(await read('inventory_understated_units{channel="web"}')).toBeGreaterThanOrEqual(0)
    expect(await read('inventory_counts{channel="amazon"}')).toBeGreaterThanOrEqual(0)
  }, 60_000)

  it('sees units that were promised and are not there, until they are', async () => {
    await expect.poll(() => read('inventory_short_units'), wait).not.toBeNull()
    const [positions, units] = [await read('inventory_shortfalls'), await read('inventory_short_units')]
    const where = `where sku_cd = 'DEMO-0001' and node_cd = 'DC01'`
    // A warehouse that lost goods it had given out for picking.
    await inWarehouse(
      `update wms_stk set qty_alc = qty_avl + 3, upd_ts = now() ${where}`,
      'alter table wms_stk drop constraint wms_stk_check',
    )
    await expect.poll(() => read('inventory_short_units'), wait).toBe((units ?? 0) + 3)
    expect(await read('inventory_shortfalls')).toBe((positions ?? 0) + 1)
    await inWarehouse(`update wms_stk set qty_alc = 0, upd_ts = now() ${where}`)
    await expect.poll(() => read('inventory_short_units'), wait).toBe(units)
  }, 90_000)

  it('sees how long an event takes to be visible, by read model', async () => {
    const count = 'event_visible_lag_seconds_count{consumer="inventory.ledger"}'
    const before = await read(count)
    expect(before).toBeGreaterThan(0)
    const bound = () => read('event_visible_lag_seconds_bucket{le="10",consumer="inventory.ledger"}')
    const within = (await bound()) ?? 0
    await inWarehouse(
      `update wms_stk set qty_avl = qty_avl + 1, upd_ts = now() where sku_cd = 'DEMO-0003' and node_cd = 'DC01'`,
    )
    await expect.poll(bound, wait).toBeGreaterThan(within)
    expect(await read(count)).toBeGreaterThan(before ?? 0)
  }, 60_000)
})
