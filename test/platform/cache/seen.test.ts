import { expect, it } from 'vitest'
import { createSeen } from '../../../platform/cache/seen.ts'

it('knows what it met lately, and no more than twice its bound', () => {
  const seen = createSeen(30)
  const met = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => seen(`text ${String(from + index).padStart(5, '0')}`))
  // Ten characters each.
  expect(met(0, 3)).toEqual([false, false, false])
  expect(met(0, 3)).toEqual([true, true, true])
  expect(met(3, 5)).toEqual([false, false])
  expect(met(1, 3)).toEqual([true, true])
  expect(met(100, 106)).not.toContain(true)
  expect(met(0, 5)).not.toContain(true)
})
