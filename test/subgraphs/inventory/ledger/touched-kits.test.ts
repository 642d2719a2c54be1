import { afterEach, beforeEach, expect, it } from 'vitest'
import { openReservationWorld, type ReservationWorld } from '../reservations/world.ts'

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('SKIS', { DC1: 4 })
  await shop.stock('BOOTS', { DC1: 4 })
  await shop.stock('POLES', { DC1: 4 })
  await shop.stock('KIT', {})
  await deliverKit(['SKIS', 'BOOTS'])
})
afterEach(() => shop[Symbol.asyncDispose]())

const sku = (value: string) => ({ namespace: 'sku', value })
const deliverKit = (of: readonly string[] | null) =>
  shop.world.deliver('kit', {
    k: of && { variant: sku('KIT'), components: of.map((component) => ({ variant: sku(component), quantity: 1 })) },
  })

/** How often something was told of kits, and of which. */
async function told(): Promise<readonly unknown[]> {
  await shop.world.settle()
  const kit = await shop.world.database.query<{ id: string }>("select id from inventory.variants where sku = 'KIT'")
  return (await shop.world.events())
    .filter(({ type }) => type === 'retail.inventory.kit-touched.v1')
    .map(({ data }) => data.variantId === kit.rows[0]?.id)
}

it('a kit is told of when stock or reservations of a component change, and of nothing else', async () => {
  expect(await told()).toEqual([])
  const { reservations } = await shop.reserve('SKIS', 3)
  expect(await told()).toEqual([true])
  await shop.mutate('releaseReservation', { items: [{ reservationId: reservations[0].id }] })
  expect(await told()).toEqual([true, true])
  await shop.commit('BOOTS', 'DC1', 1, 0)
  expect(await told()).toEqual([true, true, true])
  await shop.commit('POLES', 'DC1', 5, 0)
  await shop.reserve('POLES', 1)
  expect(await told()).toHaveLength(3)

  await deliverKit(['BOOTS', 'POLES'])
  await shop.commit('SKIS', 'DC1', 1, 0)
  expect(await told()).toHaveLength(3)
  await shop.reserve('POLES', 1)
  expect(await told()).toHaveLength(4)
  await deliverKit(null)
  await shop.commit('BOOTS', 'DC1', 2, 0)
  expect(await told()).toHaveLength(4)
})
