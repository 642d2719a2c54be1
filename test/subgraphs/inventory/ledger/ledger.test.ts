import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import { createInventory } from '../../../../subgraphs/inventory/index.ts'
import { fresh, openSubgraphWorld, type SubgraphWorld } from '../../../support/subgraph-world.ts'
import { withCatalogue } from '../catalogue.ts'
import { channelDocument, locationDocument, stockDocument } from '../documents.ts'

let world: SubgraphWorld
beforeEach(async () => {
  world = await openSubgraphWorld(withCatalogue(createInventory), [fresh('erp'), fresh('pos'), fresh('wms')])
  await world.deliver('channel', { web: channelDocument('web', { methods: ['SHIP'] }) })
  await world.deliver('location', { 1: locationDocument('S1'), 2: locationDocument('DC', { kind: 'DC' }) })
  await world.deliver('catalogue', { A: {} })
})
afterEach(() => world[Symbol.asyncDispose]())

const at = (time: string) => `2026-10-01T${time}:00.000Z`

function movement(kind: string, quantity: number, occurredAt: string, overrides: JsonObject = {}): JsonObject {
  const { variant, location } = stockDocument('A', 'S1')
  return {
    variant: variant ?? null,
    location: location ?? null,
    kind,
    quantity,
    occurredAt: at(occurredAt),
    ...overrides,
  }
}

const inDc = { location: { namespace: 'location-code', value: 'DC' } }

async function ats(): Promise<unknown> {
  const { availability } = await world.ask('{ availability(channelId: "web", items: [{ sku: "A" }]) { ats } }')
  return (availability as readonly { ats: number }[])[0]?.ats
}

async function position(code = 'S1'): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await world.database.query(
    `select p.* from inventory.positions p join inventory.locations l on l.id = p.location_id where l.code = $1`,
    [code],
  )
  return rows[0] ?? {}
}

async function place(): Promise<{ variantId: string; locationId: string }> {
  const { variant_id, location_id } = await position()
  return { variantId: String(variant_id), locationId: String(location_id) }
}

const typesOf = async () => (await world.events()).map(({ type }) => type.replace(/^retail\.|\.v1$/g, ''))

describe('movements', () => {
  it('of every kind move units between buckets, and answers follow at once', async () => {
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 20, committed: 6, occurredAt: at('08:00') }) })
    expect(await ats()).toBe(14)
    await world.deliver('movement', {
      1: movement('RECEIPT', 10, '09:00'),
      2: movement('SALE_ISSUE', 4, '09:05', { committed: 2 }),
      3: movement('RETURN_RECEIPT', 3, '09:10'),
      4: movement('DISPOSITION', 1, '09:15'),
      5: movement('RECLASSIFY', 2, '09:20', { bucketFrom: 'SELLABLE', bucketTo: 'DAMAGED', reason: 'dropped' }),
      6: movement('ADJUSTMENT', -1, '09:25'),
      7: movement('SCRAP', 1, '09:30', { bucketFrom: 'DAMAGED' }),
    })
    // 20 + 10 - 4 + 1 - 2 - 1, of which 4 are promised.
    expect(await position()).toMatchObject({ sellable: 24, damaged: 1, return_hold: 2, on_hand: 27, committed: 4 })
    expect(await ats()).toBe(20)
  })

  it('delivered twice count once, and what its source changes or takes back is reversed', async () => {
    await world.deliver('movement', { 1: movement('RECEIPT', 10, '09:00') })
    await world.deliver('movement', { 1: movement('RECEIPT', 10, '09:00') })
    expect(await position()).toMatchObject({ sellable: 10 })
    await world.deliver('movement', { 1: movement('RECEIPT', 7, '09:00') })
    expect(await position()).toMatchObject({ sellable: 7 })
    await world.deliver('movement', { 1: null })
    expect(await position()).toMatchObject({ sellable: 0, on_hand: 0 })
  })

  it('are refused when they make no sense', async () => {
    await world.deliver('movement', {
      less: movement('RECEIPT', -1, '09:00'),
      where: movement('RECLASSIFY', 1, '09:00'),
      what: movement('TELEPORT', 1, '09:00'),
      huge: movement('RECEIPT', 3_000_000_000, '09:00'),
    })
    expect(await world.deadLetters()).toEqual({
      less: expect.stringContaining('quantity is -1, allowed is at least 0 but for ADJUSTMENT'),
      where: expect.stringContaining('bucketFrom or bucketTo is missing'),
      what: expect.stringContaining('kind is "TELEPORT"'),
      huge: expect.stringContaining('quantity is 3000000000, allowed is at most 2147483647'),
    })
    expect(await position()).toEqual({})
  })
})

describe('snapshots and deltas', () => {
  it('an hourly batch is merged with what moved since it was taken, and an older one is ignored (K194)', async () => {
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 50, asOf: at('10:00') }) })
    await world.deliver(
      'movement',
      { 1: movement('SALE_ISSUE', 5, '09:50'), 2: movement('SALE_ISSUE', 3, '10:10') },
      'pos',
    )
    expect(await position()).toMatchObject({ sellable: 47, feeds: ['pos'] })
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 99, asOf: at('09:00') }) })
    expect(await position()).toMatchObject({ sellable: 47 })
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 46, asOf: at('11:00') }) })
    expect(await position()).toMatchObject({ sellable: 46, feeds: [] })
  })

  it('a till that was offline takes its place by when it sold, and the correction is told (K193)', async () => {
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 30, occurredAt: at('08:00') }) })
    await world.deliver('movement', { 1: movement('RECEIPT', 10, '11:50') })
    const believed = (await world.events()).at(-1)?.recordedTime ?? ''
    await world.deliver('movement', { t1: movement('SALE_ISSUE', 4, '09:30') }, 'pos')
    expect(await position()).toMatchObject({ sellable: 36 })
    const revised = (await world.events()).filter(({ type }) => type === 'retail.inventory.balance-revised.v1')
    expect(revised.map(({ data }) => data)).toMatchObject([
      { sellable: -4, happenedAt: at('09:30'), movementId: 'pos:t1', lateMs: 149 * 60_000 },
    ])

    const query = `query ($variantId: ID!, $locationId: ID!, $at: DateTime!, $knownAt: DateTime) {
      stockAt(variantId: $variantId, locationId: $locationId, at: $at, knownAt: $knownAt) { sellable onHand } }`
    const stockAt = async (time: string, knownAt?: string) => {
      const { stockAt: balance } = await world.ask(query, {
        ...(await place()),
        at: at(time),
        knownAt: knownAt ?? new Date().toISOString(),
      })
      return balance
    }
    expect(await stockAt('09:00')).toEqual({ sellable: 30, onHand: 30 })
    expect(await stockAt('10:00')).toEqual({ sellable: 26, onHand: 26 })
    expect(await stockAt('10:00', believed)).toEqual({ sellable: 30, onHand: 30 })
    expect(await stockAt('12:00')).toEqual({ sellable: 36, onHand: 36 })
    expect(await stockAt('07:00')).toBeNull()
  })

  it('a count is true as of its time, whatever is heard of earlier ones afterwards', async () => {
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 30, occurredAt: at('08:00') }) })
    await world.deliver('movement', { c: movement('PHYSICAL_COUNT', 25, '10:00'), 2: movement('RECEIPT', 2, '10:30') })
    expect(await position()).toMatchObject({ sellable: 27 })
    await world.deliver('movement', { 1: movement('SALE_ISSUE', 5, '09:00') })
    expect(await position()).toMatchObject({ sellable: 27 })
    await world.deliver('movement', { c: movement('PHYSICAL_COUNT', 24, '10:00') })
    expect(await world.deadLetters()).toEqual({ c: expect.stringContaining('allowed is another count') })
  })

  it('below zero are kept, flagged, and never promised', async () => {
    await world.deliver('stock', { d: stockDocument('A', 'DC', { onHand: 264, occurredAt: at('08:00') }) })
    await world.deliver('movement', { 1: movement('SALE_ISSUE', 1, '09:00') })
    expect(await position()).toMatchObject({ on_hand: -1, sellable: -1, anomaly: 'NEGATIVE_ON_HAND' })
    expect(await ats()).toBe(264)
  })
})

describe('a transfer (K055, K192)', () => {
  it('leaves one shelf and arrives on the other; what never arrives is told with its age', async () => {
    await world.deliver('stock', {
      d: stockDocument('A', 'DC', { onHand: 20, occurredAt: at('01:00') }),
      s: stockDocument('A', 'S1', { onHand: 0, occurredAt: at('01:00') }),
    })
    await world.deliver('movement', { out: movement('TRANSFER_OUT', 8, '02:00', { ...inDc, transfer: 'T1' }) }, 'wms')
    expect(await ats()).toBe(12)
    const query = `{ unreceivedTransfers(olderThanHours: 9) { id dispatched received dispatchedAt from { code } } }`
    const sent = { id: 'wms:T1', dispatched: 8, received: 0, dispatchedAt: at('02:00'), from: { code: 'DC' } }
    expect(await world.ask(query)).toEqual({ unreceivedTransfers: [sent] })
    expect(await world.ask(query.replace('9', '11'))).toEqual({ unreceivedTransfers: [] })
    await world.deliver('movement', { in: movement('TRANSFER_IN', 5, '06:00', { transfer: 'T1' }) }, 'wms')
    expect(await ats()).toBe(17)
    expect(await world.ask(query)).toEqual({ unreceivedTransfers: [{ ...sent, received: 5 }] })
    await world.deliver('movement', { rest: movement('TRANSFER_IN', 3, '07:00', { transfer: 'T1' }) }, 'wms')
    expect(await world.ask(query)).toEqual({ unreceivedTransfers: [] })
    expect(await ats()).toBe(20)
  })
})

describe('numbers of a source (K187)', () => {
  const sale = (sequence: number) => movement('SALE_ISSUE', 1, '09:00', { stream: 'till-7', sequence })

  it('that are passed over are told, and told again when they were heard of', async () => {
    const query = '{ sequenceGaps { system stream missing { from to } } }'
    await world.deliver('movement', { 11: sale(11), 10: sale(10), 12: sale(12) }, 'pos')
    expect(await world.ask(query)).toEqual({ sequenceGaps: [] })
    await world.deliver('movement', { 16: sale(16) }, 'pos')
    expect(await world.ask(query)).toEqual({
      sequenceGaps: [{ system: 'pos', stream: 'till-7', missing: [{ from: 13, to: 15 }] }],
    })
    await world.deliver('movement', { 14: sale(14) }, 'pos')
    expect(await world.ask(query)).toMatchObject({
      sequenceGaps: [
        {
          missing: [
            { from: 13, to: 13 },
            { from: 15, to: 15 },
          ],
        },
      ],
    })
    await world.deliver('movement', { 13: sale(13), 15: sale(15) }, 'pos')
    expect(await world.ask(query)).toEqual({ sequenceGaps: [] })
    expect((await typesOf()).filter((type) => type.startsWith('ops.'))).toEqual([
      'ops.sequence-gap-detected',
      'ops.sequence-gap-detected',
      'ops.sequence-gap-closed',
    ])
  })
})

describe('when outside truth shrinks', () => {
  const query = '{ shortfalls { edges { node { units location { code } } } pageInfo { hasNextPage } } }'
  const nodes = async () =>
    ((await world.ask(query)).shortfalls as { edges: readonly { node: unknown }[] }).edges.map(({ node }) => node)

  it('below what is promised, the shortfall is told and never clamped away, until it is made good', async () => {
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 5, committed: 4, occurredAt: at('08:00') }) })
    expect(await nodes()).toEqual([])
    await world.deliver('movement', { c: movement('PHYSICAL_COUNT', 1, '09:00') })
    expect(await nodes()).toEqual([{ units: 3, location: { code: 'S1' } }])
    await world.deliver('movement', { r: movement('RECEIPT', 3, '10:00') })
    expect(await nodes()).toEqual([])
    const told = (await typesOf()).filter((type) => type.includes('shortfall'))
    expect(told).toEqual(['inventory.shortfall-detected', 'inventory.shortfall-resolved'])
  })

  it('to the reorder point or into the safety stock, a signal is given once (K056)', async () => {
    await world.deliver('safety-rule', { s: { location: { namespace: 'location-code', value: 'S1' }, units: 4 } })
    await world.deliver('stock', {
      s: stockDocument('A', 'S1', { onHand: 20, reorderPoint: 8, occurredAt: at('08:00') }),
    })
    await world.deliver('movement', { 1: movement('SALE_ISSUE', 12, '09:00') })
    await world.deliver('movement', { 2: movement('SALE_ISSUE', 2, '09:10') })
    await world.deliver('movement', { 3: movement('SALE_ISSUE', 3, '09:20') })
    const told = (await world.events())
      .filter(({ type }) => /reorder|safety-stock/.test(type))
      .map(({ type, data }) => [type, data.level, data.threshold])
    expect(told).toEqual([
      ['retail.inventory.reorder-point-reached.v1', 8, 8],
      ['retail.inventory.safety-stock-breached.v1', 3, 4],
    ])
  })
})

describe('the ledger', () => {
  it('lists what moved, the newest first, page by page', async () => {
    await world.deliver('movement', {
      1: movement('RECEIPT', 9, '09:00', { documentRef: 'PO-1' }),
      2: movement('SALE_ISSUE', 1, '09:05'),
      3: movement('RETURN_RECEIPT', 1, '09:02'),
    })
    const query = `query ($variantId: ID!, $locationId: ID!, $after: String) {
      stockMovements(variantId: $variantId, locationId: $locationId, first: 2, after: $after) {
        edges { node { kind quantity bucketFrom bucketTo documentRef occurredAt } } pageInfo { hasNextPage endCursor } } }`
    type Page = { edges: { node: { kind: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
    const first = (await world.ask(query, await place())).stockMovements as Page
    expect(first.edges.map(({ node }) => node.kind)).toEqual(['SALE_ISSUE', 'RETURN_RECEIPT'])
    const second = (await world.ask(query, { ...(await place()), after: first.pageInfo.endCursor }))
      .stockMovements as Page
    expect(second.edges.map(({ node }) => node)).toEqual([
      {
        kind: 'RECEIPT',
        quantity: 9,
        bucketFrom: null,
        bucketTo: 'SELLABLE',
        documentRef: 'PO-1',
        occurredAt: at('09:00'),
      },
    ])
    expect(second.pageInfo.hasNextPage).toBe(false)
  })

  it('rebuilt from zero gives the same read models (I8)', async () => {
    await world.deliver('stock', { s: stockDocument('A', 'S1', { onHand: 5, committed: 4, asOf: at('08:00') }) })
    await world.deliver('movement', {
      1: movement('SALE_ISSUE', 3, '09:00', { stream: 'a', sequence: 1 }),
      2: movement('PHYSICAL_COUNT', 1, '10:00'),
    })
    await world.deliver('movement', { 3: movement('RECEIPT', 1, '08:30', { stream: 'a', sequence: 5 }) }, 'pos')
    await world.deliver('movement', { 4: movement('RECEIPT', 1, '08:30', { stream: 'a', sequence: 3 }) })
    const before = await world.dump()
    expect(before['inventory.shortfalls']).toHaveLength(1)
    expect(before['inventory.sequence_gaps']).toHaveLength(1)
    await world.rebuild()
    expect(await world.dump()).toEqual(before)
  })
})
