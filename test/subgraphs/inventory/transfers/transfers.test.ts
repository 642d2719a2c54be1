import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { service, staff } from '../../../support/viewers.ts'
import { openReservationWorld, type ReservationWorld } from '../reservations/world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

let shop: ReservationWorld
let keys = 0
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 10, S1: 3 })
})
afterEach(() => shop[Symbol.asyncDispose]())

const wms: Viewer = { ...service, tenant: 'test' }

const fields = `id state version closedAt from { code } to { code }
  lines { lineId dispatched inTransit received damaged lost }`

async function send(name: string, input: Readonly<Record<string, unknown>>, viewer: Viewer): Promise<Answer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
  const refusals =
    name === 'startTransfer'
      ? '... on InsufficientStock { shortfalls { requested available alternatives { available location { code } } } }'
      : '... on TransferClosed { state } ... on TransferUnitsMissing { lineId requested inTransit }'
  const { data, errors }: Answer = await shop.world.tryToAsk(
    `mutation ($input: ${type}!) { answer: ${name}(input: $input) {
      __typename ... on DomainError { code message path } ... on InvalidLines { lines { lineId reason } }
      ... on TransferSuccess { replayed transfer { ${fields} } } ${refusals} } }`,
    { input: { idempotencyKey: `transfer-${++keys}`, ...input } },
    viewer,
  )
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data.answer
}

async function start(quantity: number, more: Readonly<Record<string, unknown>> = {}, viewer = wms): Promise<Answer> {
  const [fromLocationId, toLocationId] = [await shop.locationId('DC1'), await shop.locationId('S1')]
  const lines = [{ lineId: '1', sku: 'A', quantity }]
  return await send('startTransfer', { fromLocationId, toLocationId, lines, ...more }, viewer)
}

const receive = (
  transferId: string,
  received: number,
  more: Readonly<Record<string, unknown>> = {},
  viewer = wms,
): Promise<Answer> => send('receiveTransfer', { transferId, lines: [{ lineId: '1', received }], ...more }, viewer)

async function sellable(): Promise<Readonly<Record<string, number>>> {
  const { rows } = await shop.world.database.query<{ code: string; sellable: number }>(
    'select code, sellable from inventory.positions join inventory.locations on id = location_id order by code',
  )
  return Object.fromEntries(rows.map((row) => [row.code, row.sellable]))
}

async function eventTypes(): Promise<readonly string[]> {
  return (await shop.world.events()).map(({ type }) => type.replace(/^retail\.inventory\.|\.v1$/g, ''))
}

async function eventCount(): Promise<number> {
  const { rows } = await shop.world.database.query<{ count: bigint }>('select count(*) from event_log.events')
  return Number(rows[0]?.count)
}

const unreceived = async (): Promise<Answer> =>
  ((await shop.world.ask('{ unreceivedTransfers { id dispatched received } }')) as Answer).unreceivedTransfers

describe('a transfer (K055)', () => {
  it('is shipped, is in transit, and is received in parts, the last of which tells what is lost', async () => {
    const { transfer } = await start(6, { dispatchedAt: '2026-10-01T11:59:30.000Z' })
    const line = { lineId: '1', dispatched: 6, inTransit: 6, received: 0, damaged: 0, lost: 0 }
    const head = { id: expect.stringMatching(/^trf_/), version: 1, from: { code: 'DC1' }, to: { code: 'S1' } }
    expect(transfer).toEqual({ ...head, state: 'DISPATCHED', closedAt: null, lines: [line] })
    // No projector has run since: who reads next, in this process or another, finds the units gone.
    expect(await sellable()).toEqual({ DC1: 4, S1: 3 })
    expect(await shop.ats('A')).toBe(7)

    const part = await receive(transfer.id, 2)
    expect(part.transfer).toMatchObject({
      state: 'PARTIALLY_RECEIVED',
      lines: [{ ...line, inTransit: 4, received: 2 }],
    })
    expect(await sellable()).toEqual({ DC1: 4, S1: 5 })
    await shop.world.settle()
    expect(await unreceived()).toEqual([{ id: transfer.id, dispatched: 6, received: 2 }])

    const lines = [{ lineId: '1', received: 1, damaged: 1 }]
    const last = await receive(transfer.id, 0, { lines, final: true, reason: 'torn parcel' })
    expect(last.transfer).toMatchObject({
      state: 'SHORT',
      closedAt: expect.any(String),
      version: 3,
      lines: [{ ...line, inTransit: 0, received: 3, damaged: 1, lost: 2 }],
    })
    await shop.world.settle()
    expect(await unreceived()).toEqual([])
    expect(await sellable()).toEqual({ DC1: 4, S1: 6 })
    expect(await eventTypes()).toEqual(
      expect.arrayContaining(['transfer-dispatched', 'transfer-received', 'stock-issued', 'transfer-short']),
    )
    const told = (await shop.world.events()).find(({ type }) => type === 'retail.inventory.transfer-short.v1')
    expect(told?.data).toMatchObject({ transferId: transfer.id, lines: [{ lineId: '1', lost: 2 }] })
    const query = 'query ($id: ID!) { transfer(id: $id) { state } }'
    expect((await shop.world.tryToAsk(query, { id: transfer.id }, wms)).data).toEqual({ transfer: { state: 'SHORT' } })
  })

  it('leaves the read models as a rebuild makes them, though they were written ahead of the projector', async () => {
    const { transfer } = await start(6, { expectedAt: '2026-10-02T08:00:00Z' })
    await receive(transfer.id, 4)
    await shop.world.settle()
    const before = await shop.world.dump()
    await shop.world.rebuild()
    expect(await shop.world.dump()).toEqual(before)
  })

  it('takes nothing that somebody was promised, and says where else there is some', async () => {
    const reserved = await shop.reserve('A', 4, { locationId: await shop.locationId('DC1') })
    const before = await eventCount()
    expect(await start(7)).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 7, available: 6, alternatives: [{ available: 3, location: { code: 'S1' } }] }],
    })
    const lines = [
      { lineId: '1', sku: 'A', quantity: 4 },
      { lineId: '2', sku: 'A', quantity: 3 },
    ]
    // Each fits, both do not.
    expect(await start(0, { lines })).toMatchObject({ __typename: 'InsufficientStock' })
    expect(await eventCount()).toBe(before)
    expect((await start(6)).__typename).toBe('TransferSuccess')
    expect(await shop.reserve('A', 1, { locationId: await shop.locationId('DC1') })).toMatchObject({
      __typename: 'InsufficientStock',
    })
    expect(reserved.reservations[0].held).toBe(4)
  })

  it('in between gives nothing back of what left by a reservation and was not counted since', async () => {
    const here = { locationId: await shop.locationId('DC1') }
    const { reservations } = await shop.reserve('A', 4, here)
    const items = [{ reservationId: reservations[0].id }]
    await shop.mutate('confirmReservation', { orderId: 'o', items })
    await shop.mutate('consumeReservation', { items, occurredAt: '2026-10-01T11:59:30.000Z' })
    const { transfer } = await start(1)
    await shop.world.settle()
    await shop.tidy()
    expect(transfer.state).toBe('DISPATCHED')
    // Of 10 that were counted 4 left unheard of and 1 was sent.
    expect(await shop.reserve('A', 6, here)).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ available: 5 }],
    })
  })

  it('is supply to where it goes, for channels that sell what is in transit', async () => {
    await shop.world.deliver('channel', {
      web: { id: 'web', name: 'Web', kind: 'WEB', methods: ['SHIP'], inTransit: { horizonHours: 48 } },
    })
    const { transfer } = await start(6, { expectedAt: '2026-10-02T08:00:00Z' })
    expect(await shop.ats('A')).toBe(13)
    await receive(transfer.id, 2)
    expect(await shop.ats('A')).toBe(13)
    await receive(transfer.id, 1, { final: true })
    expect(await shop.ats('A')).toBe(10)
    await shop.world.settle()
    expect(await shop.ats('A')).toBe(10)
  })

  it('is started and received once per key, and a key with another body is refused', async () => {
    const first = await start(6, { idempotencyKey: 's' })
    expect(await start(6, { idempotencyKey: 's' })).toEqual({ ...first, replayed: true })
    expect(await start(5, { idempotencyKey: 's' })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
    const { id } = first.transfer
    const answers = await Promise.all(Array.from({ length: 6 }, () => receive(id, 2, { idempotencyKey: 'r' })))
    expect(answers.filter((one) => one.replayed === false)).toHaveLength(1)
    expect(await receive(id, 3, { idempotencyKey: 'r' })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
    expect(await sellable()).toEqual({ DC1: 4, S1: 5 })
  })
})

describe('bad input to a transfer is a typed answer and changes nothing', () => {
  it('when it starts', async () => {
    const before = await eventCount()
    const reasonOf = async (more: Readonly<Record<string, unknown>>) => (await start(1, more)).lines[0].reason
    const line = { lineId: '1', sku: 'A', quantity: 1 }
    expect(await reasonOf({ lines: [] })).toBe('NO_LINES')
    expect(await reasonOf({ lines: Array.from({ length: 201 }, (_, n) => ({ ...line, lineId: `${n}` })) })).toBe(
      'TOO_MANY_LINES',
    )
    expect(await reasonOf({ lines: [line, line] })).toBe('BAD_LINE_ID')
    expect(await reasonOf({ lines: [{ ...line, sku: 'NONE' }] })).toBe('UNKNOWN_VARIANT')
    expect(await reasonOf({ lines: [{ ...line, quantity: 0 }] })).toBe('BAD_QUANTITY')
    expect(await reasonOf({ lines: [{ ...line, quantity: -1 }] })).toBe('BAD_QUANTITY')
    expect(await reasonOf({ lines: [{ ...line, quantity: 2_000_000_000 }] })).toBe('BAD_QUANTITY')
    expect(await reasonOf({ fromLocationId: 'loc_none' })).toBe('UNKNOWN_LOCATION')
    expect(await reasonOf({ toLocationId: 'loc_none' })).toBe('UNKNOWN_LOCATION')
    expect(await reasonOf({ toLocationId: await shop.locationId('DC1') })).toBe('BAD_TRANSFER')
    expect(await reasonOf({ dispatchedAt: '2999-01-01T00:00:00Z' })).toBe('BAD_TIME')
    expect(await reasonOf({ expectedAt: '2026-09-30T00:00:00Z' })).toBe('BAD_TIME')
    expect(await reasonOf({ documentRef: '' })).toBe('BAD_TEXT')
    await expect(start(1, { idempotencyKey: '' })).rejects.toThrow(/BAD_USER_INPUT/)
    expect(await eventCount()).toBe(before)
    expect(await sellable()).toEqual({ DC1: 10, S1: 3 })
  })

  it('when it is received', async () => {
    const { transfer } = await start(6)
    const before = await eventCount()
    const reasonOf = async (more: Readonly<Record<string, unknown>>) =>
      (await receive(transfer.id, 1, more)).lines[0].reason
    expect(await reasonOf({ lines: [] })).toBe('NO_LINES')
    expect(await reasonOf({ lines: [{ lineId: '2', received: 1 }] })).toBe('BAD_LINE_ID')
    expect(await reasonOf({ lines: [{ lineId: '1' }] })).toBe('BAD_QUANTITY')
    expect(await reasonOf({ lines: [{ lineId: '1', received: -1, damaged: 2 }] })).toBe('BAD_QUANTITY')
    expect(await reasonOf({ receivedAt: '2999-01-01T00:00:00Z' })).toBe('BAD_TIME')
    expect(await reasonOf({ reason: '' })).toBe('BAD_TEXT')
    expect(await receive('trf_none', 1)).toMatchObject({ __typename: 'TransferNotFound', code: 'NOT_FOUND' })
    expect(await receive(transfer.id, 1, {}, { ...wms, tenant: 'another' })).toMatchObject({
      __typename: 'TransferNotFound',
    })
    expect(await receive(transfer.id, 7)).toMatchObject({
      __typename: 'TransferUnitsMissing',
      ...{ lineId: '1', requested: 7, inTransit: 6 },
    })
    expect(await eventCount()).toBe(before)
    expect(await sellable()).toEqual({ DC1: 4, S1: 3 })
    await receive(transfer.id, 6)
    expect(await receive(transfer.id, 1)).toMatchObject({ __typename: 'TransferClosed', state: 'RECEIVED' })
    expect(await sellable()).toEqual({ DC1: 4, S1: 9 })
  })

  it('when it is told as a movement', async () => {
    const { transfer } = await start(6)
    const movement = {
      lineId: '1',
      sku: 'A',
      locationId: await shop.locationId('S1'),
      kind: 'TRANSFER_IN',
      quantity: 6,
    }
    const told = { ...movement, transferId: transfer.id, occurredAt: '2026-10-01T12:00:00Z' }
    const { data }: Answer = await shop.world.tryToAsk(
      `mutation ($input: RecordMovementsInput!) { recordMovements(input: $input) { ... on InvalidLines { lines { reason } } } }`,
      { input: { idempotencyKey: 'm', movements: [told] } },
      wms,
    )
    expect(data.recordMovements.lines).toEqual([{ reason: 'BAD_TRANSFER' }])
  })

  it('by a store associate who is at neither end of it, or at the wrong one', async () => {
    const [dc, store, other] = [await shop.locationId('DC1'), await shop.locationId('S1'), await shop.locationId('S2')]
    const at = (location: string): Viewer => ({ ...staff(['store-associate'], [location]), tenant: 'test' })
    expect(await start(1, {}, at(store))).toMatchObject({
      __typename: 'NotAuthority',
      path: ['input', 'fromLocationId'],
    })
    const { transfer } = await start(1, {}, at(dc))
    expect(await receive(transfer.id, 1, {}, at(dc))).toMatchObject({ __typename: 'NotAuthority' })
    const query = 'query ($id: ID!) { transfer(id: $id) { state } }'
    expect((await shop.world.tryToAsk(query, { id: transfer.id }, at(other))).data).toEqual({ transfer: null })
    expect((await shop.world.tryToAsk(query, { id: transfer.id }, at(store))).data).toEqual({
      transfer: { state: 'DISPATCHED' },
    })
    expect((await receive(transfer.id, 1, {}, at(store))).transfer.state).toBe('RECEIVED')
  })
})
