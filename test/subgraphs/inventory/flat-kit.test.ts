import { expect, it } from 'vitest'
import { flatKit } from '../../../subgraphs/inventory/flat-kit.ts'
import type { Kit } from '../../../subgraphs/inventory/terms-reads.ts'

const kit = (id: string, parts: Readonly<Record<string, number>>, shipTogether = false): Kit => ({
  ...{ id, variantId: id, shipTogether },
  components: Object.entries(parts).map(([variantId, quantity]) => ({ variantId, quantity })),
})
const flat = (of: Kit, ...others: readonly Kit[]) =>
  flatKit(of, (id) => [of, ...others].find(({ variantId }) => variantId === id) ?? null)

it('is what kits are made of in the end, each variant once', () => {
  const skis = kit('skis', { ski: 2, binding: 2 }, true)
  const set = kit('set', { skis: 1, boots: 2, binding: 1 })
  expect(flat(set, skis)).toEqual(kit('set', { ski: 2, binding: 3, boots: 2 }, true))
  expect(flat(kit('pair', { set: 2 }), set, skis)).toEqual(kit('pair', { ski: 4, binding: 6, boots: 4 }, true))
  const twice = { ...kit('twice', {}), components: ['ski', 'ski'].map((variantId) => ({ variantId, quantity: 1 })) }
  expect(flat(twice)).toEqual(kit('twice', { ski: 2 }))
})

it('is the kit itself where there is nothing to flatten', () => {
  const skis = kit('skis', { ski: 2 })
  expect(flat(skis)).toBe(skis)
})

it('is made of nothing where it contains itself', () => {
  expect(flat(kit('a', { b: 1, c: 1 }), kit('b', { a: 1 }))).toEqual(kit('a', {}))
  expect(flat(kit('a', { a: 2 }))).toEqual(kit('a', {}))
})
