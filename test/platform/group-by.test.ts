import { expect, it } from 'vitest'
import { groupBy } from '../../platform/group-by.ts'

it('groups by key, keys by first appearance and items in the order given', () => {
  const groups = groupBy(['b1', 'a1', 'b2'], (text) => text.charAt(0))
  expect([...groups]).toEqual([
    ['b', ['b1', 'b2']],
    ['a', ['a1']],
  ])
})
