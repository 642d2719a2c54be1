import { describe, expect, it } from 'vitest'
import { createBackoff, pause } from '../../../platform/resilience/backoff.ts'

describe('backoff', () => {
  it('doubles up to the cap, and begins again after a success', () => {
    const backoff = createBackoff({ baseMs: 100, capMs: 1_000, random: () => 1 })
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.nextMs())).toEqual([100, 200, 400, 800, 1_000, 1_000])
    backoff.reset()
    expect(backoff.nextMs()).toBe(100)
  })

  it('spreads the upper half of each wait', () => {
    expect(createBackoff({ baseMs: 100, capMs: 1_000, random: () => 0 }).nextMs()).toBe(50)
    expect(createBackoff({ baseMs: 100, capMs: 1_000, random: () => 0.5 }).nextMs()).toBe(75)
  })

  it('stays at the cap however long it goes on', () => {
    const backoff = createBackoff({ baseMs: 1, capMs: 60_000, random: () => 1 })
    const waits = Array.from({ length: 5_000 }, () => backoff.nextMs())
    expect(waits.at(-1)).toBe(60_000)
  })
})

describe('pause', () => {
  it('ends early and quietly when it is aborted', async () => {
    const controller = new AbortController()
    const paused = pause(3_600_000, controller.signal)
    controller.abort()
    await expect(paused).resolves.toBeUndefined()
    await expect(pause(3_600_000, controller.signal)).resolves.toBeUndefined()
  })
})
