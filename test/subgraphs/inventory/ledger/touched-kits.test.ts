import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Queryable } from '../../../../platform/sql/database.ts'
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

const supplyOf = (component: string) => ({
  kind: 'PURCHASE_ORDER',
  variant: sku(component),
  destination: { namespace: 'location-code', value: 'DC1' },
  quantity: 5,
  eta: '2026-10-05T12:00:00Z',
  state: 'CONFIRMED',
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

it('a kit is told of when a rule or supply of a component changes, or is no more', async () => {
  const rule = { variant: sku('SKIS'), units: 1 }
  await shop.world.deliver('safety-rule', { s: rule })
  expect(await told()).toEqual([true])
  await shop.world.deliver('safety-rule', { s: null })
  expect(await told()).toHaveLength(2)
  await shop.world.deliver('location-exclusion', { e: { variant: sku('BOOTS'), reason: 'recalled' } })
  expect(await told()).toHaveLength(3)
  await shop.world.deliver('channel-allocation', {
    c: { channelId: 'web', variant: sku('BOOTS'), mode: 'CAP', units: 1 },
  })
  expect(await told()).toHaveLength(4)
  await shop.world.deliver('supply', { p: supplyOf('SKIS') })
  expect(await told()).toEqual([true, true, true, true, true])

  await shop.world.deliver('safety-rule', { s: { ...rule, variant: sku('POLES') }, all: { units: 1 } })
  await shop.world.deliver('supply', { q: supplyOf('POLES') })
  expect(await told()).toHaveLength(5)
})

it('a kit of kits is told of when anything changes that they are made of', async () => {
  await shop.stock('SET', {})
  const outer = { variant: sku('SET'), components: [{ variant: sku('KIT'), quantity: 1 }] }
  await shop.world.deliver('kit', { outer })
  expect(await told()).toEqual([])
  await shop.reserve('SKIS', 1)
  expect((await told()).toSorted()).toEqual([false, true])
  await deliverKit(['POLES'])
  expect(await told()).toHaveLength(3)
  await shop.reserve('POLES', 1)
  expect(await told()).toHaveLength(5)
})

it('finds kits by their components without reading all that was agreed, however little that was at first', async () => {
  const { database } = shop.world
  await database.transaction(async (transaction) => {
    const ask = () => transaction.query('select * from inventory.kits_of($1)', [['var_1', 'var_2']])
    await ask()
    await transaction.query(growText, [])
    const before = await wholeReads(transaction)
    expect((await ask()).rows).toEqual([
      { kit: 'kit_1', component: 'var_1' },
      { kit: 'kit_1', component: 'var_2' },
      { kit: 'kit_2', component: 'var_2' },
    ])
    expect(await wholeReads(transaction)).toBe(before)
  })
})

/** Each kit of a variant and the next one. */
const growText = `
  insert into inventory.terms (id, kind, withdrawn, variant_id, data, version)
  select 'kit ' || n, 'kit', false, 'kit_' || n, jsonb_build_object('components', jsonb_build_array(
    jsonb_build_object('variantId', 'var_' || n), jsonb_build_object('variantId', 'var_' || n + 1))), 1
  from generate_series(1, 2000) as n`

async function wholeReads(transaction: Queryable): Promise<number> {
  const { rows } = await transaction.query<{ scans: number }>(
    "select coalesce(sum(seq_scan), 0)::integer as scans from pg_stat_xact_user_tables where relname = 'terms'",
    [],
  )
  return rows[0]?.scans ?? 0
}
