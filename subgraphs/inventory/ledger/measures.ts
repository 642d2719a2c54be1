import type { Entry } from './entries.ts'
import type { Watched } from './watch.ts'

/** What an entry tells of how true the numbers were before it came. */
export type Measure =
  | {
      readonly kind: 'count-compared'
      readonly counted: number
      readonly expected: number
      readonly countedAt: string
    }
  | { readonly kind: 'stock-understated'; readonly units: number; readonly lateMs: number }

/** What is heard of later than that was not known when it mattered. */
export const lateFromMs = 15 * 60_000

/**
 * @param before null: the first word on the position, which nothing was believed of
 * @param after the memory with the entry in it
 */
export function measuresOf(before: Watched | null, after: Watched, entry: Entry): readonly Measure[] {
  if (before === null) return []
  const { kind, happenedAt, receivedAt } = entry
  if (kind === 'PHYSICAL_COUNT') {
    // A count of before the last snapshot changes nothing, and cannot be compared with what is remembered.
    if (happenedAt <= before.until) return []
    const expected = sellableAt(before, happenedAt)
    return [{ kind: 'count-compared', counted: entry.sellable, expected, countedAt: happenedAt }]
  }
  const lateMs = Date.parse(receivedAt) - Date.parse(happenedAt)
  const units = sellableAt(after, null) - sellableAt(before, null)
  return lateMs >= lateFromMs && units > 0 ? [{ kind: 'stock-understated', units, lateMs }] : []
}

/** @param at null: with all that moved */
function sellableAt({ sellable, moves }: Watched, at: string | null): number {
  return moves.reduce((sum, move) => sum + (at === null || move.at <= at ? move.sellable : 0), sellable)
}
