import { expect, it } from 'vitest'
import { channelDocument, stockDocument } from './documents.ts'
import { openReservationWorld } from './reservations/world.ts'

const sku = { namespace: 'sku', value: 'A' }
const place = (value: string) => ({ namespace: 'location-code', value })

it('the worked vector, from what systems say to what may be promised and kept: web 20, Amazon 6', async () => {
  await using shop = await openReservationWorld()
  const { world } = shop
  await world.deliver('channel', { amazon: channelDocument('amazon', { methods: ['SHIP'] }) })
  await shop.stock('A', { DC1: 0, S1: 0 })
  await world.deliver('stock', {
    'A@DC1': stockDocument('A', 'DC1', { onHand: 40, committed: 6 }),
    'A@S1': stockDocument('A', 'S1', { onHand: 5 }),
  })
  await world.deliver('safety-rule', {
    dc: { percent: 10, location: place('DC1') },
    store: { units: 2, location: place('S1') },
  })
  // Four held at the centre, three owed by the network.
  const at = { locationId: await shop.locationId('DC1') }
  expect(await shop.reserve('A', 4, at)).toMatchObject({ __typename: 'ReserveStockSuccess' })
  expect(await shop.reserve('A', 3, { placement: 'NETWORK' })).toMatchObject({ __typename: 'ReserveStockSuccess' })
  await world.deliver('channel-allocation', {
    fence: { channelId: 'amazon', variant: sku, mode: 'RING_FENCED', units: 8, consumed: 2 },
  })
  expect([await shop.ats('A', 'web'), await shop.ats('A', 'amazon')]).toEqual([20, 6])

  const { availability } = (await world.ask(
    '{ availability(channelId: "web", items: [{ sku: "A" }]) { ats explain { ats terms { kind units location { code } } } } }',
  )) as { availability: readonly { readonly explain: { readonly terms: readonly { readonly units: number }[] } }[] }
  const terms = availability[0]?.explain.terms ?? []
  expect(terms).toEqual(
    [
      ['ON_HAND', 40, 'DC1'],
      ['COMMITTED', -6, 'DC1'],
      ['RESERVED', -4, 'DC1'],
      ['SAFETY_STOCK', -4, 'DC1'],
      ['ON_HAND', 5, 'S1'],
      ['SAFETY_STOCK', -2, 'S1'],
      ['UNPLACED_DEMAND', -3, null],
      ['OTHER_ALLOCATION', -6, null],
    ].map(([kind, units, code]) => ({ kind, units, location: code === null ? null : { code } })),
  )
  expect(terms.reduce((sum, { units }) => sum + units, 0)).toBe(20)

  await world.deliver('channel-allocation', { floor: { channelId: 'web', mode: 'SHARED', publishFloor: 21 } })
  expect(await shop.ats('A', 'web')).toBe(0)
  await world.deliver('channel-allocation', { floor: null })
  // What is told is what can be had: no more and no less.
  for (const [channelId, units] of [
    ['web', 20],
    ['amazon', 6],
  ] as const) {
    expect(await shop.reserve('A', units + 1, { channelId })).toMatchObject({ __typename: 'InsufficientStock' })
    expect(await shop.reserve('A', units, { channelId })).toMatchObject({ __typename: 'ReserveStockSuccess' })
  }
  expect([await shop.ats('A', 'web'), await shop.ats('A', 'amazon')]).toEqual([0, 0])
})
