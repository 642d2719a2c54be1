import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shopper, staff } from '../../../support/viewers.ts'
import { openReturnWorld, type ReturnWorld } from './world.ts'

let world: ReturnWorld
beforeAll(async () => {
  world = await openReturnWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

const statesOf = async (id: string) => {
  const { order } = await world.askOrders(
    'query ($id: ID!) { order(id: $id) { state publicStatus lines { stateCounts { state quantity } } returns { rma } } }',
    { id },
  )
  return order
}

describe('a return, step by step', () => {
  it('comes back in parts, at another location than foreseen, and each unit has one place', async () => {
    const { id, lines } = await world.sold('R-1', { A: 3, B: 2 })
    const asked = await world.change('requestReturn', {
      ...{ orderId: id, initiatedVia: 'STORE', deadline: null },
      lines: [
        { lineId: lines.A, quantity: 2, reason: 'WRONG_SIZE' },
        { lineId: lines.B, quantity: 1 },
      ],
    })
    expect(asked).toMatchObject({
      ...{ __typename: 'ReturnSuccess', replayed: false },
      return: {
        ...{ rma: 'R-1-R1', state: 'REQUESTED', initiatedVia: 'STORE', version: 1, refund: 'NOT_DUE' },
        // Back to where it was shipped from, in the country it went to.
        ...{ returnTo: { id: world.locationId('DC') }, crossBorder: false, refundDue: { amount: '0.00' } },
        lines: [
          { quantity: 2, reason: 'WRONG_SIZE', awaited: 2, shippedFrom: [{ id: world.locationId('DC') }] },
          { quantity: 1, reason: 'OTHER', awaited: 1, receipts: [] },
        ],
      },
    })
    const returnId = asked.return.id
    expect(await world.change('authorizeReturn', { returnId, expectedVersion: 1 })).toMatchObject({
      return: { state: 'OPEN', version: 2 },
    })
    const first = await world.change('recordReturnReceipt', {
      ...{ returnId, expectedVersion: 2, locationId: world.locationId('S2') },
      lines: [{ lineId: lines.A, quantity: 1 }],
    })
    expect(first.return).toMatchObject({ state: 'PARTIALLY_RECEIVED', crossBorder: true, refund: 'DUE' })
    const second = await world.change('recordReturnReceipt', {
      ...{ returnId, expectedVersion: 3, locationId: world.locationId('S1') },
      lines: [
        { lineId: lines.A, quantity: 1 },
        { lineId: lines.B, quantity: 1, outcome: 'SHORT' },
      ],
    })
    expect(second.return).toMatchObject({ state: 'RECEIVED', refundDue: { amount: '22.40', currency: 'EUR' } })
    const [receipt] = second.return.lines[0].receipts
    const placed = await world.change('recordReturnDisposition', {
      ...{ returnId, expectedVersion: 4 },
      lines: [{ receiptId: receipt.id, quantity: 1, disposition: 'RESTOCKED' }],
    })
    expect(placed.return.lines[0].receipts).toMatchObject([
      {
        onHold: 0,
        location: { id: world.locationId('S2') },
        dispositions: [{ disposition: 'RESTOCKED', quantity: 1 }],
      },
      { onHold: 1, location: { id: world.locationId('S1') }, dispositions: [] },
    ])
    await world.settle()
    expect(await statesOf(id)).toEqual({
      ...{ state: 'PARTIALLY_RETURNED', publicStatus: expect.any(String), returns: [{ rma: 'R-1-R1' }] },
      lines: [
        {
          stateCounts: [
            { state: 'DELIVERED', quantity: 1 },
            { state: 'RETURNED', quantity: 2 },
          ],
        },
        { stateCounts: [{ state: 'DELIVERED', quantity: 2 }] },
      ],
    })
    const told = await world.toldOf(returnId)
    expect(told.map(({ type }) => type.replace(/^retail\.|\.v1$/g, ''))).toEqual([
      'return.requested',
      'return.authorized',
      'notification.requested',
      'return.receipt-recorded',
      'notification.requested',
      'return.receipt-recorded',
      'notification.requested',
      'return.disposition-recorded',
    ])
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, at) => at + 1))
    const { order } = await world.askOrders(
      'query ($id: ID!) { order(id: $id) { timeline(first: 50) { edges { node { kind } } } } }',
      { id },
    )
    const kinds = order.timeline.edges.map(({ node }: { node: { kind: string } }) => node.kind)
    expect(kinds).toEqual(expect.arrayContaining(['return.requested', 'return.receipt-recorded']))
  })

  it('answers what its state does not allow with what it does', async () => {
    const { id, lines } = await world.sold('R-2', { A: 2 })
    const asked = await world.change('requestReturn', { orderId: id, lines: [{ lineId: lines.A, quantity: 2 }] })
    const returnId = asked.return.id
    const receive = (expectedVersion: number, quantity = 1) =>
      world.change('recordReturnReceipt', {
        ...{ returnId, expectedVersion, locationId: world.locationId('S1'), lines: [{ lineId: lines.A, quantity }] },
      })
    expect(await receive(1)).toMatchObject({
      ...{ __typename: 'ReturnNotAllowed', state: 'REQUESTED', allowed: ['AUTHORIZE', 'DECLINE', 'CANCEL'] },
    })
    expect(await world.change('authorizeReturn', { returnId, expectedVersion: 7 })).toMatchObject({
      ...{ __typename: 'VersionConflict', currentVersion: 1 },
    })
    await world.change('authorizeReturn', { returnId, expectedVersion: 1 })
    expect(await receive(2, 3)).toMatchObject({
      ...{ __typename: 'ReturnQuantityExceeded', limits: [{ id: lines.A, requested: 3, allowed: 2 }] },
    })
    const { return: received } = await receive(2)
    expect(await world.change('cancelReturn', { returnId, expectedVersion: 3 })).toMatchObject({
      ...{ __typename: 'ReturnNotAllowed', state: 'PARTIALLY_RECEIVED', allowed: ['RECEIVE', 'DISPOSE'] },
    })
    const { id: receiptId } = received.lines[0].receipts[0]
    const dispose = (expectedVersion: number) =>
      world.change('recordReturnDisposition', {
        ...{ returnId, expectedVersion, lines: [{ receiptId, quantity: 1, disposition: 'DAMAGED' }] },
      })
    expect(await dispose(3)).toMatchObject({ return: { version: 4 } })
    expect(await dispose(4)).toMatchObject({
      ...{ __typename: 'ReturnQuantityExceeded', limits: [{ id: receiptId, requested: 1, allowed: 0 }] },
    })
    const nowhere = { returnId, expectedVersion: 4, lines: [{ lineId: lines.A, quantity: 1 }], locationId: 'loc_none' }
    expect(await world.change('recordReturnReceipt', nowhere)).toMatchObject({
      ...{ __typename: 'ReturnNotFound', path: ['input', 'locationId'] },
    })
  })

  it('is done once for a key, and another body of the key is refused', async () => {
    const { id, lines } = await world.sold('R-3', { A: 2 })
    const input = { idempotencyKey: 'twice', orderId: id, lines: [{ lineId: lines.A, quantity: 1 }] }
    const first = await world.change('requestReturn', input)
    const again = await world.change('requestReturn', input)
    expect([again.replayed, again.return.id]).toEqual([true, first.return.id])
    const other = { ...input, lines: [{ lineId: lines.A, quantity: 2 }] }
    expect((await world.change('requestReturn', other)).__typename).toBe('IdempotencyKeyReused')
    expect((await statesOf(id)).returns).toEqual([{ rma: 'R-3-R1' }])
  })

  it.each([
    [{ lines: [] }, 'lines'],
    [{ lines: [{ lineId: 'x', quantity: 0 }] }, 'lines.0.quantity'],
    [
      {
        lines: [
          { lineId: 'x', quantity: 1 },
          { lineId: 'x', quantity: 1 },
        ],
      },
      'lines',
    ],
    [{ lines: [{ lineId: 'x', quantity: 1 }], deadline: '2020-01-01' }, 'deadline'],
    [{ lines: [{ lineId: 'x', quantity: 1 }], idempotencyKey: '' }, 'idempotencyKey'],
  ])('refuses what cannot be read: %j', async (wrong, argument) => {
    const asked = world.change('requestReturn', { orderId: 'none', ...wrong })
    await expect(asked).rejects.toThrow(new RegExp(`${argument} (is|has) .*, allowed (is|are) `))
  })
})

describe('who may', () => {
  it('ask: the shopper whose order it is; decide: staff; receive: the store it comes to', async () => {
    const { id, lines } = await world.sold('R-4', { A: 2 })
    const input = { orderId: id, lines: [{ lineId: lines.A, quantity: 1 }], returnToLocationId: world.locationId('S2') }
    expect(await world.change('requestReturn', input, shopperOf('cus_other'))).toMatchObject({
      ...{ __typename: 'ReturnNotFound', path: ['input', 'orderId'] },
    })
    const { return: asked } = await world.change('requestReturn', input)
    const clerk = (code: 'S2' | 'S3') => ({ ...staff(['store-associate'], [world.locationId(code)]), tenant: 'test' })
    expect(await world.return(asked.id, shopperOf('cus_other'))).toBeNull()
    expect(await world.return(asked.id, clerk('S3'))).toBeNull()
    expect((await world.return(asked.id, clerk('S2'))).rma).toBe('R-4-R1')
    await world.change('authorizeReturn', { returnId: asked.id, expectedVersion: 1 }, clerk('S2'))
    const receipt = { returnId: asked.id, expectedVersion: 2, lines: [{ lineId: lines.A, quantity: 1 }] }
    const at = (code: 'S2' | 'S3') => ({ ...receipt, locationId: world.locationId(code) })
    expect(await world.change('recordReturnReceipt', at('S3'), clerk('S2'))).toMatchObject({
      ...{ __typename: 'ReturnNotFound', path: ['input', 'locationId'] },
    })
    expect((await world.change('recordReturnReceipt', at('S2'), clerk('S2'))).return.state).toBe('RECEIVED')
  })

  it('of a shopper only what is told online', async () => {
    const asked = { orderId: 'x', lines: [{ lineId: 'x', quantity: 1 }], initiatedVia: 'STORE' }
    await expect(world.change('requestReturn', asked, shopperOf('cus_1'))).rejects.toThrow(/initiatedVia is STORE/)
  })
})

function shopperOf(customerId: string) {
  return { ...shopper(customerId), tenant: 'test' }
}
