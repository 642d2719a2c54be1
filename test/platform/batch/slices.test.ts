import { describe, expect, it } from 'vitest'
import { inSlices, inSlicesBehind } from '../../../platform/batch/slices.ts'

describe('slices', () => {
  it('leave others a turn in between', async () => {
    const order: string[] = []
    setImmediate(() => order.push('another'))
    await inSlices(40, (at) => order.push(`${at}`))
    expect(order.indexOf('another')).toBeGreaterThan(0)
    expect(order.indexOf('another')).toBeLessThan(40)
    expect(order).toHaveLength(41)
  })

  it('of what nothing waits for let what is under way go first', async () => {
    const order: string[] = []
    await Promise.all([
      inSlices(300, () => order.push('first')),
      inSlicesBehind(40, () => order.push('behind')),
      inSlices(300, () => order.push('first')),
    ])
    expect(order.slice(0, 600).every((name) => name === 'first')).toBe(true)
    expect(order).toHaveLength(640)
  })

  it('are put off by so many turns, and not for ever', async () => {
    let behind = 0
    let seen = 0
    const told = inSlicesBehind(64, () => {
      behind += 1
    })
    await inSlices(32 * 100, () => {
      seen = behind
    })
    await told
    expect(seen).toBe(64)
  })

  it('that are few hold up nobody, and are done at once', async () => {
    let told = 0
    const first = inSlices(300, () => {})
    void inSlicesBehind(32, () => {
      told += 1
    })
    expect(told).toBe(32)
    await first
  })

  it('stop at what a step throws, and hold up nobody after it', async () => {
    const failed = inSlices(2, () => {
      throw new TypeError('broken')
    })
    await expect(failed).rejects.toThrow('broken')
    let told = false
    void inSlicesBehind(1, () => {
      told = true
    })
    expect(told).toBe(true)
  })
})
