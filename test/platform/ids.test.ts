import { describe, expect, it } from 'vitest'
import { createIdMinter } from '../../platform/ids.ts'

describe('createIdMinter', () => {
  it('mints ULIDs that tell their time', () => {
    const minter = createIdMinter(
      () => new Date(1_469_918_176_385),
      (sizeBytes) => new Uint8Array(sizeBytes),
    )
    expect(minter.ulid()).toBe('01ARYZ6S410000000000000000')
  })

  it('mints ever greater ones while the clock stands still or steps back', () => {
    let nowMs = 2_000
    const minter = createIdMinter(() => new Date(nowMs))
    const minted = Array.from({ length: 1_000 }, (_, index) => {
      if (index === 500) nowMs = 1_000
      return minter.ulid()
    })
    expect(minted).toEqual([...new Set(minted)].sort())
  })

  it('goes on into the next millisecond when the random part is used up', () => {
    const minter = createIdMinter(
      () => new Date(1_000),
      (sizeBytes) => new Uint8Array(sizeBytes).fill(255),
    )
    const first = minter.ulid()
    const minted = Array.from({ length: 100 }, () => minter.ulid())
    expect([first, ...minted]).toEqual([first, ...minted].toSorted())
    expect(first).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
  })
})
