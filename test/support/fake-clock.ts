import type { Clock } from '../../platform/clock.ts'

export type FakeClock = {
  readonly now: Clock
  /** Moves time on; nothing else does. */
  advance(ms: number): void
}

export function createFakeClock(start = '2026-11-21T09:00:00.000Z'): FakeClock {
  let nowMs = Date.parse(start)
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms
    },
  }
}
