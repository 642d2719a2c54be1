import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { service } from '../../../support/viewers.ts'
import { openReservationWorld, type ReservationWorld } from './world.ts'

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 6, S1: 4 })
})
afterEach(() => shop[Symbol.asyncDispose]())

async function owe(quantity: number): Promise<string> {
  const { reservations } = await shop.reserve('A', quantity, { placement: 'NETWORK' })
  const [{ id }] = reservations
  expect(
    await shop.mutate('confirmReservation', { orderId: `order of ${id}`, items: [{ reservationId: id }] }),
  ).toMatchObject({
    __typename: 'ReservationSuccess',
  })
  return id
}

describe('units that the network owes and no location has yet', () => {
  it.each(['consumeReservation', 'allocateReservation'])(
    'are not %s: nothing would count them any more',
    async (step) => {
      const id = await owe(4)
      expect(await shop.mutate(step, { items: [{ reservationId: id }] })).toMatchObject({
        __typename: 'ReservationUnitsMissing',
        message: expect.stringContaining('moveReservation'),
        requested: 4,
        outstanding: 0,
      })
      expect(await shop.ats('A')).toBe(6)

      const moved = { reservationId: id, locationId: await shop.locationId('DC1') }
      expect(await shop.mutate('moveReservation', moved)).toMatchObject({ __typename: 'ReservationSuccess' })
      expect(await shop.mutate(step, { items: [{ reservationId: id }] })).toMatchObject({
        __typename: 'ReservationSuccess',
      })
      expect(await shop.ats('A')).toBe(6)
      expect(await shop.drift()).toEqual([])
    },
  )

  it('are not sent elsewhere: a transfer leaves what is owed', async () => {
    await owe(7)
    const send = async (quantity: number) => {
      const { data } = await shop.world.tryToAsk(
        `mutation ($input: StartTransferInput!) { answer: startTransfer(input: $input) { __typename
          ... on InsufficientStock { shortfalls { requested available alternatives { available location { code } } } } } }`,
        {
          input: {
            idempotencyKey: `transfer of ${quantity}`,
            fromLocationId: await shop.locationId('DC1'),
            toLocationId: await shop.locationId('S1'),
            lines: [{ lineId: '1', sku: 'A', quantity }],
          },
        },
        { ...service, tenant: 'test' },
      )
      return (data as { readonly answer: unknown }).answer
    }
    expect(await send(4)).toMatchObject({
      shortfalls: [{ requested: 4, available: 3, alternatives: [{ available: 3, location: { code: 'S1' } }] }],
    })
    expect(await send(3)).toMatchObject({ __typename: 'TransferSuccess' })
    expect(await shop.ats('A')).toBe(0)
  })
})
