import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPostgresEventLog } from '../../../../platform/event-log/postgres.ts'
import { removeIdleIssues } from '../../../../subgraphs/inventory/reservations/channel-issues.ts'
import { openRingFenceWorld, type RingFenceWorld } from './ring-fence-world.ts'

let shop: RingFenceWorld
beforeEach(async () => {
  shop = await openRingFenceWorld()
  await shop.count('A', 40, '06:00')
})
afterEach(() => shop[Symbol.asyncDispose]())

/** What Amazon and the others may sell, as a question of availability is answered. */
const left = async () => [await shop.ats('A', 'amazon'), await shop.ats('A', 'web')]

describe('a quota', () => {
  beforeEach(() => shop.tell('A', { units: 10, consumed: 0, consumedAt: '07:00' }))

  it('stays used when units left and their source has counted the shelf without them, and no unit counts twice before', async () => {
    const id = await shop.sell('A', 6)
    expect(await left()).toEqual([4, 30])
    await shop.consume(id, '10:00')
    expect(await left()).toEqual([4, 30])
    await shop.count('A', 34, '11:00')
    expect(await left()).toEqual([4, 30])
    expect(await shop.reserve('A', 5, { channelId: 'amazon' })).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 5, available: 4 }],
    })
    expect(await shop.reserve('A', 4, { channelId: 'amazon' })).toMatchObject({ __typename: 'ReserveStockSuccess' })
    // Looked at before a section is entered, as a second buyer of what is sold out is.
    expect(await shop.reserve('A', 5, { channelId: 'amazon' })).toMatchObject({ __typename: 'InsufficientStock' })
    expect(await shop.reserve('A', 1, { channelId: 'amazon' })).toMatchObject({ __typename: 'InsufficientStock' })
  })

  it('counts a unit that its source commits once, from then until it is gone', async () => {
    const id = await shop.sell('A', 6)
    await shop.allocate(id, '10:00', 4)
    expect(await left()).toEqual([4, 30])
    await shop.count('A', 40, '11:00', 4)
    expect(await left()).toEqual([4, 30])
    await shop.consume(id, '11:10', 5)
    expect(await left()).toEqual([4, 30])
    await shop.count('A', 35, '11:20')
    expect(await left()).toEqual([4, 30])
  })

  it('has again what is released, also of what the source had committed', async () => {
    const id = await shop.sell('A', 6)
    await shop.allocate(id, '10:00', 4)
    await shop.allocate(id, '10:10', 1)
    await shop.count('A', 40, '11:00', 5)
    await shop.release(id, 3)
    // Two of the three the source still commits, until it says otherwise.
    expect(await left()).toEqual([7, 28])
    await shop.release(id, 3)
    await shop.count('A', 40, '11:30')
    expect(await left()).toEqual([10, 30])
  })

  it('follows a unit that is committed at one place and is to leave from another', async () => {
    await shop.tell('B', { channelId: 'web', units: 10, consumed: 0, consumedAt: '07:00' })
    await shop.count('B', 40, '06:00')
    await shop.count('B', 40, '06:00', 0, 'S1')
    const id = await shop.sell('B', 6, 'web')
    await shop.allocate(id, '10:00')
    await shop.count('B', 40, '11:00', 6)
    const moved = await shop.mutate('moveReservation', { reservationId: id, locationId: await shop.locationId('S1') })
    expect(moved).toMatchObject({ reservations: [{ allocated: 0, location: { code: 'S1' } }] })
    expect(await shop.ats('B', 'web')).toBe(4)
    await shop.allocate(id, '11:10')
    await shop.count('B', 40, '11:20', 6, 'S1')
    expect(await shop.ats('B', 'web')).toBe(4)
    await shop.release(id)
    expect(await shop.ats('B', 'web')).toBe(10)
  })

  it('that is sold out keeps nothing from the others, and explain adds up', async () => {
    await shop.consume(await shop.sell('A', 10), '10:00')
    await shop.count('A', 30, '11:00')
    expect(await left()).toEqual([0, 30])
    expect(await shop.explain('A', 'web')).toEqual([['ON_HAND', 30]])
    expect(await shop.explain('A', 'amazon')).toEqual([
      ['ON_HAND', 30],
      ['ALLOCATION_LIMIT', -30],
    ])
  })

  it('begins anew where its owner says how much was sold, as of when it was', async () => {
    await shop.consume(await shop.sell('A', 3), '10:00')
    await shop.consume(await shop.sell('A', 2), '10:40')
    await shop.count('A', 35, '11:00')
    expect(await left()).toEqual([5, 30])
    // Three of ours, and one that went another way.
    expect(await shop.tell('A', { units: 10, consumed: 4, consumedAt: '10:30' })).toMatchObject({
      consumed: 4,
      consumedAt: '2026-10-01T10:30:00.000Z',
    })
    expect(await left()).toEqual([4, 31])
    await shop.tell('A', { units: 10, consumed: 0, consumedAt: '11:30' })
    expect(await left()).toEqual([10, 25])
    await shop.consume(await shop.sell('A', 1), '11:40')
    expect(await left()).toEqual([9, 25])
  })

  it('of other size is used as before, and one that was none in between begins anew', async () => {
    await shop.consume(await shop.sell('A', 6), '10:00')
    await shop.count('A', 34, '11:00')
    expect(await shop.tell('A', { units: 12, publishFloor: 1 })).toMatchObject({
      consumed: 0,
      consumedAt: '2026-10-01T07:00:00.000Z',
    })
    expect(await left()).toEqual([6, 28])
    await shop.settle()
    expect(await left()).toEqual([6, 28])
    await shop.tell('A', { mode: 'CAP', units: 30, consumed: 0, consumedAt: '08:00' })
    expect(await left()).toEqual([30, 34])
    expect(await shop.tell('A', { units: 12 })).toMatchObject({ consumedAt: '2026-10-01T12:00:00.000Z' })
    expect(await left()).toEqual([12, 22])
  })

  it('is refused where it says when without what, or of the future', async () => {
    const refused = { message: expect.stringContaining('consumedAt') }
    expect(await shop.tell('A', { units: 10, consumedAt: '11:00' })).toMatchObject(refused)
    expect(await shop.tell('A', { units: 10, consumed: 1, consumedAt: '13:00' })).toMatchObject(refused)
  })
})

describe('a quota of documents', () => {
  const fence = (data: object) =>
    shop.world.deliver('channel-allocation', {
      fence: {
        ...{ channelId: 'amazon', mode: 'RING_FENCED', units: 10, variant: { namespace: 'sku', value: 'A' } },
        ...data,
      },
    })

  it('goes on being used while they do not say how much of it was sold, whatever order they are read in', async () => {
    await fence({ consumed: 1, consumedAt: '2026-10-01T07:00:00Z' })
    await shop.consume(await shop.sell('A', 6), '10:00')
    await shop.count('A', 34, '11:00')
    expect(await left()).toEqual([3, 31])
    await fence({ units: 11 })
    expect(await left()).toEqual([4, 30])
    const before = await shop.world.dump()
    await shop.world.rebuild()
    expect(await shop.world.dump()).toEqual(before)
    await shop.world.reapply(await shop.world.events())
    expect(await shop.world.dump()).toEqual(before)
    await fence({ units: 11, consumed: 0 })
    expect(await left()).toEqual([11, 23])
  })

  it('begins anew where they went away in between', async () => {
    await fence({ consumed: 1, consumedAt: '2026-10-01T07:00:00Z' })
    await shop.consume(await shop.sell('A', 6), '10:00')
    await shop.world.deliver('channel-allocation', { fence: null })
    expect(await left()).toEqual([34, 34])
    await fence({})
    expect(await left()).toEqual([10, 24])
    const before = await shop.world.dump()
    await shop.world.rebuild()
    expect(await shop.world.dump()).toEqual(before)
  })

  it('that had ended begins anew', async () => {
    await fence({ consumed: 0, consumedAt: '2026-10-01T07:00:00Z', validTo: '2026-10-01T11:00:00Z' })
    await shop.consume(await shop.sell('A', 6), '10:00')
    await fence({ validFrom: '2026-10-01T11:59:30Z' })
    expect(await left()).toEqual([10, 24])
  })
})

describe('what left for channels', () => {
  const rows = async () => {
    const { rows: found } = await shop.world.database.query<{ units: number }>(
      'select units from inventory.channel_issues order by id',
    )
    return found.map(({ units }) => units)
  }
  const remove = async () => {
    using eventLog = createPostgresEventLog({ database: shop.world.database })
    return await removeIdleIssues({ database: shop.world.database, eventLog }, 100)
  }

  it('is forgotten when no quota counts it any more, and never while the rules are being read anew', async () => {
    await shop.tell('A', { units: 10, consumed: 0, consumedAt: '07:00' })
    await shop.settle()
    for (const [quantity, at] of [
      [1, '06:30'],
      [2, '10:00'],
      [3, '10:40'],
    ] as const) {
      await shop.consume(await shop.sell('A', quantity), at)
    }
    await shop.consume(await shop.sell('A', 4, 'web'), '10:00')
    await shop.consume(await shop.sell('A', 5, 'web'))
    const { database } = shop.world
    await database.query('begin; create table kept as table inventory.terms; truncate inventory.terms; commit')
    await database.query(
      `update event_log.consumers set row_id = 0, transaction_id = '0' where name = 'inventory.terms'`,
    )
    expect(await remove()).toBe(0)
    await database.query('insert into inventory.terms table kept')
    await shop.settle()
    expect(await remove()).toBe(2)
    // Of Amazon what its quota counts; of the others what left within the last day.
    expect(await rows()).toEqual([2, 3, 5])
    await shop.tell('A', { units: 10, consumed: 3, consumedAt: '10:30' })
    await shop.settle()
    expect(await remove()).toBe(1)
    expect(await left()).toEqual([4, 21])
    await shop.tell('A', { mode: 'SHARED' })
    await shop.settle()
    expect(await remove()).toBe(1)
    expect(await rows()).toEqual([5])
  })
})
