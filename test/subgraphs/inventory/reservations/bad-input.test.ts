import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimKeys, keyedCommand } from '../../../../platform/idempotency/idempotency.ts'
import { anonymous } from '../../../support/viewers.ts'
import { openReservationWorld, type ReservationWorld } from './world.ts'

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 10 })
})
afterEach(() => shop[Symbol.asyncDispose]())

const owner = { kind: 'CART', id: 'c-1' }
const units = (reservationId: string, quantity?: number) => ({ items: [{ reservationId, quantity }] })

async function nothingChanged(): Promise<void> {
  expect(await shop.ats('A')).toBe(10)
  const { rows } = await shop.world.database.query('select id from inventory.reservations')
  expect(rows).toEqual([])
}

describe('bad input to reserveStock is a typed answer and changes nothing', () => {
  it('unknown SKU, both names, no name', async () => {
    const lines = [
      { lineId: '1', sku: 'nothing', quantity: 1 },
      { lineId: '2', sku: 'A', quantity: 1 },
    ]
    expect(await shop.reserve('', 0, { lines })).toMatchObject({
      __typename: 'InvalidLines',
      code: 'INVALID',
      lines: [{ lineId: '1', reason: 'UNKNOWN_VARIANT' }],
    })
    const both = [
      { lineId: '1', sku: 'A', variantId: 'x', quantity: 1 },
      { lineId: '2', quantity: 1 },
    ]
    expect((await shop.reserve('', 0, { lines: both })).lines).toHaveLength(2)
    await nothingChanged()
  })

  it('unknown variant id', async () => {
    const lines = [{ lineId: '1', variantId: 'var_none', quantity: 1 }]
    expect(await shop.reserve('', 0, { lines })).toMatchObject({
      __typename: 'InvalidLines',
      lines: [{ lineId: '1', reason: 'UNKNOWN_VARIANT' }],
    })
    await nothingChanged()
  })

  it('unknown location and unknown or closed channel', async () => {
    expect(await shop.reserve('A', 1, { locationId: 'loc_none' })).toMatchObject({
      __typename: 'InvalidLines',
      lines: [{ lineId: null, reason: 'UNKNOWN_LOCATION' }],
    })
    const nowhere = { locationId: await shop.locationId('DC1'), placement: 'NETWORK' }
    expect(await shop.reserve('A', 1, nowhere)).toMatchObject({ lines: [{ lineId: null, reason: 'UNKNOWN_LOCATION' }] })
    expect(await shop.reserve('A', 1, { channelId: 'none' })).toMatchObject({ __typename: 'ChannelClosed' })
    expect(await shop.reserve('A', 1, { channelId: 'amazon', method: 'PICKUP' })).toMatchObject({
      __typename: 'ChannelClosed',
    })
    await nothingChanged()
  })

  it('zero, negative and overflowing quantities', async () => {
    const reasons = [
      await shop.reserve('A', 0),
      await shop.reserve('A', -1),
      await shop.reserve('A', 2_147_483_647),
    ].map((answer) => answer.lines?.[0]?.reason)
    expect(reasons).toEqual(['BAD_QUANTITY', 'BAD_QUANTITY', 'BAD_QUANTITY'])
    await expect(shop.reserve('A', 2_147_483_648)).rejects.toThrow(/BAD_USER_INPUT|32-bit/)
    // Each fits, their sum does not fit 32 bits.
    const lines = Array.from({ length: 200 }, (_, n) => ({ lineId: `${n}`, sku: 'A', quantity: 1_000_000 }))
    expect(await shop.reserve('', 0, { lines })).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 200_000_000, available: 10 }],
    })
    await nothingChanged()
  })

  it('201 lines, no lines, a line twice, a time of nothing', async () => {
    const lines = Array.from({ length: 201 }, (_, n) => ({ lineId: `${n}`, sku: 'A', quantity: 1 }))
    const twice = [lines[0], lines[0]]
    const reasons = [
      await shop.reserve('', 0, { lines }),
      await shop.reserve('', 0, { lines: [] }),
      await shop.reserve('', 0, { lines: twice }),
      await shop.reserve('A', 1, { ttlSeconds: 0 }),
      await shop.reserve('A', 1, { ttlSeconds: 31 * 86_400 + 1 }),
    ].map((answer) => answer.lines?.[0]?.reason)
    expect(reasons).toEqual(['TOO_MANY_LINES', 'NO_LINES', 'BAD_LINE_ID', 'BAD_TTL', 'BAD_TTL'])
    await nothingChanged()
  })

  it('an empty key and a key of 201 characters are refused', async () => {
    await expect(shop.reserve('A', 1, { idempotencyKey: '' })).rejects.toThrow(/BAD_USER_INPUT/)
    await expect(shop.reserve('A', 1, { idempotencyKey: 'k'.repeat(201) })).rejects.toThrow(/BAD_USER_INPUT/)
    await nothingChanged()
  })
})

describe('an idempotency key', () => {
  it('answers the same again without doing it again', async () => {
    const input = { idempotencyKey: 'k1', owner }
    const first = await shop.reserve('A', 3, input)
    const again = await shop.reserve('A', 3, input)
    expect(again).toEqual({ ...first, replayed: true })
    expect(await shop.ats('A')).toBe(7)
    const confirm = { idempotencyKey: 'k2', orderId: 'o', ...units(first.reservations[0].id) }
    const done = await shop.mutate('confirmReservation', confirm)
    expect(await shop.mutate('confirmReservation', confirm)).toEqual({ ...done, replayed: true })
  })

  it('with another body is refused, and of another operation is another key', async () => {
    const first = await shop.reserve('A', 3, { idempotencyKey: 'k1', owner })
    expect(await shop.reserve('A', 4, { idempotencyKey: 'k1', owner })).toMatchObject({
      __typename: 'IdempotencyKeyReused',
      code: 'CONFLICT',
    })
    expect(await shop.ats('A')).toBe(7)
    const released = await shop.mutate('releaseReservation', {
      idempotencyKey: 'k1',
      ...units(first.reservations[0].id),
    })
    expect(released.__typename).toBe('ReservationSuccess')
  })

  it('given twice at the same time is done once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => shop.reserve('A', 3, { idempotencyKey: 'k1', owner })),
    )
    expect(answers.filter((answer) => answer.replayed === false)).toHaveLength(1)
    expect(await shop.ats('A')).toBe(7)
  })

  it('held by another transaction is in progress', async () => {
    const { database } = shop.world
    const answer = await database.transaction(async (transaction) => {
      const key = { tenant: 'default', clientId: 'test', operation: 'reserveStock', key: 'k1' }
      await claimKeys(transaction, [keyedCommand(key, 'of another process')])
      return await shop.reserve('A', 3, { idempotencyKey: 'k1', owner })
    })
    expect(answer).toMatchObject({ __typename: 'IdempotencyInProgress' })
    await expect(shop.reserve('A', 3, { idempotencyKey: 'k1', owner })).resolves.toMatchObject({ replayed: false })
  })

  it('of what was refused may be used again, once there is stock', async () => {
    const input = { idempotencyKey: 'k1', owner }
    expect((await shop.reserve('A', 11, input)).__typename).toBe('InsufficientStock')
    await shop.stock('A', { DC1: 11 })
    expect((await shop.reserve('A', 11, input)).__typename).toBe('ReserveStockSuccess')
  })
})

describe('a foreign reservation', () => {
  it('is not found by another client, another owner or without an owner', async () => {
    const { reservations } = await shop.reserve('A', 3, { owner })
    const { id } = reservations[0]
    const stranger = { ...anonymous, clientId: 'another' }
    const query = 'query ($id: ID!) { reservation(id: $id) { held } }'
    expect((await shop.world.tryToAsk(query, { id }, stranger)).data).toEqual({ reservation: null })
    const release = `mutation ($input: ReservationUnitsInput!) { releaseReservation(input: $input) { __typename } }`
    const input = { idempotencyKey: 'f', ...units(id) }
    const foreign = await shop.world.tryToAsk(release, { input: { ...input, owner } }, stranger)
    expect(foreign.data).toEqual({ releaseReservation: { __typename: 'ReservationNotFound' } })
    const ownerless = await shop.world.tryToAsk(release, { input }, stranger)
    expect(ownerless.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' })
    const other = { kind: 'CART', id: 'somebody' }
    expect(await shop.mutate('releaseReservation', { owner: other, ...units(id) })).toMatchObject({
      __typename: 'ReservationNotFound',
    })
    expect(await shop.ats('A')).toBe(7)
  })

  it('of an unknown id is not found', async () => {
    expect(await shop.mutate('confirmReservation', { orderId: 'o', ...units('rsv_none') })).toMatchObject({
      __typename: 'ReservationNotFound',
      code: 'NOT_FOUND',
    })
  })
})
