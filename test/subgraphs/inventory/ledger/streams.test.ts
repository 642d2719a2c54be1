import { describe, expect, it } from 'vitest'
import { hear, type Stream } from '../../../../subgraphs/inventory/ledger/streams.ts'

describe('numbers of a stream', () => {
  it('heard twice, or first late, change nothing', () => {
    const heard = (numbers: readonly number[]) => numbers.reduce<Stream | null>(hear, null)
    expect(heard([5, 6, 6, 5, 4])).toEqual({ next: 7, missing: [] })
    expect(heard([5, 9, 7, 9])).toEqual({
      next: 10,
      missing: [
        { from: 6, to: 6 },
        { from: 8, to: 8 },
      ],
    })
  })
})
