import { expect, it } from 'vitest'
import { createVariantOf } from '../../../../subgraphs/inventory/reservations/variant-of.ts'

it('knows the latest, however many there were, and forgets the rest', () => {
  const variantOf = createVariantOf(10)
  const known = (count: number) => Array.from({ length: count }, (_, n) => variantOf.get(`r${n}`))
  for (let n = 0; n < 15; n += 1) variantOf.set(`r${n}`, `v${n}`)
  expect(known(15)).toEqual(Array.from({ length: 15 }, (_, n) => `v${n}`))
  for (let n = 15; n < 35; n += 1) variantOf.set(`r${n}`, `v${n}`)
  expect(known(35).slice(25)).toEqual(Array.from({ length: 10 }, (_, n) => `v${n + 25}`))
  expect(known(20)).toEqual(Array.from({ length: 20 }, () => undefined))
})
