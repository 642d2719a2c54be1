import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import { lineData } from '../../orders/documents.ts'
import { type FulfillmentWorld, openFulfillmentWorld } from '../../orders/fulfillment/world.ts'

let world: FulfillmentWorld
beforeAll(async () => {
  world = await openFulfillmentWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

async function placed(key: string, items: Readonly<Record<string, number>>, from = {}): Promise<string> {
  const orderId = await world.order(key, items, from)
  if (orderId === null) throw new Error(`Cannot place ${key}`)
  await world.settle()
  return orderId
}

async function edited(key: string, items: Readonly<Record<string, number>>, more: JsonObject = {}): Promise<void> {
  await world.edit(key, items, more)
  await world.settle()
}

async function shortages(): Promise<unknown> {
  return (await world.askInventory('{ orderShortages { orderId wanted missing } }')).orderShortages
}

/** What the orders subgraph tells, as it may come late. */
async function told(type: string, data: JsonObject & { readonly orderId: string }): Promise<void> {
  const { orderId } = data
  const source = `/tenants/test/orders/late/${orderId}`
  const time = new Date().toISOString()
  const event = { type, source, subject: orderId, time, data, partitionKey: orderId, authority: 'storeloom' }
  await world.database.transaction((transaction) => world.parts.eventLog.append(transaction, [event]))
  world.parts.eventLog.wake()
  await world.settle()
}

/** How often what is kept for an order was changed: held, confirmed, and what came after. */
async function changesOf(orderId: string): Promise<number> {
  const { rows } = await world.database.query<{ changes: number }>(
    'select sum(version)::int as changes from inventory.reservations where order_id = $1',
    [orderId],
  )
  return rows[0]?.changes ?? 0
}

describe('reservations follow what a source makes of an order (K054)', () => {
  it('gives back what is too much once, and keeps what is more where the other units are', async () => {
    await world.stock('A', { S1: 5, S2: 9 })
    const orderId = await placed('D-1', { A: 4 }, { locationId: world.locationId('S1') })
    await edited('D-1', { A: 1 })
    expect(await world.legs(orderId)).toEqual({ A: { confirmed: 1, consumed: 0, released: 3 } })
    await edited('D-1', { A: 1 }, { number: 'D-1b', shipping: '9.90' })
    expect(await changesOf(orderId)).toBe(3)
    await edited('D-1', { A: 5 })
    expect(await world.confirmedAt('A')).toEqual({ S1: 5 })
    await edited('D-1', { A: 7 })
    expect(await world.confirmedAt('A')).toEqual({ S1: 5, S2: 2 })
    const open = (await world.fulfillmentOrders(orderId)).filter(({ state }) => state === 'OPEN')
    const units = open.flatMap(({ lines }) => lines.map(({ quantity }: { quantity: number }) => quantity))
    expect(units.reduce((sum, quantity) => sum + quantity, 0)).toBe(7)
    expect(await world.drift()).toEqual([])
  })

  it('keeps as much as there is of what is more, and tells of the rest until it is seen to', async () => {
    await world.stock('B', { S1: 3 })
    const orderId = await placed('D-2', { B: 2 })
    await edited('D-2', { B: 6 })
    expect(await world.legs(orderId)).toMatchObject({ B: { confirmed: 3 } })
    expect(await shortages()).toEqual([{ orderId, wanted: 6, missing: 3 }])
    expect(await world.parts.inventory.figures?.read()).toMatchObject({ inventory_order_missing_units: 3 })
    // People find two elsewhere, and keep them for it as ever.
    await world.stock('B', { S1: 3, S2: 2 })
    const owner = { kind: 'ORDER', id: orderId }
    const { reservations } = await world.mutate(
      'reserveStock',
      { channelId: 'web', owner, lines: [{ lineId: '1', sku: 'B', quantity: 2 }] },
      'ReserveStockInput',
      '... on ReserveStockSuccess { reservations { id } }',
    )
    const items = [{ reservationId: reservations[0].id }]
    await world.mutate('confirmReservation', { orderId, owner, items }, 'ConfirmReservationInput', '')
    expect(await shortages()).toEqual([{ orderId, wanted: 6, missing: 1 }])
    await edited('D-2', { B: 5 })
    expect(await shortages()).toEqual([])
    expect(await world.legs(orderId)).toMatchObject({ B: { confirmed: 5 } })
  })

  it('misses nothing any more of an order that was delivered, however its units were had', async () => {
    await world.stock('V', { S1: 1 })
    const orderId = await placed('D-11', { V: 1 })
    await edited('D-11', { V: 3 })
    expect(await shortages()).toEqual([{ orderId, wanted: 3, missing: 2 }])
    await edited('D-11', { V: 3 }, { status: 'SHIPPED', statusAt: '2026-02-02T11:00:00Z' })
    expect(await shortages()).toEqual([{ orderId, wanted: 3, missing: 2 }])
    await edited('D-11', { V: 3 }, { status: 'DELIVERED', statusAt: '2026-02-03T11:00:00Z' })
    expect(await shortages()).toEqual([])
    expect(await world.legs(orderId)).toMatchObject({ V: { confirmed: 1 } })
  })

  it('goes on missing what an edit that was asked before it says nothing of, and an order that its source took up again', async () => {
    await world.stock('W', { S1: 2 })
    await world.stock('X', { S1: 2 })
    const orderId = await placed('D-12', { W: 1 })
    await edited('D-12', { W: 4 })
    const short = [{ orderId, wanted: 4, missing: 2 }]
    expect(await shortages()).toEqual(short)
    const after = [{ lineId: 'new', sku: 'X', variantId: null, quantity: 1 }]
    const asked = { before: [], after, pinned: [], editId: 'oed_1', channelId: 'web' }
    await told('retail.order.edit-requested.v1', { orderId, ...asked })
    expect(await world.legs(orderId)).toMatchObject({ W: { confirmed: 2 }, X: { confirmed: 1 } })
    expect(await shortages()).toEqual(short)
    await told('retail.order.public-status-changed.v1', { orderId, from: 'CONFIRMED', to: 'CANCELLED' })
    expect(await shortages()).toEqual(short)
    await edited('D-12', { W: 4 }, { status: 'CANCELLED', statusAt: '2026-02-02T11:00:00Z' })
    expect(await shortages()).toEqual([])
  })

  it('gives back all of a cancelled order but what has left', async () => {
    await world.stock('C', { S1: 9 })
    const orderId = await placed('D-3', { C: 5 })
    const [[reservationId = ''] = []] = await world.reservedFor(orderId)
    const items = [{ reservationId, quantity: 2 }]
    await world.mutate('consumeReservation', { items }, 'DatedReservationUnitsInput', '')
    await edited('D-3', { C: 5 }, { status: 'CANCELLED', statusAt: '2026-02-02T11:00:00Z' })
    expect(await world.legs(orderId)).toEqual({ C: { confirmed: 0, consumed: 2, released: 3 } })
    // What it was kept by another name is given back as well.
    await world.stock('C2', { S1: 4 })
    const other = await placed('D-3b', { C2: 3 })
    const unknown = lineData({ sku: 'Z', variant: { namespace: 'sku', value: 'Z' }, quantity: 1 })
    await world.orderSays('D-3b', [unknown])
    await world.orderSays('D-3b', [unknown], { status: 'CANCELLED', statusAt: '2026-02-02T11:00:00Z' })
    await world.settle()
    expect(await world.legs(other)).toMatchObject({ C2: { confirmed: 0, released: 3 } })
    expect(await world.drift()).toEqual([])
  })

  it('keeps another item, a kit’s parts and a line that is new, and a substitute in the place of what was ordered', async () => {
    for (const sku of ['E', 'F', 'P', 'Q']) await world.stock(sku, { S1: 20 })
    await world.deliver('kit', {
      K: {
        variant: { namespace: 'sku', value: 'K' },
        components: ['P', 'Q'].map((value, at) => ({ variant: { namespace: 'sku', value }, quantity: at + 1 })),
      },
    })
    await world.deliver('catalogue', { K: {} })
    const orderId = await placed('D-4', { E: 2, K: 1 })
    expect(await world.legs(orderId)).toMatchObject({ E: { confirmed: 2 }, P: { confirmed: 1 }, Q: { confirmed: 2 } })
    await edited('D-4', { F: 2, K: 3 })
    expect(await world.legs(orderId)).toMatchObject({
      ...{ E: { confirmed: 0, released: 2 }, F: { confirmed: 2 }, P: { confirmed: 3 }, Q: { confirmed: 6 } },
    })
    await edited('D-4', { F: 2, K: 3, E: 1 })
    expect(await world.legs(orderId)).toMatchObject({ E: { confirmed: 1, released: 2 } })

    await world.stock('G', {})
    await world.deliver('substitution', {
      g: { variant: { namespace: 'sku', value: 'G' }, substitutes: [{ namespace: 'sku', value: 'F' }] },
    })
    await world.orderSays('D-5', [lineData({ sku: 'G', variant: { namespace: 'sku', value: 'G' }, quantity: 3 })])
    const { rows } = await world.database.query<{ id: string }>(
      "select id from connector.natural_keys where namespace = 'oms' and value = 'D-5'",
    )
    const given = rows[0]?.id ?? ''
    const owner = { kind: 'ORDER', id: given }
    const { reservations } = await world.mutate(
      'reserveStock',
      { channelId: 'web', owner, lines: [{ lineId: '1', sku: 'G', quantity: 3, allowSubstitution: true }] },
      'ReserveStockInput',
      '... on ReserveStockSuccess { reservations { id } }',
    )
    const items = reservations.map(({ id }: { id: string }) => ({ reservationId: id }))
    await world.mutate('confirmReservation', { orderId: given, owner, items }, 'ConfirmReservationInput', '')
    await edited('D-5', { G: 1 })
    expect(await world.legs(given)).toEqual({ F: { confirmed: 1, consumed: 0, released: 2 } })
  })

  it('makes up each of a kit that must leave from one place at one place, or not at all', async () => {
    await world.stock('T1', { S1: 2, S2: 5 })
    await world.stock('T2', { S1: 9, S2: 1 })
    await world.deliver('kit', {
      T: {
        variant: { namespace: 'sku', value: 'T' },
        shipTogether: true,
        components: ['T1', 'T2'].map((value) => ({ variant: { namespace: 'sku', value }, quantity: 1 })),
      },
    })
    await world.deliver('catalogue', { T: {} })
    const orderId = await placed('D-10', { T: 1 }, { locationId: world.locationId('S1') })
    await edited('D-10', { T: 4 })
    expect([await world.confirmedAt('T1'), await world.confirmedAt('T2')]).toEqual([
      { S1: 2, S2: 1 },
      { S1: 2, S2: 1 },
    ])
    const missing = (await shortages()) as { orderId: string }[]
    expect(missing.filter((one) => one.orderId === orderId)).toEqual([
      { orderId, wanted: 4, missing: 1 },
      { orderId, wanted: 4, missing: 1 },
    ])
    await edited('D-10', { T: 2 })
    expect(await world.legs(orderId)).toMatchObject({ T1: { confirmed: 2 }, T2: { confirmed: 2 } })
    expect(((await shortages()) as { orderId: string }[]).filter((one) => one.orderId === orderId)).toEqual([])
  })

  it('counts nothing twice of orders, or of lines, whose stock another system commits', async () => {
    await world.stock('H', { S1: 9 })
    await world.stock('I', { S1: 9 })
    await edited('D-6', { H: 1 })
    await edited('D-6', { H: 4 })
    expect(await world.confirmedAt('H')).toEqual({})
    const orderId = await placed('D-7', { H: 2 })
    await edited('D-7', { H: 2, I: 1 })
    expect(await world.confirmedAt('I')).toEqual({ S1: 1 })
    // Of D-8 the order system keeps H itself.
    await edited('D-8', { I: 1, H: 1 })
    const [{ id: other }] = (
      await world.database.query<{ id: string }>(
        "select id from connector.natural_keys where namespace = 'oms' and value = 'D-8'",
      )
    ).rows as [{ id: string }]
    const owner = { kind: 'ORDER', id: other }
    const { reservations } = await world.mutate(
      'reserveStock',
      { channelId: 'web', owner, lines: [{ lineId: '1', sku: 'I', quantity: 1 }] },
      'ReserveStockInput',
      '... on ReserveStockSuccess { reservations { id } }',
    )
    const items = [{ reservationId: reservations[0].id }]
    await world.mutate('confirmReservation', { orderId: other, owner, items }, 'ConfirmReservationInput', '')
    await edited('D-8', { I: 2, H: 5 })
    expect(await world.legs(other)).toMatchObject({ I: { confirmed: 2 } })
    expect([await world.confirmedAt('H'), Object.keys(await world.legs(orderId))]).toEqual([{ S1: 2 }, ['H', 'I']])
  })

  it('leaves what is collected where it is collected', async () => {
    await world.stock('J', { S1: 2, S2: 9 })
    const orderId = await placed('D-9', { J: 1 }, { locationId: world.locationId('S1'), method: 'PICKUP' })
    await edited('D-9', { J: 4 })
    expect(await world.confirmedAt('J')).toEqual({ S1: 2 })
    expect(await shortages()).toEqual([{ orderId, wanted: 4, missing: 2 }])
  })
})
