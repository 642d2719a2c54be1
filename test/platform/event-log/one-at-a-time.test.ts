import { describe, expect, it } from 'vitest'
import { createOneAtATime } from '../../../platform/event-log/one-at-a-time.ts'

describe('createOneAtATime()', () => {
  it('runs again after runs that awaited nothing, and after runs that failed', async () => {
    let runs = 0
    await using sending = createOneAtATime(async () => {
      runs += 1
      if (runs === 2) throw new Error('away')
    })
    for (const count of [1, 2, 3]) {
      sending.run()
      await expect.poll(() => runs).toBe(count)
    }
  })

  it('rests between two runs and before none', async () => {
    const begun: number[] = []
    await using sending = createOneAtATime(async () => void begun.push(performance.now()), 40)
    for (let asked = 0; asked < 100; asked += 1) sending.run()
    expect(begun).toHaveLength(1)
    await expect.poll(() => begun.length).toBe(2)
    // A timer may go off a millisecond early by another clock.
    expect((begun[1] ?? 0) - (begun[0] ?? 0)).toBeGreaterThan(38)
  })

  it('makes one run of all that is asked for while one is under way, and none after it is closed', async () => {
    const ends: (() => void)[] = []
    const sending = createOneAtATime(() => new Promise((resolve) => void ends.push(resolve)))
    for (let asked = 0; asked < 100; asked += 1) sending.run()
    expect(ends).toHaveLength(1)
    ends[0]?.()
    await expect.poll(() => ends.length).toBe(2)
    sending.run()
    const closed = sending[Symbol.asyncDispose]()
    ends[1]?.()
    await closed
    sending.run()
    expect(ends).toHaveLength(2)
  })
})
