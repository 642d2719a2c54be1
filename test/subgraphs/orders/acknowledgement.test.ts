import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { acknowledgedOf } from '../../../subgraphs/orders/acknowledgement.ts'
import { noFacts, type OrderFacts } from '../../../subgraphs/orders/order-facts.ts'
import type { RunningSubgraph } from '../../support/run-subgraph.ts'
import { lineData, orderData } from './documents.ts'
import { startOrders } from './start.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

let running: RunningSubgraph
beforeAll(async () => {
  running = await startOrders()
})
afterAll(() => running[Symbol.asyncDispose]())

async function deliver(kind: string, key: string, data: JsonObject): Promise<void> {
  await running.deliver(kind === 'order' ? 'oms' : 'amazon', [{ kind, key, data }])
  await running.drain()
}

const acknowledge = (key: string, order: string, lines: readonly JsonObject[], more: JsonObject = {}) =>
  deliver('channel-acknowledgement', key, {
    order: { namespace: 'oms', value: order },
    acknowledgedAt: '2026-02-01T12:00:00Z',
    lines,
    ...more,
  })

const fields = `ackDeadline version acknowledgement { state acknowledgedAt lateBySeconds }
  lines { sku acknowledgement { state acknowledged rejected pending reason } }
  timeline(first: 20) { edges { node { kind title system detail } } }`

async function read(number: string): Promise<Answer> {
  const { data, errors }: Answer = await running.ask(`{ order(number: "${number}") { ${fields} } }`)
  expect(errors).toBeUndefined()
  return data.order
}

describe('what a marketplace was told of an order (K186)', () => {
  it('is shown per line, a partial acknowledgement as such, with its deadline and lateness', async () => {
    await deliver(
      'order',
      'p1',
      orderData({ number: 'P-1', channelId: 'amazon', acknowledgeBy: '2026-02-01T14:00:00Z' }),
    )
    const pending = await read('P-1')
    expect(pending).toMatchObject({
      ackDeadline: '2026-02-01T14:00:00.000Z',
      acknowledgement: { state: 'PENDING', acknowledgedAt: null },
      lines: [
        { acknowledgement: { state: 'PENDING', acknowledged: 0, rejected: 0, pending: 3 } },
        { acknowledgement: { state: 'PENDING', pending: 1 } },
      ],
    })
    // Nobody told the channel in time, so it grows later by the day.
    expect(pending.acknowledgement.lateBySeconds).toBeGreaterThan(86_400)

    await acknowledge('a1', 'p1', [{ lineKey: '1', acknowledged: 2, rejected: 1, reason: 'damaged' }])
    expect(await read('P-1')).toMatchObject({
      acknowledgement: { state: 'PARTIALLY_ACKNOWLEDGED', acknowledgedAt: '2026-02-01T12:00:00.000Z' },
      lines: [
        {
          acknowledgement: {
            state: 'PARTIALLY_ACKNOWLEDGED',
            acknowledged: 2,
            rejected: 1,
            pending: 0,
            reason: 'damaged',
          },
        },
        { acknowledgement: { state: 'PENDING', pending: 1, reason: null } },
      ],
    })
    await acknowledge('a2', 'p1', [{ lineKey: '2', acknowledged: 1 }], { acknowledgedAt: '2026-02-01T14:00:30Z' })
    const done = await read('P-1')
    expect(done.acknowledgement).toEqual({
      ...{ state: 'PARTIALLY_ACKNOWLEDGED', acknowledgedAt: '2026-02-01T14:00:30.000Z', lateBySeconds: 30 },
    })
    expect(done.lines[1].acknowledgement).toMatchObject({ state: 'ACKNOWLEDGED', pending: 0 })
    expect(done.version).toBeGreaterThan(pending.version)
    const told = done.timeline.edges.filter(({ node }: Answer) => node.kind === 'order.channel-acknowledged')
    expect(told.map(({ node }: Answer) => [node.title, node.system, node.detail.lines.length])).toEqual([
      ['Acknowledged to the channel', 'amazon', 1],
      ['Acknowledged to the channel', 'amazon', 1],
    ])
  })

  it('is the newest word on each acknowledgement, and may come before the order itself', async () => {
    const deadline = '2026-02-01T14:00:00Z'
    await acknowledge('b1', 'p2', [{ lineKey: '1', rejected: 3, reason: 'gone' }], { deadline })
    await acknowledge(
      'b1',
      'p2',
      [
        { lineKey: '1', acknowledged: 3 },
        { lineKey: '2', acknowledged: 1 },
      ],
      { deadline },
    )
    await deliver('order', 'p2', orderData({ number: 'P-2', channelId: 'amazon' }))
    expect(await read('P-2')).toMatchObject({
      ackDeadline: '2026-02-01T14:00:00.000Z',
      acknowledgement: { state: 'ACKNOWLEDGED', lateBySeconds: 0 },
      lines: [{ acknowledgement: { state: 'ACKNOWLEDGED', reason: null } }, { acknowledgement: { acknowledged: 1 } }],
    })
    const before = await running.dump('orders.orders')
    await running.rebuild('orders.orders')
    expect(await running.dump('orders.orders')).toEqual(before)
  })

  it('is nothing where a channel asks for nothing', async () => {
    await deliver('order', 'p3', orderData({ number: 'P-3' }))
    expect(await read('P-3')).toMatchObject({
      ...{ ackDeadline: null, acknowledgement: null },
      lines: [{ acknowledgement: null }, { acknowledgement: null }],
    })
  })

  it('adds up to the units of each line, in whatever order and however often it is told (I8, I9)', () => {
    const line = fc.record({
      lineId: fc.constantFrom('1', '2', 'gone'),
      acknowledged: fc.nat({ max: 5 }),
      rejected: fc.nat({ max: 5 }),
    })
    const acks = fc.array(
      fc.record({ lines: fc.array(line, { minLength: 1, maxLength: 3 }), at: fc.nat({ max: 3 }) }),
      {
        maxLength: 5,
      },
    )
    fc.assert(
      fc.property(acks, fc.infiniteStream(fc.nat()), (told, seeds) => {
        const facts = told.map(({ lines, at }, id) => ({
          ...{ id: `${id}`, sequence: id + 1, at: `2026-02-01T1${at}:00:00.000Z`, receivedAt: '', deadline: null },
          lines: lines.map((each) => ({ ...each, reason: null })),
        }))
        const shuffled = facts
          .map((fact) => ({ fact, at: seeds.next().value }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ fact }) => fact)
        const whole = acknowledgedOf({ ...order, acknowledgements: facts })
        expect(acknowledgedOf({ ...order, acknowledgements: shuffled })).toEqual(whole)
        for (const [id, quantity] of [
          ['1', 3],
          ['2', 1],
        ] as const) {
          const { acknowledged = 0, rejected = 0, pending = 0, state } = whole.lines.get(id) ?? {}
          if (told.length > 0) expect(acknowledged + rejected + pending).toBe(quantity)
          if (state === 'ACKNOWLEDGED') expect([acknowledged, rejected, pending]).toEqual([quantity, 0, 0])
          if (state === 'REJECTED') expect([acknowledged, rejected, pending]).toEqual([0, quantity, 0])
          if (state === 'PENDING') expect(pending).toBe(quantity)
        }
      }),
      { numRuns: 500 },
    )
  })
})

const common = { variantId: null, sku: 's', title: null, unitPriceMinor: '1', discountMinor: '0', taxMinor: '0' }
const other = { ...common, substitution: null, substitutedFor: null }
const order: OrderFacts = {
  ...noFacts,
  content: {
    ...{ sequence: 1, orderId: 'o', number: 'n', channelId: 'amazon', externalNumber: 'x', profileId: null },
    ...{ locationId: null, placedAt: '', acknowledgeBy: null, currency: 'EUR', taxIncluded: true, shippingMinor: '0' },
    ...{ shipTo: null, refs: [], origin: { system: 'oms', occurredAt: null, receivedAt: '' } },
    lines: [
      { ...other, lineId: '1', quantity: 3 },
      { ...other, lineId: '2', quantity: 1 },
    ],
  },
}

describe('a line that is given as another item (K050)', () => {
  it('tells what was ordered, whether that was allowed, and when it came to be', async () => {
    const lines = (more: JsonObject) => [
      lineData({ substitution: 'ALLOWED', ...more }),
      lineData({ key: '2', sku: 'B' }),
    ]
    await deliver('order', 's1', orderData({ number: 'S-1', lines: lines({}) }))
    const substituteFor = { variant: { namespace: 'sku', value: 'A-1' }, sku: 'A-1' }
    const given = { sku: 'C-3', variant: { namespace: 'sku', value: 'C-3' }, substituteFor }
    await deliver('order', 's1', orderData({ number: 'S-1', lines: lines(given) }))
    await deliver('order', 's1', orderData({ number: 'S-1', lines: lines({ ...given, unitPrice: '9.00' }) }))
    const { data }: Answer = await running.ask(`{ order(number: "S-1") {
      lines { sku variant { id } substitution substitutedFor { sku variant { id } } }
      timeline(first: 20) { edges { node { kind title detail } } } } }`)
    expect(data.order.lines).toEqual([
      {
        sku: 'C-3',
        variant: { id: expect.any(String) },
        substitution: 'ALLOWED',
        substitutedFor: { sku: 'A-1', variant: { id: expect.any(String) } },
      },
      { sku: 'B', variant: { id: expect.any(String) }, substitution: null, substitutedFor: null },
    ])
    const told = data.order.timeline.edges.filter(({ node }: Answer) => node.kind === 'order.line-substituted')
    expect(told).toHaveLength(1)
    expect(told[0].node).toMatchObject({
      title: 'Line given as another item',
      detail: { quantity: 3, ordered: { sku: 'A-1' }, given: { sku: 'C-3' } },
    })
  })
})
