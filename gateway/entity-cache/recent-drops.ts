/** A moment between drops. */
export type DropStamp = number

/**
 * Remembers what was dropped lately, so that what was read before a drop is not kept after it. Bounded: of what it has
 * forgotten it says that it was dropped.
 */
export type RecentDrops = {
  now(): DropStamp
  drop(key: string): void
  dropAll(): void
  isDroppedSince(key: string, stamp: DropStamp): boolean
}

export function createRecentDrops(maxKeys: number): RecentDrops {
  /** The oldest first. */
  const droppedAt = new Map<string, DropStamp>()
  let clock: DropStamp = 0
  let forgottenUpTo: DropStamp = 0
  return {
    now: () => clock,
    drop(key) {
      clock += 1
      droppedAt.delete(key)
      droppedAt.set(key, clock)
      if (droppedAt.size <= maxKeys) return
      for (const [oldest, at] of droppedAt) {
        droppedAt.delete(oldest)
        forgottenUpTo = at
        break
      }
    },
    dropAll() {
      clock += 1
      forgottenUpTo = clock
      droppedAt.clear()
    },
    isDroppedSince: (key, stamp) => stamp < forgottenUpTo || (droppedAt.get(key) ?? 0) > stamp,
  }
}
