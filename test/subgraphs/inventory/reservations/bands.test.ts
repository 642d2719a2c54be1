import { expect, it } from 'vitest'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { anonymous, service, shopper, staff } from '../../../support/viewers.ts'
import { openReservationWorld } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

const fields = `__typename ... on DomainError { message } ... on InsufficientStock { shortfalls {
  requested available alternatives { available location { code } } substitutes { ats largestSingleLocation } } }`

it('a refusal tells storefronts no more of stock than availability does: bands above ten', async () => {
  await using shop = await openReservationWorld()
  await shop.stock('A', { DC1: 430, S1: 57, S2: 10 })
  await shop.stock('B', { DC1: 34 })
  const variant = (value: string) => ({ namespace: 'sku', value })
  await shop.world.deliver('substitution', { 1: { variant: variant('A'), substitutes: [variant('B')] } })
  let asked = 0
  const ask = async (viewer: Viewer, name: string, type: string, input: Answer): Promise<Answer> => {
    const text = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { ${fields} } }`
    const full = { idempotencyKey: `key-${++asked}`, ...input }
    const { data, errors }: Answer = await shop.world.tryToAsk(text, { input: full }, viewer)
    expect(errors).toBeUndefined()
    return data.answer
  }
  const owner = { kind: 'CART', id: 'c-1' }
  const locationId = await shop.locationId('S1')
  const collect = (viewer: Viewer) =>
    ask(viewer, 'reserveStock', 'ReserveStockInput', {
      ...{ channelId: 'web', method: 'PICKUP', owner, locationId, lines: [{ lineId: '1', sku: 'A', quantity: 58 }] },
    })
  const at = (code: string, available: number) => ({ available, location: { code } })

  const message = 'Cannot keep these units: there are fewer to be promised'
  const refusal = (shortfall: Answer) => ({ __typename: 'InsufficientStock', message, shortfalls: [shortfall] })
  const banded = refusal({
    ...{ requested: 58, available: 50, alternatives: [at('DC1', 100), at('S2', 10)] },
    substitutes: [{ ats: 20, largestSingleLocation: 20 }],
  })
  const exact = refusal({
    ...{ requested: 58, available: 57, alternatives: [at('DC1', 430), at('S2', 10)] },
    substitutes: [{ ats: 34, largestSingleLocation: 34 }],
  })
  expect(await collect(anonymous)).toEqual(banded)
  expect(await collect(shopper())).toEqual(banded)
  expect(await collect(staff(['service-desk']))).toEqual(exact)
  expect(await collect(service)).toEqual(exact)

  const { reservations } = await shop.reserve('A', 60)
  const move = { reservationId: reservations[0].id, locationId }
  expect(await ask(staff(['service-desk']), 'moveReservation', 'MoveReservationInput', move)).toMatchObject({
    shortfalls: [{ requested: 60, available: 57, alternatives: [at('DC1', 370)], substitutes: [] }],
  })
})
