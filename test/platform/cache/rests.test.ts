import { expect, it } from 'vitest'
import { noteRests } from '../../../platform/cache/rests.ts'

it('an answer that rests on what was gone when it was noted is not given again', () => {
  const among = { count: 1 }
  const rests = noteRests(0)
  rests.on({ isHeld: true, among })
  expect(rests.areGoodAt(1)).toBe(true)
  rests.on({ isHeld: false, among })
  expect(rests.areGoodAt(1)).toBe(false)
})
