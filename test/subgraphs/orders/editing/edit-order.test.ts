import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ordersFigures } from '../../../../subgraphs/orders/figures.ts'
import { staff } from '../../../support/viewers.ts'
import { lineData } from '../documents.ts'
import { type EditingWorld, openEditingWorld } from './world.ts'

let world: EditingWorld
beforeAll(async () => {
  world = await openEditingWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

async function placed(key: string, items: Readonly<Record<string, number>>, from = {}) {
  const orderId = (await world.order(key, items, from)) ?? ''
  await world.settle()
  const { version, lines } = await world.read(orderId)
  return { orderId, version, lineOf: (sku: string) => lines[sku]?.id ?? `no line of ${sku}` }
}

const set = (lineId: string, quantity: number) => ({ setQuantity: { lineId, quantity } })
const remove = (lineId: string) => ({ removeLine: { lineId } })
const add = (sku: string, quantity: number) => ({ addLine: { sku, quantity } })

async function toldOf(orderId: string): Promise<readonly string[]> {
  const told = await world.parts.eventLog.readSource(`/tenants/test/orders/order-edits/${orderId}`, 1, 100)
  return told.map(({ type }) => type.replace(/^retail\.order\.|\.v1$/g, ''))
}

describe('editOrder (K054)', () => {
  it('keeps what is more, gives back what is less, and is pending until the channel’s system says so itself', async () => {
    for (const sku of ['A', 'B', 'C']) await world.stock(sku, { S1: 9 })
    const { orderId, version, lineOf } = await placed('E-1', { A: 2, B: 3 })
    const changes = [set(lineOf('A'), 4), remove(lineOf('B')), add('C', 1)]
    const answer = await world.editOrder({ orderId, idempotencyKey: 'e1', changes })
    expect(answer).toMatchObject({
      __typename: 'EditOrderSuccess',
      replayed: false,
      editRequest: {
        ...{ state: 'PENDING', reason: 'changed their mind', requestedBy: 'test', orderVersion: version },
        ...{ system: null, settledAt: null, overdueBySeconds: 0, refusal: null },
        changes: [
          { __typename: 'OrderLineQuantityChanged', lineId: lineOf('A'), previousQuantity: 2, quantity: 4 },
          { __typename: 'OrderLineRemoved', lineId: lineOf('B'), quantity: 3 },
          {
            __typename: 'OrderLineAdded',
            quantity: 1,
            item: { sku: 'C', variant: { id: expect.stringContaining('var_') } },
          },
        ],
      },
    })
    expect(await world.legs(orderId)).toMatchObject({
      A: { confirmed: 4 },
      B: { confirmed: 0, released: 3 },
      C: { confirmed: 1 },
    })
    // Its own word has not changed: the order is as its system says.
    expect((await world.read(orderId)).lines).toMatchObject({ A: { quantity: 2 }, B: { quantity: 3 } })
    expect((await world.editOrder({ orderId, idempotencyKey: 'e1', expectedVersion: version, changes })).replayed).toBe(
      true,
    )
    expect(await ordersFigures(world.database).read()).toMatchObject({ order_edits_unconfirmed: 1 })
    const open = await world.askOrders('{ openEditRequests { order { number } state } }')
    expect(open.openEditRequests).toEqual([{ order: { number: 'E-1' }, state: 'PENDING' }])

    // Taken up in two steps, by a system that names its lines as it likes.
    await world.edit('E-1', { A: 4, B: 3 })
    await world.settle()
    expect(await world.newestEdit(orderId)).toMatchObject({ state: 'PENDING' })
    const named = ({ sku, quantity, key }: { sku: string; quantity: number; key: string }) =>
      lineData({ key, sku, quantity, variant: { namespace: 'sku', value: sku } })
    await world.orderSays('E-1', [
      named({ key: '1', sku: 'A', quantity: 4 }),
      named({ key: 'x9', sku: 'C', quantity: 1 }),
    ])
    await world.settle()
    expect(await world.newestEdit(orderId)).toMatchObject({ state: 'CONFIRMED', system: 'oms', overdueBySeconds: null })
    expect(await world.legs(orderId)).toMatchObject({ A: { confirmed: 4 }, B: { confirmed: 0 }, C: { confirmed: 1 } })
    expect(await toldOf(orderId)).toEqual(['edit-requested', 'edit-proposed', 'edit-confirmed'])
    const timeline = 'query ($id: ID) { order(id: $id) { timeline(first: 20) { edges { node { title system } } } } }'
    const { edges } = (await world.askOrders(timeline, { id: orderId })).order.timeline
    expect(
      edges.map(({ node }: { node: { title: string; system: string } }) => `${node.title} (${node.system})`),
    ).toEqual(
      expect.arrayContaining([
        'A change is asked for (storeloom)',
        'Stock is kept for a change, and systems are told (storeloom)',
        'A change that was asked for was made (oms)',
      ]),
    )
    expect(await world.drift()).toEqual([])
  })

  it('changes nothing where stock is not there for all of it, and says what is missing and where some is', async () => {
    await world.stock('D', { S1: 3, S2: 2 })
    await world.stock('E', { S1: 9 })
    const { orderId, lineOf } = await placed(
      'E-2',
      { D: 1, E: 5 },
      { locationId: world.locationId('S1'), method: 'PICKUP' },
    )
    const answer = await world.editOrder({ orderId, changes: [set(lineOf('E'), 1), set(lineOf('D'), 5)] })
    expect(answer).toMatchObject({
      ...{ __typename: 'EditOrderRefused', code: 'CONFLICT', reason: 'INSUFFICIENT_STOCK' },
      editRequest: { state: 'REFUSED', refusal: { reason: 'INSUFFICIENT_STOCK' } },
      shortfalls: [{ requested: 4, available: 2 }],
    })
    expect(answer.shortfalls[0].alternatives).toEqual([
      { available: 2, location: { id: world.locationId('S1') } },
      { available: 2, location: { id: world.locationId('S2') } },
    ])
    expect(await world.legs(orderId)).toMatchObject({ D: { confirmed: 1 }, E: { confirmed: 5, released: 0 } })
    expect(await world.editOrder({ orderId, changes: [add('NO-SUCH', 1)] })).toMatchObject({
      reason: 'UNKNOWN_VARIANT',
    })
    expect((await world.askOrders('{ openEditRequests { id } }')).openEditRequests).toEqual([])
  })

  it('gives way to what the channel’s system says instead, and reservations follow that', async () => {
    await world.stock('F', { S1: 20 })
    await world.stock('G', { S1: 20 })
    const { orderId, lineOf } = await placed('E-3', { F: 5 })
    await world.editOrder({ orderId, changes: [set(lineOf('F'), 8), add('G', 2)] })
    expect(await world.legs(orderId)).toMatchObject({ F: { confirmed: 8 }, G: { confirmed: 2 } })
    // What it did not ask about is nobody's no.
    await world.edit('E-3', { F: 5 }, { shipping: '7.00' })
    await world.settle()
    expect(await world.newestEdit(orderId)).toMatchObject({ state: 'PENDING' })
    await world.edit('E-3', { F: 6 })
    await world.settle()
    expect(await world.newestEdit(orderId)).toMatchObject({ state: 'SUPERSEDED', system: 'oms' })
    expect(await world.legs(orderId)).toMatchObject({ F: { confirmed: 6 }, G: { confirmed: 0, released: 2 } })

    await world.editOrder({ orderId, changes: [set(lineOf('F'), 7)] })
    await world.edit('E-3', { F: 6 }, { status: 'CANCELLED', statusAt: '2026-02-02T11:00:00Z' })
    await world.settle()
    expect(await world.newestEdit(orderId)).toMatchObject({ state: 'SUPERSEDED' })
    expect(await world.legs(orderId)).toMatchObject({ F: { confirmed: 0 }, G: { confirmed: 0 } })
    expect(await world.editOrder({ orderId, changes: [set(lineOf('F'), 1)] })).toMatchObject({
      __typename: 'OrderNotEditable',
      state: 'CANCELLED',
    })
    expect(await world.drift()).toEqual([])
  })

  it('never takes back what was picked or has left, whoever says so', async () => {
    await world.stock('H', { S1: 9 })
    const { orderId, lineOf } = await placed('E-4', { H: 4 })
    const lines = [
      { state: 'SHIPPED', quantity: 2 },
      { state: 'ALLOCATED', quantity: 2 },
    ]
    await world.orderSays('E-4', [
      lineData({ sku: 'H', variant: { namespace: 'sku', value: 'H' }, quantity: 4, statusCounts: lines }),
    ])
    await world.settle()
    const least = { __typename: 'OrderLineNotEditable', lineId: lineOf('H'), leastQuantity: 2 }
    expect(await world.editOrder({ orderId, changes: [set(lineOf('H'), 1)] })).toMatchObject(least)
    expect(await world.editOrder({ orderId, changes: [remove(lineOf('H'))] })).toMatchObject(least)
    expect(await world.editOrder({ orderId, changes: [set(lineOf('H'), 3)] })).toMatchObject({
      editRequest: { state: 'PENDING' },
    })

    // The order's system has not heard yet that the location picks.
    const other = await placed('E-5', { H: 3 })
    await world.report('t5', 'E-5', 'S1', 'PICKED')
    await world.settle()
    expect(await world.editOrder({ orderId: other.orderId, changes: [set(other.lineOf('H'), 2)] })).toMatchObject({
      ...{ __typename: 'OrderLineNotEditable', leastQuantity: 3 },
    })
    expect(await world.editOrder({ orderId: other.orderId, changes: [set(other.lineOf('H'), 4)] })).toMatchObject({
      editRequest: { state: 'PENDING' },
    })
    expect(await world.legs(other.orderId)).toMatchObject({ H: { confirmed: 4 } })

    // What a location picks of a kit are its parts, which the order does not name.
    await world.stock('M1', { S1: 9 })
    await world.deliver('kit', {
      M: {
        variant: { namespace: 'sku', value: 'M' },
        components: [{ variant: { namespace: 'sku', value: 'M1' }, quantity: 2 }],
      },
    })
    await world.deliver('catalogue', { M: {} })
    const kit = await placed('E-10', { M: 2 })
    await world.report('t10', 'E-10', 'S1', 'PICKED')
    await world.settle()
    const refused = await world.editOrder({ orderId: kit.orderId, changes: [set(kit.lineOf('M'), 1)] })
    expect(refused).toMatchObject({ __typename: 'EditOrderRefused', reason: 'UNITS_GONE' })
    expect(await world.legs(kit.orderId)).toEqual({ M1: { confirmed: 4, consumed: 0, released: 0 } })
  })

  it('has an answer of its own for each thing it cannot do, and one edit of an order at a time', async () => {
    await world.stock('I', { S1: 9 })
    const { orderId, version, lineOf } = await placed('E-6', { I: 2 })
    const [line, ask] = [
      lineOf('I'),
      (changes: readonly object[], more = {}) => world.editOrder({ orderId, changes: [...changes] as never, ...more }),
    ]
    expect(await world.editOrder({ orderId: 'ord_none', changes: [remove(line)] })).toMatchObject({
      __typename: 'OrderNotFound',
    })
    expect(await ask([remove('oln_none')])).toMatchObject({ __typename: 'OrderLineNotFound', lineId: 'oln_none' })
    expect(await ask([set(line, 3)], { expectedVersion: version + 1 })).toMatchObject({
      ...{ __typename: 'VersionConflict', currentVersion: version },
    })
    expect(await ask([set(line, 2)])).toMatchObject({ __typename: 'OrderUnchanged' })
    for (const [changes, index, reason] of [
      [[], null, 'NO_CHANGES'],
      [Array.from({ length: 101 }, (_, at) => add(`S${at}`, 1)), null, 'TOO_MANY_CHANGES'],
      [[set(line, 0)], 0, 'BAD_QUANTITY'],
      [[set(line, 3), add('I', -1)], 1, 'BAD_QUANTITY'],
      [[add('I', 1_000_001)], 0, 'BAD_QUANTITY'],
      [[set(line, 3), remove(line)], 1, 'SAME_LINE_TWICE'],
      [[{ ...set(line, 3), ...remove(line) }], 0, 'NOT_ONE_KIND'],
      [[{}], 0, 'NOT_ONE_KIND'],
      [[add('', 1)], 0, 'BAD_TEXT'],
    ] as const) {
      expect(await ask(changes)).toMatchObject({ __typename: 'InvalidOrderChanges', changes: [{ index, reason }] })
    }
    await expect(ask([set(line, 2 ** 31)])).rejects.toThrow('Int')
    await expect(ask([set(line, 3)], { reason: '' })).rejects.toThrow('reason has 0 characters')
    expect(await world.legs(orderId)).toEqual({ I: { confirmed: 2, consumed: 0, released: 0 } })

    // Ten at once: one begins, and all others hear of it.
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask([set(line, 3)])))
    const begun = answers.filter(({ __typename }) => __typename === 'EditOrderSuccess')
    expect(begun).toHaveLength(1)
    const others = answers.filter((one) => one !== begun[0])
    for (const other of others) {
      expect(other).toMatchObject({ __typename: 'OrderEditUnderWay', editRequest: { id: begun[0].editRequest.id } })
    }
    expect(await world.legs(orderId)).toMatchObject({ I: { confirmed: 3 } })
    const again = await world.editOrder({ orderId, idempotencyKey: 'e6', changes: [set(line, 4)] })
    expect(again.__typename).toBe('OrderEditUnderWay')
    await world.edit('E-6', { I: 3 })
    await world.settle()
    expect(await ask([set(line, 4)], { idempotencyKey: 'e6' })).toMatchObject({ __typename: 'EditOrderSuccess' })
    expect(await ask([set(line, 5)], { idempotencyKey: 'e6' })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
  })

  it('of an order whose stock another system commits keeps nothing here, and is told and confirmed all the same', async () => {
    await world.stock('J', { S1: 9 })
    await world.edit('E-7', { J: 2 })
    const { rows } = await world.database.query<{ id: string }>(
      "select id from connector.natural_keys where namespace = 'oms' and value = 'E-7'",
    )
    const orderId = rows[0]?.id ?? ''
    const line = (await world.read(orderId)).lines.J?.id ?? ''
    expect(await world.editOrder({ orderId, changes: [set(line, 5)] })).toMatchObject({
      editRequest: { state: 'PENDING' },
    })
    expect(await world.confirmedAt('J')).toEqual({})
    await world.edit('E-7', { J: 5 })
    await world.settle()
    expect(await world.newestEdit(orderId)).toMatchObject({ state: 'CONFIRMED' })
  })

  it('is taken back where its channel never takes it up, and what is kept follows what that says', async () => {
    await world.stock('K', { S1: 9 })
    await world.stock('L', { S1: 9 })
    const { orderId, lineOf } = await placed('E-9', { K: 3 })
    const { editRequest } = await world.editOrder({ orderId, changes: [set(lineOf('K'), 1), add('L', 2)] })
    const input = { idempotencyKey: 'w1', editRequestId: editRequest.id }
    expect(await world.withdraw(input)).toMatchObject({
      replayed: false,
      editRequest: { state: 'WITHDRAWN', withdrawal: { reason: 'the shop is closed', withdrawnBy: 'test' } },
    })
    await world.settle()
    expect(await world.legs(orderId)).toMatchObject({ K: { confirmed: 3 }, L: { confirmed: 0, released: 2 } })
    expect(await world.withdraw(input)).toMatchObject({ replayed: true, editRequest: { state: 'WITHDRAWN' } })
    expect(await world.withdraw({ ...input, reason: 'another' })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
    expect(await world.withdraw({ ...input, idempotencyKey: 'w2' })).toMatchObject({
      ...{ __typename: 'OrderEditNotPending', editRequest: { state: 'WITHDRAWN' } },
    })
    expect(await world.withdraw({ editRequestId: 'oed_none' })).toMatchObject({ __typename: 'OrderEditNotFound' })
    expect((await toldOf(orderId)).at(-1)).toBe('edit-withdrawn')
    // The way is free for the next one.
    expect(await world.editOrder({ orderId, changes: [set(lineOf('K'), 2)] })).toMatchObject({
      editRequest: { state: 'PENDING' },
    })
  })

  it('is nothing to who may not see the order', async () => {
    const { orderId, lineOf } = await placed('E-8', { A: 1 })
    const elsewhere = staff(['service-desk'], [], ['nowhere'])
    expect(
      await world.editOrder({ orderId, changes: [set(lineOf('A'), 2)], expectedVersion: 1 }, elsewhere),
    ).toMatchObject({
      __typename: 'OrderNotFound',
    })
  })
})
