import { describe, expect, it } from 'vitest'
import { createMemoryRateLimiter } from '../../../gateway/rate-limit/memory.ts'
import { describeRateLimiter } from '../../contracts/rate-limiter.ts'

describe('memory rate limiter', () => {
  let keys = 0
  describeRateLimiter(() =>
    Promise.resolve({
      limiter: createMemoryRateLimiter({ clock: () => new Date() }),
      freshKey: () => `client-${keys++}`,
    }),
  )

  it('restores by its clock, and a clock that jumps back takes nothing away', async () => {
    let nowMs = 1_000_000
    const limiter = createMemoryRateLimiter({ clock: () => new Date(nowMs) })
    const plan = { maximum: 100, restoreRate: 10 }
    await limiter.charge('a', 100, plan)
    nowMs += 2_500
    expect((await limiter.charge('a', 0, plan)).available).toBe(25)
    nowMs -= 3_600_000
    expect((await limiter.charge('a', 0, plan)).available).toBe(25)
  })

  it('forgets the least used bucket when it holds too many', async () => {
    const limiter = createMemoryRateLimiter({ clock: () => new Date(0), maxKeys: 2 })
    const plan = { maximum: 10, restoreRate: 1 }
    await limiter.charge('a', 10, plan)
    await limiter.charge('b', 10, plan)
    await limiter.charge('c', 10, plan)
    expect((await limiter.charge('a', 0, plan)).available).toBe(10)
    expect((await limiter.charge('c', 0, plan)).available).toBe(0)
  })
})
