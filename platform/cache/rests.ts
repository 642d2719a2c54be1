import type { Held } from './cache.ts'

/** Something that changes with time and is told by no event. The same object for the same thing. */
export type Condition = { isMetAt(nowMs: number): boolean }

/**
 * What an answer rests on, noted while it is made: whoever reads anything for it says so here. What cannot be said here
 * makes an answer that is not given again.
 */
export type Rests = {
  /** On what a cache gave; undefined: it had to be read. */
  on(held: Held | undefined): void
  /** On the moment of the call, as on every later one before this. Milliseconds since 1970. */
  until(ms: number): void
  onlyWhile(condition: Condition): void
  /** On something whose changes nobody tells. */
  onMore(): void
}

/** The same, with what was noted. */
export type NotedRests = Rests & {
  /** Whether an answer for this moment would be made of the same. */
  areGoodAt(nowMs: number): boolean
  /** Whether it rests on more than can be said. */
  readonly isOnMore: boolean
}

/** @param madeAtMs the moment of the call; clocks step back, and of what was before it nothing is known */
export function noteRests(madeAtMs: number): NotedRests {
  const entries: Held[] = []
  const conditions = new Set<Condition>()
  let untilMs = Number.POSITIVE_INFINITY
  let isOnMore = false
  return {
    on(held) {
      if (held === undefined) untilMs = Number.NEGATIVE_INFINITY
      else entries.push(held)
    },
    until(ms) {
      if (ms < untilMs) untilMs = ms
    },
    onlyWhile: (condition) => void conditions.add(condition),
    onMore() {
      isOnMore = true
    },
    areGoodAt(nowMs) {
      if (isOnMore || nowMs < madeAtMs || nowMs >= untilMs) return false
      for (const { isHeld } of entries) if (!isHeld) return false
      for (const condition of conditions) if (!condition.isMetAt(nowMs)) return false
      return true
    },
    get isOnMore() {
      return isOnMore
    },
  }
}
