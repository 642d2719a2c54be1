import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { toMovementEvent } from '../../../../subgraphs/inventory/ledger/told-movement.ts'
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

/** Of the tenant whose sources are read. */
const wms: Viewer = { ...service, tenant: 'test' }

async function record(name: string, input: Readonly<Record<string, unknown>>, viewer: Viewer = wms): Promise<Answer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
  const { data, errors }: Answer = await shop.world.tryToAsk(
    `mutation ($input: ${type}!) { answer: ${name}(input: $input) {
      __typename ... on DomainError { code message path } ... on InvalidLines { lines { lineId reason } }
      ... on StockRecorded { movementIds replayed }
      ${name === 'setCount' ? '... on ChangeFromQuantityStale { currentQuantity }' : ''} } }`,
    { input: { idempotencyKey: `record-${++keys}`, ...input } },
    viewer,
  )
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data.answer
}

/** Between what the source said and the moment of the world. */
const asOf = '2026-10-01T11:59:30.000Z'
const count = async (input: Readonly<Record<string, unknown>>, viewer?: Viewer) =>
  record('setCount', { sku: 'A', locationId: await shop.locationId('DC1'), asOf, ...input }, viewer)

async function variantOf(sku: string): Promise<string> {
  const { rows } = await shop.world.database.query<{ id: string }>('select id from inventory.variants where sku = $1', [
    sku,
  ])
  return rows[0]?.id ?? ''
}

/** A receipt that a source told of and no projector has seen. */
async function appendUnprojected(place: { readonly variantId: string; readonly locationId: string }, quantity: number) {
  const teller = { tenant: 'test', authority: 'erp', correlationId: 'none', receivedAt: asOf }
  const texts = { reason: null, documentRef: null, transferId: null }
  const movement = { ...place, ...texts, quantity, happenedAt: asOf, bucketFrom: null } as const
  const event = toMovementEvent(teller, { ...movement, kind: 'RECEIPT', bucketTo: 'SELLABLE' }, 'mov_1', 'erp')
  await shop.world.append([event])
}

async function events(): Promise<number> {
  const { rows } = await shop.world.database.query<{ count: bigint }>('select count(*) from event_log.events', [])
  return Number(rows[0]?.count)
}

describe('a count', () => {
  it('takes the place of what the counter knew, and availability follows', async () => {
    expect(await count({ counted: 7, changeFromQuantity: 10 })).toMatchObject({
      __typename: 'StockRecorded',
      replayed: false,
    })
    await shop.world.settle()
    expect(await shop.ats('A')).toBe(10)
  })

  it('on a quantity that is another by now changes nothing and tells which', async () => {
    const before = await events()
    expect(await count({ counted: 7, changeFromQuantity: 9 })).toMatchObject({
      __typename: 'ChangeFromQuantityStale',
      currentQuantity: 10,
      path: ['input', 'changeFromQuantity'],
    })
    expect(await events()).toBe(before)
  })

  it('of eight that know the same is taken once, though the read model is behind', async () => {
    const racing = Array.from({ length: 8 }, (_, n) => count({ counted: n, changeFromQuantity: 10 }))
    let open = true
    const following = (async () => {
      while (open) await shop.world.settle()
    })()
    const answers = await Promise.allSettled(racing)
    open = false
    await following
    const recorded = answers.filter((one) => one.status === 'fulfilled' && one.value.__typename === 'StockRecorded')
    expect(recorded).toHaveLength(1)
    const { rows } = await shop.world.database.query(
      "select from event_log.events where type = 'retail.inventory.bucket-counted.v1'",
    )
    expect(rows).toHaveLength(1)
  })

  it('without what was believed needs the scope for it', async () => {
    expect(await count({ counted: 7 })).toMatchObject({ __typename: 'NotAuthority', code: 'FORBIDDEN' })
    const authority: Viewer = { ...wms, scopes: ['inventory:authority'] }
    expect(await count({ counted: 7 }, authority)).toMatchObject({ __typename: 'StockRecorded' })
  })

  it('is done once per key, and a key with another body is refused', async () => {
    const first = await count({ idempotencyKey: 'k', counted: 7, changeFromQuantity: 10 })
    await shop.world.settle()
    const again = await count({ idempotencyKey: 'k', counted: 7, changeFromQuantity: 10 })
    expect(again).toEqual({ ...first, replayed: true })
    expect(await count({ idempotencyKey: 'k', counted: 8, changeFromQuantity: 7 })).toMatchObject({
      __typename: 'IdempotencyKeyReused',
    })
    await shop.world.settle()
    expect(await shop.ats('A')).toBe(10)
  })

  it('by a store associate is of their own store alone', async () => {
    const [dc, store] = [await shop.locationId('DC1'), await shop.locationId('S1')]
    const associate: Viewer = { ...staff(['store-associate'], [store]), tenant: 'test' }
    const foreign = await count({ locationId: dc, counted: 7, changeFromQuantity: 10 }, associate)
    expect(foreign).toMatchObject({ __typename: 'NotAuthority', path: ['input', 'locationId'] })
    const own = await count({ locationId: store, counted: 2, changeFromQuantity: 3 }, associate)
    expect(own).toMatchObject({ __typename: 'StockRecorded' })
  })

  it('that makes no sense is a typed answer and changes nothing', async () => {
    const before = await events()
    const reasonOf = async (input: Readonly<Record<string, unknown>>) =>
      (await count({ counted: 1, changeFromQuantity: 10, ...input })).lines[0].reason
    expect(await reasonOf({ sku: 'NONE' })).toBe('UNKNOWN_VARIANT')
    expect(await reasonOf({ sku: null })).toBe('UNKNOWN_VARIANT')
    expect(await reasonOf({ sku: null, variantId: 'var_none' })).toBe('UNKNOWN_VARIANT')
    expect(await reasonOf({ locationId: 'loc_none' })).toBe('UNKNOWN_LOCATION')
    expect(await reasonOf({ counted: -1 })).toBe('BAD_QUANTITY')
    expect(await reasonOf({ counted: 2_000_000_000 })).toBe('BAD_QUANTITY')
    expect(await reasonOf({ asOf: '2999-01-01T00:00:00Z' })).toBe('BAD_TIME')
    expect(await reasonOf({ documentRef: '' })).toBe('BAD_TEXT')
    expect(await events()).toBe(before)
  })
})

describe('what is told holds for the next reservation, though no projector has run', () => {
  it('of movements', async () => {
    const [dc, store] = [await shop.locationId('DC1'), await shop.locationId('S1')]
    const common = { sku: 'A', occurredAt: asOf }
    const sold = { ...common, lineId: '1', locationId: dc, kind: 'SALE_ISSUE', quantity: 6 }
    const broken = { ...common, lineId: '2', locationId: store, kind: 'SCRAP', quantity: 1 }
    expect(await shop.ats('A')).toBe(13)
    await record('recordMovements', { movements: [sold, broken] })
    expect(await shop.ats('A')).toBe(6)
    expect(await shop.reserve('A', 7)).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 7, available: 6 }],
    })
    expect((await shop.reserve('A', 6)).__typename).toBe('ReserveStockSuccess')
    await record('recordMovements', { movements: [{ ...sold, kind: 'RECEIPT', quantity: 2 }] })
    expect((await shop.reserve('A', 2)).__typename).toBe('ReserveStockSuccess')
  })

  it('of counts, each compared with the one before', async () => {
    await count({ counted: 4, changeFromQuantity: 10 })
    expect(await shop.reserve('A', 8)).toMatchObject({ shortfalls: [{ requested: 8, available: 7 }] })
    expect(await count({ counted: 9, changeFromQuantity: 10 })).toMatchObject({ currentQuantity: 4 })
    await count({ counted: 9, changeFromQuantity: 4, asOf: '2026-10-01T11:59:40.000Z' })
    expect((await shop.reserve('A', 12)).__typename).toBe('ReserveStockSuccess')
  })

  it('and leaves the read models as a rebuild makes them', async () => {
    const line = { lineId: '1', sku: 'A', locationId: await shop.locationId('DC1'), occurredAt: asOf }
    await record('recordMovements', { movements: [{ ...line, kind: 'SALE_ISSUE', quantity: 6 }] })
    await count({ counted: 5, changeFromQuantity: 4 })
    await shop.world.settle()
    const before = await shop.world.dump()
    await shop.world.rebuild()
    expect(await shop.world.dump()).toEqual(before)
  })

  it('and a count that knows of a later event, but not of one before it, is not taken until the read model does', async () => {
    const [dc, variantId] = [await shop.locationId('DC1'), await variantOf('A')]
    await appendUnprojected({ variantId, locationId: dc }, 3)
    const line = { lineId: '1', sku: 'A', locationId: dc, occurredAt: asOf }
    await record('recordMovements', { movements: [{ ...line, kind: 'SALE_ISSUE', quantity: 1 }] })
    await expect(count({ counted: 5, changeFromQuantity: 9 })).rejects.toThrow(/CONFLICT/)
    await shop.world.settle()
    expect(await count({ counted: 5, changeFromQuantity: 9 })).toMatchObject({ currentQuantity: 12 })
  })
})

describe('movements', () => {
  it('are recorded all or none, and both legs of a transfer meet', async () => {
    const [dc, store] = [await shop.locationId('DC1'), await shop.locationId('S1')]
    const common = { sku: 'A', occurredAt: asOf }
    const out = { ...common, lineId: '1', locationId: dc, kind: 'TRANSFER_OUT', quantity: 4, transferId: 'T1' }
    const bad = { ...common, lineId: '2', locationId: dc, kind: 'SALE_ISSUE', quantity: -1 }
    const before = await events()
    expect(await record('recordMovements', { movements: [out, bad] })).toMatchObject({
      __typename: 'InvalidLines',
      lines: [{ lineId: '2', reason: 'BAD_QUANTITY' }],
    })
    expect(await events()).toBe(before)
    const adjust = { ...common, lineId: '3', locationId: store, kind: 'ADJUSTMENT', quantity: -1, reason: 'broken' }
    expect((await record('recordMovements', { movements: [out, adjust] })).movementIds).toHaveLength(2)
    await shop.world.settle()
    expect(await shop.ats('A')).toBe(8)
    const onTheWay: Answer = await shop.world.ask('{ unreceivedTransfers { dispatched received } }')
    expect(onTheWay.unreceivedTransfers).toEqual([{ dispatched: 4, received: 0 }])
    const arrival = { ...out, lineId: '4', locationId: store, kind: 'TRANSFER_IN' }
    await record('recordMovements', { movements: [arrival] })
    await shop.world.settle()
    expect(await shop.ats('A')).toBe(12)
  })

  it('are refused when they make no sense, each by its reason', async () => {
    const locationId = await shop.locationId('DC1')
    const line = { lineId: '1', sku: 'A', locationId, kind: 'RECEIPT', quantity: 1, occurredAt: asOf }
    const reasonOf = async (movements: readonly object[]) =>
      (await record('recordMovements', { movements })).lines[0].reason
    expect(await reasonOf([])).toBe('NO_LINES')
    expect(await reasonOf(Array.from({ length: 201 }, (_, n) => ({ ...line, lineId: `${n}` })))).toBe('TOO_MANY_LINES')
    expect(await reasonOf([line, line])).toBe('BAD_LINE_ID')
    expect(await reasonOf([{ ...line, quantity: 0 }])).toBe('BAD_QUANTITY')
    expect(await reasonOf([{ ...line, kind: 'RECLASSIFY' }])).toBe('BAD_BUCKETS')
    expect(await reasonOf([{ ...line, kind: 'PHYSICAL_COUNT' }])).toBe('BAD_BUCKETS')
    expect(await reasonOf([{ ...line, kind: 'TRANSFER_OUT' }])).toBe('BAD_TRANSFER')
    expect(await reasonOf([{ ...line, transferId: 'T' }])).toBe('BAD_TRANSFER')
  })
})
