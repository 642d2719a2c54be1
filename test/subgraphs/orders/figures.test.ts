import { expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { ordersFigures } from '../../../subgraphs/orders/figures.ts'
import { orderData } from './documents.ts'
import { startOrders } from './start.ts'

it('figures tell by channel how timely it is told of its orders (K161)', async () => {
  await using running = await startOrders()
  const base = Date.now()
  const at = (hours: number) => new Date(base + hours * 3_600_000).toISOString()
  const deliver = async (kind: string, key: string, data: JsonObject) => {
    await running.deliver('oms', [{ kind, key, data }])
  }
  const order = (key: string, channelId: string, acknowledgeBy: string | null) =>
    deliver('order', key, orderData({ number: key, externalNumber: key, channelId, acknowledgeBy }))
  const acknowledge = (key: string, acknowledgedAt: string, lineKeys: readonly string[]) =>
    deliver('channel-acknowledgement', `${key} ${lineKeys.join()}`, {
      ...{ order: { namespace: 'oms', value: key }, acknowledgedAt },
      lines: lineKeys.map((lineKey) => ({ lineKey, acknowledged: lineKey === '1' ? 3 : 1 })),
    })
  await order('waits', 'amazon', at(3))
  await order('partly', 'amazon', at(-1))
  await acknowledge('partly', at(-2), ['1'])
  await order('in-time', 'amazon', at(-1))
  await acknowledge('in-time', at(-2), ['1', '2'])
  await order('late', 'walmart', at(-3))
  await acknowledge('late', at(-2), ['1', '2'])
  await order('forgotten', 'walmart', at(-24 * 8))
  await order('asks-nothing', 'web', null)
  await running.drain()

  const figures = await ordersFigures(running.database).read()
  const of = (name: string) => {
    const figure = figures[name]
    return typeof figure === 'object'
      ? Object.fromEntries(figure.map(({ labels, value }) => [labels.channel, value]))
      : {}
  }
  expect(of('orders_unacknowledged')).toEqual({ amazon: 2, walmart: 0 })
  expect(of('orders_unacknowledged_overdue')).toEqual({ amazon: 1, walmart: 0 })
  expect(of('orders_acknowledged')).toEqual({ amazon: 1, walmart: 1 })
  expect(of('orders_acknowledged_late')).toEqual({ amazon: 0, walmart: 1 })
})
