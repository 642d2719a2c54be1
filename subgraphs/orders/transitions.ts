/** Which states may follow which; the legal ways of one machine. */
export type TransitionTable<S extends string> = { readonly [state in S]: readonly S[] }

/**
 * The shortest legal way between two states.
 * @returns the states strictly between them, empty for a direct step or no step; null where no way leads there
 */
export function statesBetween<S extends string>(table: TransitionTable<S>, from: S, to: S): readonly S[] | null {
  if (from === to) return []
  const cameFrom = new Map<S, S>()
  let frontier: readonly S[] = [from]
  while (frontier.length > 0 && !cameFrom.has(to)) {
    const next: S[] = []
    for (const state of frontier) {
      for (const follower of table[state]) {
        if (follower === from || cameFrom.has(follower)) continue
        cameFrom.set(follower, state)
        next.push(follower)
      }
    }
    frontier = next
  }
  if (!cameFrom.has(to)) return null
  const between: S[] = []
  for (let state = cameFrom.get(to); state !== undefined && state !== from; state = cameFrom.get(state)) {
    between.unshift(state)
  }
  return between
}
