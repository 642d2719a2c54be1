import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Does something `count` times, a slice per turn of the event loop, so that a long row of work holds up nobody else for longer
 * than a slice.
 * @throws what a step throws, at once
 */
export async function inSlices(count: number, step: (at: number) => void): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    if (at > 0 && at % slice === 0) await nextTurn()
    step(at)
  }
}

const slice = 32
