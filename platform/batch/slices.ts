import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Does something `count` times, a slice per turn of the event loop, so that a long row of work holds up nobody else for longer
 * than a slice.
 * @throws what a step throws, at once
 */
export async function inSlices(count: number, step: (at: number) => void): Promise<void> {
  underWay += 1
  try {
    for (let at = 0; at < count; at += 1) {
      if (at > 0 && at % slice === 0) await nextTurn()
      step(at)
    }
  } finally {
    underWay -= 1
  }
}

/**
 * As `inSlices`, for long rows that nothing waits for: they let rows that are under way go first, for so many turns a slice at
 * most. What is no longer than a slice holds up nobody, and is done at once.
 */
export async function inSlicesBehind(count: number, step: (at: number) => void): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    if (at % slice === 0) {
      if (at > 0) await nextTurn()
      for (let turns = 0; count > slice && underWay > 0 && turns < mostTurnsBehind; turns += 1) await nextTurn()
    }
    step(at)
  }
}

const slice = 32
const mostTurnsBehind = 16
let underWay = 0
