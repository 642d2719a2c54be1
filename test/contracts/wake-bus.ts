import { expect, it } from 'vitest'
import type { WakeBus } from '../../platform/event-log/wake-bus.ts'

export type WakeBusPair = AsyncDisposable & { readonly here: WakeBus; readonly there: WakeBus }

/** What every driver promises, with two ends of one bus as two processes hold them. */
export function describeWakeBus(open: () => Promise<WakeBusPair>): void {
  it('wakes the other end and not its own, however often it is told, until the listener leaves', async () => {
    await using pair = await open()
    const woken = { here: 0, there: 0 }
    const listener = pair.here.subscribe(() => {
      woken.here += 1
    })
    pair.there.subscribe(() => {
      woken.there += 1
    })
    await expect.poll(() => Math.min(woken.here, woken.there), { timeout: 10_000 }).toBe(1)
    for (const count of [2, 3, 4]) {
      pair.there.publish()
      await expect.poll(() => woken.here, { timeout: 10_000 }).toBe(count)
    }
    // What came back to its sender would have been heard before what the other end sends after it.
    pair.here.publish()
    await expect.poll(() => woken.there, { timeout: 10_000 }).toBe(2)
    expect(woken.here).toBe(4)
    listener[Symbol.dispose]()
    for (let index = 0; index < 100; index += 1) pair.here.publish()
    await expect.poll(() => woken.there, { timeout: 10_000 }).toBeGreaterThanOrEqual(3)
    expect(woken.here).toBe(4)
    expect(woken.there).toBeLessThan(20)
  })
}
