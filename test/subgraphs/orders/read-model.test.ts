import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { startOfLog } from '../../../platform/event-log/position.ts'
import { customersProjection, ordersProjection } from '../../../subgraphs/orders/read-model.ts'
import { readOrderIdsByNumber, readOrders } from '../../../subgraphs/orders/reads.ts'
import type { RunningSubgraph } from '../../support/run-subgraph.ts'
import { lineData, orderData, shipmentData } from './documents.ts'
import { linked, money, startOrders } from './start.ts'

let orders: RunningSubgraph
beforeEach(async () => {
  orders = await startOrders()
})
afterEach(() => orders[Symbol.asyncDispose]())

async function orderNumbered(number: string) {
  const [id] = await readOrderIdsByNumber(orders.database, [number])
  const [order] = await readOrders(orders.database, [id ?? ''])
  if (order == null) throw new Error(`Expected an order numbered ${number}`)
  return order
}

const quantities = (counts: readonly { state: string; quantity: number }[]) =>
  Object.fromEntries(counts.map(({ state, quantity }) => [state, quantity]))

const tables = ['orders.orders', 'orders.parts', 'orders.timeline']
const dumpAll = async () =>
  Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await orders.dump(table)])))

async function readLog(): Promise<readonly RecordedEvent[]> {
  return (await orders.eventLog.read({ after: startOfLog, limit: 1_000 })).events
}

async function deliverWholeLife() {
  await orders.deliver('oms', [{ kind: 'order', key: 'o1', data: orderData() }])
  await orders.deliver('wms', [{ kind: 'shipment', key: 's1', data: shipmentData() }])
  await orders.deliver('oms', [
    { kind: 'order', key: 'o1', data: orderData({ status: 'PACKED', statusAt: '2026-02-02T12:00:00Z' }) },
  ])
  await orders.deliver('oms', [
    {
      kind: 'order',
      key: 'o1',
      data: orderData({ status: 'PACKED', statusAt: '2026-02-02T12:00:00Z', number: 'R-9' }),
    },
  ])
  await orders.deliver('wms', [
    { kind: 'shipment', key: 's1', data: shipmentData({ status: 'DELIVERED', deliveredAt: '2026-02-05T09:00:00Z' }) },
  ])
  const [captured] = await readLogOf('retail.order.captured.v1')
  const orderId = String(captured?.data.orderId)
  await orders.append([
    money('payment.captured', 'pay1', orderId, '4200'),
    money('refund.succeeded', 'rfd1', orderId, '100'),
  ])
  await orders.drain()
}

async function readLogOf(type: string) {
  await orders.drain()
  return (await readLog()).filter((event) => event.type === type)
}

describe('the orders read model', () => {
  it('joins what the order and the warehouse say of the same units', async () => {
    await deliverWholeLife()
    const order = await orderNumbered('R-9')
    expect(order.lines.map(({ stateCounts }) => quantities(stateCounts))).toEqual([
      { PACKED: 1, DELIVERED: 2 },
      { DELIVERED: 1 },
    ])
    expect(order).toMatchObject({ state: 'PARTIALLY_DELIVERED', publicStatus: 'ON_ITS_WAY', version: 4 })
    expect(order.shipments).toMatchObject([{ state: 'DELIVERED', deliveredAt: '2026-02-05T09:00:00.000Z' }])
  })

  it('gives the same rows for any order and repetition of deliveries', async () => {
    await deliverWholeLife()
    const expected = await dumpAll()
    const events = (await readLog()).filter(({ type }) => ordersProjection.types.includes(type))
    expect(events.length).toBeGreaterThan(7)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
        fc.integer({ min: 1, max: 6 }),
        async (shuffled, batchSize) => {
          await orders.database.query('TRUNCATE orders.orders, orders.parts, orders.timeline')
          for (let start = 0; start < shuffled.length; start += batchSize) {
            const batch = shuffled.slice(start, start + batchSize)
            await orders.database.transaction((transaction) => ordersProjection.apply(transaction, batch))
          }
          expect(await dumpAll()).toEqual(expected)
        },
      ),
      { numRuns: 12 },
    )
  })

  it('rebuilt from zero has the same rows', async () => {
    await deliverWholeLife()
    const before = await dumpAll()
    expect(before['orders.timeline']?.length).toBeGreaterThan(7)
    await orders.rebuild('orders.orders')
    expect(await dumpAll()).toEqual(before)
  })

  it('never moves back for an older fact, and puts it on the timeline', async () => {
    await orders.deliver('oms', [
      { kind: 'order', key: 'o1', data: orderData({ status: 'SHIPPED', statusAt: '2026-02-04T00:00:00Z' }) },
    ])
    await orders.deliver('oms', [
      { kind: 'order', key: 'o1', data: orderData({ status: 'PICKED', statusAt: '2026-02-03T00:00:00Z' }) },
    ])
    await orders.drain()
    const order = await orderNumbered('R-1001')
    expect(order.state).toBe('SHIPPED')
    expect((await orders.dump('orders.timeline')).length).toBe(3)
  })

  it('keeps counts at the quantity when an edit changes it', async () => {
    await orders.deliver('oms', [{ kind: 'order', key: 'o1', data: orderData({ status: 'PICKED' }) }])
    const lines = [lineData({ quantity: 2 }), lineData({ key: '3', sku: 'C-3', quantity: 4 })]
    await orders.deliver('oms', [{ kind: 'order', key: 'o1', data: orderData({ status: 'PICKED', lines }) }])
    await orders.drain()
    const order = await orderNumbered('R-1001')
    expect(order.lines.map(({ sku, stateCounts }) => [sku, quantities(stateCounts)])).toEqual([
      ['A-1', { PICKED: 2 }],
      ['C-3', { PICKED: 4 }],
    ])
  })

  it('holds a shipment that is told before its order', async () => {
    await orders.deliver('wms', [{ kind: 'shipment', key: 's1', data: shipmentData() }])
    await orders.drain()
    expect((await orders.ask('{ orders { edges { node { id } } } }')).data).toEqual({ orders: { edges: [] } })
    await orders.deliver('oms', [{ kind: 'order', key: 'o1', data: orderData() }])
    await orders.drain()
    expect((await orderNumbered('R-1001')).state).toBe('PARTIALLY_SHIPPED')
  })

  it('is refunded publicly once all that was owed is paid back', async () => {
    await orders.deliver('oms', [{ kind: 'order', key: 'o1', data: orderData({ status: 'RETURNED' }) }])
    await orders.drain()
    const { id } = await orderNumbered('R-1001')
    await orders.append([money('refund.succeeded', 'rfd1', id, '3000')])
    await orders.drain()
    expect((await orderNumbered('R-1001')).publicStatus).toBe('RETURN_RECEIVED')
    await orders.append([money('refund.succeeded', 'rfd2', id, '1400')])
    await orders.drain()
    expect((await orderNumbered('R-1001')).publicStatus).toBe('REFUNDED')
    await orders.append([money('refund.reversed', 'rfd2', id, '1400')])
    await orders.drain()
    expect((await orderNumbered('R-1001')).publicStatus).toBe('RETURN_RECEIVED')
  })

  it('writes a batch of any size with the same number of statements', async () => {
    const documents = Array.from({ length: 40 }, (_, index) => ({
      kind: 'order',
      key: `o${index}`,
      data: orderData({ number: `R-${index}`, externalNumber: `W-${index}` }),
    }))
    await orders.deliver('oms', documents)
    const events = await readLogOf('retail.order.captured.v1')
    const statements = async (batch: readonly RecordedEvent[]) => {
      let count = 0
      await orders.database.transaction((transaction) =>
        ordersProjection.apply(
          {
            ...transaction,
            query(text, values) {
              count += 1
              return transaction.query(text, values)
            },
          },
          batch,
        ),
      )
      return count
    }
    expect(events).toHaveLength(40)
    expect(await statements(events)).toBe(await statements(events.slice(0, 1)))
  })

  it('parks an event that is not what its type promises and goes on with the others', async () => {
    await orders.append([{ ...linked('p1', 'c1'), data: { profileId: 'p1' } }, linked('p2', 'c2')])
    await orders.drain()
    expect(await orders.dump('orders.profile_customers')).toEqual(['(p2,c2,1)'])
    expect(await orders.dump('event_log.dead_letters')).toHaveLength(1)
  })

  it('takes the newest link of a profile, whatever comes last', async () => {
    await orders.append([linked('p1', 'c1')])
    await orders.append([linked('p1', 'c2')])
    await orders.drain()
    const events = await readLogOf('retail.customer.linked.v1')
    await orders.database.transaction((transaction) => customersProjection.apply(transaction, events.slice(0, 1)))
    expect(await orders.dump('orders.profile_customers')).toEqual(['(p1,c2,2)'])
  })
})
