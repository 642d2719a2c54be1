import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ordersFigures } from '../../../../subgraphs/orders/figures.ts'
import { staff } from '../../../support/viewers.ts'
import { shipmentData } from '../documents.ts'
import { type Code, type FulfillmentWorld, openFulfillmentWorld } from './world.ts'

let world: FulfillmentWorld
beforeAll(async () => {
  world = await openFulfillmentWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** An order reserved at a location, and what that is to fulfil. */
async function placed(key: string, items: Readonly<Record<string, number>>, code: Code, method = 'SHIP') {
  const orderId = (await world.order(key, items, { locationId: world.locationId(code), method })) ?? ''
  await world.settle()
  const order = await world.live(orderId)
  return { orderId, order, input: { fulfillmentOrderId: order.id, expectedVersion: order.version } }
}

async function confirmationsOf(orderId: string): Promise<unknown> {
  await world.settle()
  const query = `query ($id: ID) { order(id: $id) { fulfillmentOrders { reroute { state
    confirmations { kind state system overdueBySeconds } } } } }`
  return (await world.askOrders(query, { id: orderId })).order.fulfillmentOrders.at(-1).reroute
}

describe('rerouteFulfillmentOrder (K053)', () => {
  it('moves all units, tells the old node before the new one, the customer, and who has not confirmed yet', async () => {
    await world.stock('A', { S1: 5, S2: 3, DC: 9 })
    await world.stock('B', { S1: 5, S2: 9, DC: 4 })
    const { orderId, order, input } = await placed('R-1', { A: 3, B: 2 }, 'S1', 'PICKUP')
    expect(order).toMatchObject({ state: 'OPEN', method: 'PICKUP', lines: [{ quantity: 3 }, { quantity: 2 }] })

    // S2 has all as well, but nothing of A to spare.
    expect(await world.reroute(input)).toMatchObject({
      __typename: 'RerouteFulfillmentOrderSuccess',
      replayed: false,
      reroute: {
        ...{ state: 'MOVED', reason: 'shelf is empty', requestedBy: 'test', attempts: 1 },
        from: { id: order.id, state: 'CANCELLED' },
        to: { state: 'OPEN', location: { id: world.locationId('DC') }, order: { number: 'R-1' } },
        confirmations: [
          { kind: 'RELEASE', state: 'PENDING', location: { id: world.locationId('S1') }, overdueBySeconds: 0 },
          { kind: 'ALLOCATION', state: 'PENDING', location: { id: world.locationId('DC') }, overdueBySeconds: 0 },
        ],
      },
    })
    expect([await world.confirmedAt('A'), await world.confirmedAt('B')]).toEqual([{ DC: 3 }, { DC: 2 }])
    expect(await world.drift()).toEqual([])

    const told = (await world.told(orderId)).filter(
      ({ type }) => !type.includes('routed.v1') || type.includes('rerouted'),
    )
    expect(told.map(({ type, data }) => [type, world.codeOf(String(data.locationId ?? data.fromLocationId))])).toEqual([
      ['retail.fulfillment-order.reroute-requested.v1', 'S1'],
      ['retail.fulfillment-order.cancelled.v1', 'S1'],
      ['retail.fulfillment-order.rerouted.v1', 'DC'],
      ['retail.notification.requested.v1', 'DC'],
    ])
    expect(told[2]?.data).toMatchObject({
      ...{ score: 2, rejectedLocationIds: [world.locationId('S1')], previousFulfillmentOrderId: order.id },
      lines: [{ quantity: 3 }, { quantity: 2 }],
    })
    expect(told[3]?.data).toMatchObject({
      template: 'PICKUP_LOCATION_CHANGED',
      previousLocationId: world.locationId('S1'),
    })

    await world.report('t1', 'R-1', 'DC', 'ACCEPTED')
    expect(await confirmationsOf(orderId)).toMatchObject({
      state: 'MOVED',
      confirmations: [{ state: 'PENDING' }, { state: 'CONFIRMED', system: 'wms-DC', overdueBySeconds: null }],
    })
    await world.report('t0', 'R-1', 'S1', 'CANCELLED')
    expect(await confirmationsOf(orderId)).toMatchObject({
      state: 'CONFIRMED',
      confirmations: [{ state: 'CONFIRMED', system: 'wms-S1' }, { state: 'CONFIRMED' }],
    })
    const timeline = `query ($id: ID) { order(id: $id) { timeline(first: 20) { edges { node { title system } } } } }`
    const { edges } = (await world.askOrders(timeline, { id: orderId })).order.timeline
    const titles = edges.map(
      ({ node }: { node: { title: string; system: string } }) => `${node.title} (${node.system})`,
    )
    expect(titles).toEqual(
      expect.arrayContaining([
        'Another location is looked for (storeloom)',
        'The location is not to fulfil it any more (storeloom)',
        'Another location is to fulfil it (storeloom)',
        'The customer is to be told (storeloom)',
        'Fulfillment order accepted (wms-DC)',
      ]),
    )
  })

  it('tells nobody who is sent the same thing on the same day, and of the day where it is another', async () => {
    await world.stock('D', { S1: 9, S2: 9, S3: 9 })
    const calendar = (code: string, open: boolean) => ({
      location: { namespace: 'location-code', value: code },
      week: Array.from({ length: 7 }, () => (open ? { opens: '00:00', closes: '24:00', cutOff: '24:00' } : null)),
    })
    await world.deliver('fulfillment-calendar', { s3: calendar('S3', false) })
    const { orderId, input } = await placed('R-2', { D: 1 }, 'S1')
    await world.reroute({ ...input, toLocationId: world.locationId('S2') })
    const customer = async () => {
      const told = await world.told(orderId)
      return told
        .filter(({ type }) => /notification|promise/.test(type))
        .map(({ type, data }) => [type, data.template, data.date])
    }
    expect(await customer()).toEqual([])
    const { id, version } = await world.live(orderId)
    await world.reroute({ fulfillmentOrderId: id, expectedVersion: version, toLocationId: world.locationId('S3') })
    expect(await customer()).toEqual([
      ['retail.order.promise-changed.v1', undefined, null],
      ['retail.notification.requested.v1', 'DELIVERY_PROMISE_CHANGED', null],
    ])
  })

  it('asks the next location when the new one refuses as well, and leaves the units there when none can', async () => {
    await world.stock('E', { S1: 4, S2: 9, S3: 6, DC: 1 })
    const { orderId, input } = await placed('R-3', { E: 2 }, 'S1')
    await world.report('e1', 'R-3', 'S1', 'REJECTED', { reason: 'broken' })
    await world.settle()
    const { version } = await world.live(orderId)
    const first = await world.reroute({ ...input, expectedVersion: version, idempotencyKey: 'e' })
    expect(first.reroute).toMatchObject({
      from: { state: 'CLOSED' },
      to: { location: { id: world.locationId('S2') } },
      confirmations: [{ kind: 'RELEASE', state: 'CONFIRMED', system: 'wms-S1' }, { state: 'PENDING' }],
    })
    await world.report('e2', 'R-3', 'S2', 'REJECTED')
    await world.settle()
    expect(await world.confirmedAt('E')).toEqual({ S3: 2 })
    await world.report('e3', 'R-3', 'S3', 'REJECTED')
    await world.settle()
    const last = await world.reroute({ ...input, expectedVersion: version, idempotencyKey: 'e' })
    expect(last).toMatchObject({
      __typename: 'NoLocationCanFulfill',
      code: 'CONFLICT',
      reason: 'NO_LOCATION',
      alternatives: [
        { complete: false, location: { id: world.locationId('DC') }, lines: [{ requested: 2, available: 1 }] },
      ],
      reroute: { state: 'REFUSED', attempts: 3, to: { state: 'REJECTED', location: { id: world.locationId('S3') } } },
    })
    expect(last.reroute.rejectedLocations.map(({ id }: { id: string }) => world.codeOf(id))).toEqual(['S1', 'S2', 'S3'])
    expect(await world.confirmedAt('E')).toEqual({ S3: 2 })
    const { openReroutes } = await world.askOrders('{ openReroutes { id state } }')
    expect(openReroutes).toContainEqual({ id: last.reroute.id, state: 'REFUSED' })
    // People decide: more came to the centre.
    await world.stock('E', { DC: 5 })
    await world.settle()
    const left = await world.live(orderId)
    const again = await world.reroute({ fulfillmentOrderId: left.id, expectedVersion: left.version })
    expect(again.reroute.to).toMatchObject({ location: { id: world.locationId('DC') } })
  })

  it('tells of a location that sends what it was to leave, and of systems that say nothing', async () => {
    await world.stock('F', { S1: 4, S2: 9 })
    const { orderId, input } = await placed('R-4', { F: 1 }, 'S1')
    await world.reroute(input)
    await world.database.query(
      `update orders.reroutes set awaited_since = clock_timestamp() - interval '16 minutes',
         body = jsonb_set(body, '{confirmations,1,since}', to_jsonb(to_char(clock_timestamp() at time zone 'UTC' - interval '16 minutes',
           'YYYY-MM-DD"T"HH24:MI:SS"Z"'))) where order_id = $1`,
      [orderId],
    )
    const figures = await ordersFigures(world.database).read()
    expect(figures.reroutes_unconfirmed_overdue).toBe(1)
    expect(figures.reroutes_refused).toBe(0)
    const shipment = shipmentData({
      ...{ order: { namespace: 'oms', value: 'R-4' }, location: { namespace: 'location-code', value: 'S1' } },
      shippedAt: new Date().toISOString(),
      lines: [],
    })
    await world.deliver('shipment', { f: shipment }, 'wms-S1')
    const reroute = await confirmationsOf(orderId)
    expect(reroute).toMatchObject({
      state: 'MOVED',
      confirmations: [
        { kind: 'RELEASE', state: 'REFUSED', system: 'wms-S1', overdueBySeconds: null },
        { kind: 'ALLOCATION', state: 'PENDING', system: null },
      ],
    })
    const [, waiting] = (reroute as { confirmations: { overdueBySeconds: number }[] }).confirmations
    expect(waiting?.overdueBySeconds).toBeGreaterThanOrEqual(60)
  })

  it('refuses by type, and changes nothing', async () => {
    await world.stock('G', { S1: 4, S2: 3, DC: 9 })
    const { order, input } = await placed('R-5', { G: 4 }, 'S1')
    expect(await world.reroute({ ...input, fulfillmentOrderId: 'ful_none' })).toMatchObject({
      ...{ __typename: 'FulfillmentOrderNotFound', code: 'NOT_FOUND', path: ['input', 'fulfillmentOrderId'] },
    })
    const stranger = { ...staff(['store-associate'], [world.locationId('S2')]), tenant: 'test' }
    expect(await world.reroute(input, stranger)).toMatchObject({ __typename: 'FulfillmentOrderNotFound' })
    expect(await world.reroute({ ...input, expectedVersion: order.version + 1 })).toMatchObject({
      ...{ __typename: 'VersionConflict', currentVersion: order.version },
    })
    await expect(world.reroute({ ...input, reason: '' })).rejects.toThrow(
      'reason has 0 characters, allowed are 1 to 200',
    )
    expect(await world.confirmedAt('G')).toEqual({ S1: 4 })

    const short = await world.reroute({ ...input, toLocationId: world.locationId('S2') })
    expect(short).toMatchObject({
      __typename: 'NoLocationCanFulfill',
      reason: 'TARGET_SHORT',
      reroute: { state: 'REFUSED', to: null },
      alternatives: [
        { complete: true, location: { id: world.locationId('DC') }, lines: [{ requested: 4, available: 9 }] },
        { complete: false, location: { id: world.locationId('S2') }, lines: [{ requested: 4, available: 3 }] },
      ],
    })
    expect(await world.confirmedAt('G')).toEqual({ S1: 4 })
    const own = { ...staff(['store-associate'], [world.locationId('S1')]), tenant: 'test' }
    const after = await world.live(order.orderId)
    const again = { ...input, expectedVersion: after.version }
    expect(await world.reroute({ ...again, toLocationId: 'loc_none' }, own)).toMatchObject({
      reason: 'UNKNOWN_LOCATION',
    })

    const { version } = await world.live(order.orderId)
    const keyed = { ...input, expectedVersion: version, idempotencyKey: 'g' }
    const done = await world.reroute(keyed)
    expect(await world.reroute(keyed)).toMatchObject({ replayed: true, reroute: { id: done.reroute.id } })
    expect(await world.reroute({ ...keyed, reason: 'other' })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
    const over = (await world.fulfillmentOrders(order.orderId))[0]
    expect(await world.reroute({ fulfillmentOrderId: over.id, expectedVersion: over.version })).toMatchObject({
      ...{ __typename: 'FulfillmentOrderNotReroutable', state: 'CANCELLED' },
      allowed: ['OPEN', 'RELEASED', 'ACCEPTED', 'REJECTED', 'SHORT'],
    })
    expect(await world.confirmedAt('G')).toEqual({ DC: 4 })
  })

  it('follows what is released, shipped and moved by hand', async () => {
    await world.stock('H', { S1: 9, S2: 9 })
    const { orderId, order } = await placed('R-6', { H: 5 }, 'S1')
    const reservationId = order.lines[0].reservationId
    const change = async (name: string, input: object, type: string) => {
      await world.mutate(name, JSON.parse(JSON.stringify(input)), type, '')
      await world.settle()
    }
    const items = (quantity: number) => ({ items: [{ reservationId, quantity }] })
    await change('releaseReservation', items(1), 'ReservationUnitsInput')
    await change('consumeReservation', items(1), 'DatedReservationUnitsInput')
    expect(await world.live(orderId)).toMatchObject({ id: order.id, lines: [{ quantity: 3, fulfilled: 1 }] })
    await change('moveReservation', { reservationId, locationId: world.locationId('S2') }, 'MoveReservationInput')
    expect(await world.fulfillmentOrders(orderId)).toMatchObject([
      { id: order.id, state: 'CANCELLED' },
      { state: 'OPEN', locationId: world.locationId('S2'), lines: [{ quantity: 3 }] },
    ])
    await change('consumeReservation', items(3), 'DatedReservationUnitsInput')
    expect((await world.fulfillmentOrders(orderId))[1]).toMatchObject({ state: 'SHIPPED', lines: [{ quantity: 0 }] })
    const types = (await world.told(orderId)).map(({ type }) => type.replace(/^retail\.fulfillment-order\.|\.v1$/g, ''))
    expect(types).toEqual(['routed', 'changed', 'changed', 'cancelled', 'routed', 'shipped'])
  })
})
