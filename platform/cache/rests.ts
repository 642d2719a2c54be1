import type { Held, Losses } from './cache.ts'

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
  /** Of the caches of the entries, as they were when all of these were held. */
  const losses = new Map<Losses, number>()
  const conditions = new Set<Condition>()
  let untilMs = Number.POSITIVE_INFINITY
  let isOnMore = false

  /** Looks at each entry only after a cache of theirs has let go of any. */
  function areHeld(): boolean {
    let isSame = true
    for (const [{ count }, known] of losses) if (count !== known) isSame = false
    if (isSame) return true
    for (const { isHeld } of entries) if (!isHeld) return false
    for (const among of losses.keys()) losses.set(among, among.count)
    return true
  }

  return {
    on(held) {
      // One that is gone already would not be missed when its cache lets go of others.
      if (held === undefined || !held.isHeld) untilMs = Number.NEGATIVE_INFINITY
      else {
        entries.push(held)
        if (!losses.has(held.among)) losses.set(held.among, held.among.count)
      }
    },
    until(ms) {
      if (ms < untilMs) untilMs = ms
    },
    onlyWhile: (condition) => void conditions.add(condition),
    onMore() {
      isOnMore = true
    },
    areGoodAt(nowMs) {
      if (isOnMore || nowMs < madeAtMs || nowMs >= untilMs || !areHeld()) return false
      for (const condition of conditions) if (!condition.isMetAt(nowMs)) return false
      return true
    },
    get isOnMore() {
      return isOnMore
    },
  }
}
