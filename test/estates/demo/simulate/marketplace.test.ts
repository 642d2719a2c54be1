import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../../../estates/demo/random.ts'
import { acknowledge, feedStock } from '../../../../estates/demo/simulate/marketplace.ts'
import { readOrder } from '../../../../estates/demo/simulate/order.ts'
import type { Trade } from '../../../../estates/demo/simulate/sources.ts'
import { openTestEstate, readDocuments, referenceTime, type TestEstate } from '../estate.ts'

describe('what the order system tells Amazon', () => {
  let estate: TestEstate
  let trade: Trade
  beforeAll(async () => {
    estate = await openTestEstate()
    const { databases } = estate
    trade = { databases, random: createRandom(7, 1, 1), now: () => referenceTime, pause: async () => {} }
  }, 120_000)
  afterAll(() => estate[Symbol.asyncDispose]())

  const acknowledged = async (orderNo: string) =>
    (await readDocuments(estate.databases, 'oms', 'channel-acknowledgement'))
      .map(({ data }) => data as { order: { value: string }; lines: readonly object[] })
      .filter(({ order }) => order.value === orderNo)
      .map(({ lines }) => lines)

  it('is told of each line once, in as many parts as it is told in', async () => {
    const { oms } = estate.databases
    const { rows } = await oms.query(
      `select order_id::int, order_no from sales_order join sales_order_line using (order_id)
       where channel_code = 'AMZ' group by 1, 2 having count(*) >= 2 order by 1 limit 1`,
    )
    const [id, orderNo] = [Number(rows[0]?.order_id), String(rows[0]?.order_no)]
    const order = await readOrder(oms, id)
    if (order === null) throw new TypeError('Cannot test: no order of Amazon has two lines')
    await oms.query('delete from market_ack_line where ack_id in (select ack_id from market_ack where order_id = $1)', [
      id,
    ])
    await oms.query('delete from market_ack where order_id = $1', [id])
    await acknowledge(trade, order, { lines: 1, reason: null })
    const [first] = order.lines
    const told = { lineKey: '1', acknowledged: first?.quantity, rejected: 0, reason: null }
    expect(await acknowledged(orderNo)).toEqual([[told]])
    for (let at = 0; at < 2; at += 1) await acknowledge(trade, order, { lines: null, reason: 'CANCELLED' })
    const rest = order.lines.slice(1).map(({ lineNo, quantity }) => ({
      ...{ lineKey: `${lineNo}`, acknowledged: 0, rejected: quantity, reason: 'CANCELLED' },
    }))
    expect(await acknowledged(orderNo)).toEqual([[told], rest])
    await acknowledge(trade, { ...order, channel: 'WEB' }, { lines: null, reason: null })
    expect(await acknowledged(orderNo)).toHaveLength(2)
  })

  it('is its stock, which it confirms before more is sent', async () => {
    const open = async () =>
      (await readDocuments(estate.databases, 'oms', 'channel-feed')).filter(
        ({ data }) => (data as { confirmedAt: string | null }).confirmedAt === null,
      ).length
    expect(await open()).toBe(1)
    expect(await feedStock(trade)).toBe('feed 25 confirmed')
    expect(await open()).toBe(0)
    expect(await feedStock(trade)).toBe('feed 700001 sent')
    expect(await open()).toBe(1)
  })
})
