import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import type { OrderLineContent } from '../../../subgraphs/orders/events.ts'
import type { OrderChange } from '../../../subgraphs/orders/order-change.ts'
import { changeSetOf } from '../../../subgraphs/orders/order-edit.ts'
import { orderTotals } from '../../../subgraphs/orders/order-totals.ts'
import { lineData, orderData } from './documents.ts'
import { startOrders } from './start.ts'

type Content = Parameters<typeof changeSetOf>[0]

const minor = fc.integer({ min: 0, max: 9_999 }).map(String)
const line = (lineId: string): fc.Arbitrary<OrderLineContent> =>
  fc.record({
    lineId: fc.constant(lineId),
    variantId: fc.option(fc.constantFrom('var_1', 'var_2')),
    sku: fc.constantFrom('A', 'B'),
    title: fc.constantFrom('Anorak', null),
    quantity: fc.integer({ min: 1, max: 5 }),
    ...{ unitPriceMinor: minor, discountMinor: minor, taxMinor: minor },
    substitution: fc.constant(null),
    substitutedFor: fc.constant(null),
  })
const content: fc.Arbitrary<Content> = fc.record({
  ...{ orderId: fc.constant('ord_1'), channelId: fc.constant('web'), externalNumber: fc.constant('W-1') },
  ...{ profileId: fc.constant(null), placedAt: fc.constant('2026-02-01T10:00:00.000Z'), refs: fc.constant([]) },
  ...{ acknowledgeBy: fc.constant(null), currency: fc.constant('EUR'), taxIncluded: fc.constant(false) },
  number: fc.constantFrom('R-1', 'R-2'),
  locationId: fc.constantFrom('loc_1', null),
  lines: fc
    .subarray(['1', '2', '3', '4'])
    .chain(
      (ids): fc.Arbitrary<OrderLineContent[]> => (ids.length === 0 ? fc.constant([]) : fc.tuple(...ids.map(line))),
    ),
  shippingMinor: minor,
  shipTo: fc.constant(null),
})

/** What a system makes of it that only knows its own lines. */
function amend(lines: readonly OrderLineContent[], changes: readonly OrderChange[]): ReadonlyMap<string, object> {
  const own = new Map<string, Record<string, unknown>>(lines.map((one) => [one.lineId, factsOf(one)]))
  const set = (lineId: string, facts: object) => own.set(lineId, { ...own.get(lineId), ...facts })
  for (const change of changes) {
    if (change.kind === 'LINE_REMOVED') own.delete(change.lineId)
    else if (change.kind === 'LINE_ADDED') {
      const { lineId, variantId, sku, quantity } = change
      set(lineId, { variantId, sku, quantity })
    } else if (change.kind === 'LINE_QUANTITY_CHANGED') set(change.lineId, { quantity: change.after })
    else if (change.kind === 'LINE_ITEM_CHANGED') set(change.lineId, change.after)
  }
  return own
}

function factsOf({ variantId, sku, quantity }: OrderLineContent): Record<string, unknown> {
  return { variantId, sku, quantity }
}

describe('a change set (K054)', () => {
  it('makes of the lines before it those after it, says what they cost more, and is empty for the same order alone', () => {
    fc.assert(
      fc.property(content, content, (before, after) => {
        const { changes, priceDeltaMinor } = changeSetOf(before, after)
        expect(amend(before.lines, changes)).toEqual(new Map(after.lines.map((one) => [one.lineId, factsOf(one)])))
        expect(BigInt(priceDeltaMinor ?? '')).toBe(orderTotals(after).totalMinor - orderTotals(before).totalMinor)
        expect(changes.length === 0).toBe(JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)))
      }),
    )
  })

  const sorted = (one: Content): Content => ({
    ...one,
    lines: [...one.lines].sort((a, b) => (a.lineId < b.lineId ? -1 : 1)),
  })

  it('is read with what it changed, of every edit that a system made, and again after a rebuild', async () => {
    await using running = await startOrders()
    const deliver = async (data: JsonObject) => {
      await running.deliver('oms', [{ kind: 'order', key: 'o1', data: orderData(data) }])
      await running.drain()
    }
    await deliver({})
    const lines = [
      lineData({ quantity: 2, tax: '3.80' }),
      lineData({ key: '3', sku: 'C-3', quantity: 4, unitPrice: '1.00', discount: null, tax: null }),
    ]
    await deliver({ lines })
    await deliver({ lines, shipTo: { name: 'Ada', line1: '2 Way', city: 'Nice', country: 'FR' }, shipping: '0' })
    const query = `{ order(number: "R-1001") { version edits { id version system priceDelta { amount } changes { __typename
      ... on OrderLineAdded { item { sku } quantity } ... on OrderLineRemoved { item { sku } quantity }
      ... on OrderLineQuantityChanged { previousQuantity quantity } ... on OrderLinePriceChanged { price { tax { amount } } }
      ... on OrderShippingPriceChanged { shipping { amount } } ... on OrderAddressChanged { members } } } } }`
    const edits = [
      {
        ...{ system: 'oms', priceDelta: { amount: '-4.90' } },
        changes: [
          { __typename: 'OrderShippingPriceChanged', shipping: { amount: '0.00' } },
          { __typename: 'OrderAddressChanged', members: ['city', 'line1'] },
        ],
      },
      {
        ...{ system: 'oms', priceDelta: { amount: '-13.30' } },
        changes: [
          { __typename: 'OrderLineRemoved', item: { sku: 'B-2' }, quantity: 1 },
          { __typename: 'OrderLineQuantityChanged', previousQuantity: 3, quantity: 2 },
          { __typename: 'OrderLinePriceChanged', price: { tax: { amount: '3.80' } } },
          { __typename: 'OrderLineAdded', item: { sku: 'C-3' }, quantity: 4 },
        ],
      },
    ]
    const ask = async (text: string, variables: JsonObject = {}) =>
      JSON.parse(JSON.stringify((await running.ask(text, variables)).data))
    const first = await ask(query)
    expect(first.order.edits).toMatchObject(edits)
    expect(first.order.edits[0].version).toBeGreaterThan(first.order.edits[1].version)
    await running.rebuild('orders.orders')
    expect(await ask(query)).toEqual(first)

    const { id } = first.order.edits[1]
    const references = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on OrderEdit { id priceDelta { amount } } } }`
    const r = [id, `${id}0`, 'nothing'].map((one) => ({ __typename: 'OrderEdit', id: one }))
    expect(await ask(references, { r })).toEqual({ _entities: [{ id, priceDelta: { amount: '-13.30' } }, null, null] })
    // Who reads the timeline is not told of addresses either.
    expect((await running.dump('orders.timeline')).join()).not.toContain('Nice')
    const refused = await running.ask('{ order(number: "R-1001") { edits(first: 101) { id } } }')
    expect(refused.errors?.[0]?.message).toContain('first is 101, allowed is 0 to 100')
  })
})
