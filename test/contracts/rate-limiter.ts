import { expect, it } from 'vitest'
import type { RateLimiter } from '../../gateway/rate-limit/rate-limiter.ts'

export type RateLimiterUnderTest = { readonly limiter: RateLimiter; readonly freshKey: () => string }

/** What every driver of the limiter promises. The slow plan restores so little that a test's length does not show. */
export function describeRateLimiter(open: () => Promise<RateLimiterUnderTest>): void {
  const slow = { maximum: 100, restoreRate: 0.001 }

  it('takes points until the bucket is empty, then says how long to wait', async () => {
    const { limiter, freshKey } = await open()
    const key = freshKey()
    expect(await limiter.charge(key, 60, slow)).toMatchObject({ allowed: true, available: 40, maximum: 100 })
    expect(await limiter.charge(key, 40, slow)).toMatchObject({ allowed: true, available: 0, retryAfterMs: 0 })
    const refused = await limiter.charge(key, 10, slow)
    expect(refused).toMatchObject({ allowed: false, available: 0 })
    expect(refused.retryAfterMs).toBeGreaterThan(9_900_000)
    expect(refused.retryAfterMs).toBeLessThanOrEqual(10_000_000)
  })

  it('takes nothing when it refuses', async () => {
    const { limiter, freshKey } = await open()
    const key = freshKey()
    expect(await limiter.charge(key, 101, slow)).toMatchObject({ allowed: false, available: 100 })
    expect(await limiter.charge(key, 100, slow)).toMatchObject({ allowed: true, available: 0 })
  })

  it('gives back what was not spent, never above the maximum', async () => {
    const { limiter, freshKey } = await open()
    const key = freshKey()
    await limiter.charge(key, 50, slow)
    await limiter.refund(key, 20, slow)
    expect(await limiter.charge(key, 0, slow)).toMatchObject({ available: 70 })
    await limiter.refund(key, 500, slow)
    expect(await limiter.charge(key, 0, slow)).toMatchObject({ available: 100 })
  })

  it('keeps buckets apart', async () => {
    const { limiter, freshKey } = await open()
    await limiter.charge(freshKey(), 100, slow)
    expect(await limiter.charge(freshKey(), 100, slow)).toMatchObject({ allowed: true })
  })

  it('never gives more than the bucket to callers that come at once', async () => {
    const { limiter, freshKey } = await open()
    const key = freshKey()
    const decisions = await Promise.all(Array.from({ length: 50 }, () => limiter.charge(key, 7, slow)))
    expect(decisions.filter((decision) => decision.allowed)).toHaveLength(14)
  })

  it('restores points as time goes by', async () => {
    const { limiter, freshKey } = await open()
    const key = freshKey()
    const fast = { maximum: 10, restoreRate: 1_000 }
    await limiter.charge(key, 10, fast)
    await expect.poll(async () => (await limiter.charge(key, 0, fast)).available, { timeout: 5_000 }).toBe(10)
  })
}
