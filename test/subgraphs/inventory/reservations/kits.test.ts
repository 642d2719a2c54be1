import { afterEach, beforeEach, expect, it } from 'vitest'
import { createPostgresEventLog } from '../../../../platform/event-log/postgres.ts'
import { removeIdleIssues } from '../../../../subgraphs/inventory/reservations/channel-issues.ts'
import { openRingFenceWorld, type RingFenceWorld } from './ring-fence-world.ts'

let shop: RingFenceWorld
beforeEach(async () => {
  shop = await openRingFenceWorld()
  await shop.count('SKI', 40, '06:00')
  await shop.count('BOOT', 20, '06:00')
  await shop.stock('SET', {})
  await shop.world.deliver('kit', {
    set: {
      variant: sku('SET'),
      components: [
        { variant: sku('SKI'), quantity: 2 },
        { variant: sku('BOOT'), quantity: 1 },
      ],
    },
  })
})
afterEach(() => shop[Symbol.asyncDispose]())

const sku = (value: string) => ({ namespace: 'sku', value })
const reserve = (quantity: number, overrides = {}) =>
  shop.reserve('SET', quantity, { channelId: 'amazon', ...overrides })
const refused = (available: number) => ({
  __typename: 'InsufficientStock',
  shortfalls: [expect.objectContaining({ available })],
})
const admitted = { __typename: 'ReserveStockSuccess' }

it('a quota of a kit is sold once, by whoever asks at the same time', async () => {
  await shop.tell('SET', { units: 3 })
  const answers = await Promise.all(Array.from({ length: 8 }, () => reserve(1)))
  expect(answers.filter((answer) => answer.__typename === 'ReserveStockSuccess')).toHaveLength(3)
  expect(await shop.ats('SET', 'amazon')).toBe(0)
  expect(await shop.ats('SET')).toBe(17)
  // Of its components there is more.
  expect(await shop.reserve('SKI', 5, { channelId: 'amazon' })).toMatchObject(admitted)
})

it('a quota of a kit is given back to whoever reserves anew, as it runs out and as it is released', async () => {
  await shop.tell('SET', { units: 3 })
  const owner = { kind: 'CART', id: 'one' }
  expect(await reserve(2, { owner })).toMatchObject(admitted)
  expect(await reserve(2)).toMatchObject(refused(1))
  expect(await reserve(3, { owner })).toMatchObject(admitted)
  await shop.runOut()
  const { reservations } = await reserve(3)
  expect(await reserve(1)).toMatchObject(refused(0))
  // A kit of which a ski is still kept is none to sell.
  const [ski] = reservations
  expect(ski.quantity).toBe(6)
  await shop.release(ski.id, 3)
  expect(await shop.ats('SET', 'amazon')).toBe(1)
  await shop.release(ski.id, 3)
  expect(await shop.ats('SET', 'amazon')).toBe(3)
  expect(await reserve(4)).toMatchObject(refused(3))
  expect(await reserve(3)).toMatchObject(admitted)
})

it('kits that left stay of their quota, whoever counts the shelves, until its owner says how many it sold', async () => {
  await shop.tell('SET', { units: 5, consumed: 1, consumedAt: '07:00' })
  const { reservations } = await reserve(2)
  const items = reservations.map(({ id }: { readonly id: string }) => ({ reservationId: id }))
  await shop.mutate('confirmReservation', { orderId: 'o-1', items })
  const told = async () => [await shop.ats('SET', 'amazon'), await shop.ats('SET')]
  expect(await told()).toEqual([2, 16])
  for (const [at, { id }] of reservations.entries())
    await (at === 0 ? shop.allocate(id, '08:00') : shop.consume(id, '08:00'))
  expect(await told()).toEqual([2, 16])
  await shop.consume(reservations[0].id, '08:30')
  await shop.count('SKI', 36, '09:00')
  await shop.count('BOOT', 18, '09:00')
  expect(await told()).toEqual([2, 16])
  // What is kept of what left: that of skis, since by them the kit is known.
  const { database } = shop.world
  using eventLog = createPostgresEventLog({ database })
  expect(await removeIdleIssues({ database, eventLog }, 100)).toBe(1)
  expect(await told()).toEqual([2, 16])
  expect(await reserve(3)).toMatchObject(refused(2))
  await shop.tell('SET', { units: 5, consumed: 1, consumedAt: '10:00' })
  expect(await told()).toEqual([4, 14])
  expect(await reserve(4)).toMatchObject(admitted)
  expect(await told()).toEqual([0, 14])
})

it('what a kit is excluded from is taken for it nowhere, also where no place is named yet', async () => {
  await shop.stock('BOOT', { S1: 3 })
  await shop.stock('SKI', { S1: 10 })
  await shop.world.deliver('location-exclusion', {
    apart: { variant: sku('SET'), location: { namespace: 'location-code', value: 'DC1' }, reason: 'nobody packs it' },
  })
  expect([await shop.ats('SET'), await shop.ats('SET', 'amazon')]).toEqual([3, 0])
  for (const placement of ['PLACED', 'NETWORK']) {
    expect(await shop.reserve('SET', 4, { placement })).toMatchObject(refused(3))
    const { plan, reservations } = await shop.reserve('SET', 3, { placement })
    const codes = new Set(
      plan.map(({ location }: { readonly location: { readonly code: string } | null }) => location?.code),
    )
    expect([...codes]).toEqual([placement === 'PLACED' ? 'S1' : undefined])
    for (const { id } of reservations) await shop.release(id)
  }
  const locationId = await shop.locationId('DC1')
  expect(await shop.reserve('SET', 1, { locationId })).toMatchObject(refused(0))
  expect(await shop.reserve('BOOT', 1, { locationId })).toMatchObject(admitted)
})

it('other variants cost not a statement more for there being kits, nor for one that is sold out by its own quota', async () => {
  const ask = 'query ($items: [AvailabilityItem!]!) { availability(channelId: "web", items: $items) { ats } }'
  const take = 'mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { __typename } }'
  let buyers = 0
  const taken = async () => {
    const id = `buyer ${++buyers}`
    const lines = [{ lineId: '1', sku: 'BOOT', quantity: 1 }]
    return await shop.world.statementsOf(take, {
      input: { idempotencyKey: id, channelId: 'amazon', owner: { kind: 'CART', id }, lines },
    })
  }
  const told = () => shop.world.statementsOf(ask, { items: [{ sku: 'BOOT' }] })
  const warm = async () => {
    await shop.settle()
    await told()
  }
  await taken()
  await warm()
  const alone = await taken()
  await shop.tell('SET', { units: 3 })
  expect(await reserve(4)).toMatchObject(refused(3))
  expect(await reserve(3)).toMatchObject(admitted)
  expect(await reserve(1)).toMatchObject(refused(0))
  await warm()
  expect(await told()).toBe(0)
  expect(await taken()).toBe(alone)
})
