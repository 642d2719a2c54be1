import { bufferOf, type SafetyRule } from '../rules.ts'
import type { Entry } from './entries.ts'

/** What a process remembers of a position: its balance as of the events it has seen, in their order, and what it last told. */
export type Watched = {
  readonly sellable: number
  readonly committed: number
  readonly reorderPoint: number | null
  /** Up to which moment `sellable` and `committed` cover what moved; '' before any snapshot. */
  readonly until: string
  /** The time of the newest word on it, by which a position counts as counted; '' before any but of transfers, which are none. */
  readonly countedAt: string
  /** Not covered yet; bounded, the oldest are folded in. */
  readonly moves: readonly { readonly at: string; readonly sellable: number; readonly committed: number }[]
  /** Units oversold, as last told. */
  readonly short: number
  readonly belowReorder: boolean
  readonly belowSafety: boolean
}

export const unwatched: Watched = {
  sellable: 0,
  committed: 0,
  reorderPoint: null,
  until: '',
  countedAt: '',
  moves: [],
  short: 0,
  belowReorder: false,
  belowSafety: false,
}

const mostMoves = 500

/** The memory after one more entry. */
export function watch(before: Watched, entry: Entry): Watched {
  const after = fold(before, entry)
  const at = entry.occurredAt ?? entry.receivedAt
  const isCounted = after !== before && entry.transferId === null && at > before.countedAt
  return isCounted ? { ...after, countedAt: at } : after
}

function fold(before: Watched, entry: Entry): Watched {
  const { happenedAt: at, kind } = entry
  if (kind === 'SNAPSHOT' || kind === 'WITHDRAWN') {
    if (entry.asOf !== null && entry.asOf < before.until) return before
    const moves = before.moves.filter((move) => move.at > at)
    const { sellable, committed, reorderPoint } = entry
    return { ...before, sellable, committed, reorderPoint, until: at, moves }
  }
  if (at <= before.until) return before
  if (kind === 'PHYSICAL_COUNT') {
    // What moved before the count is in it; what had been allocated of that stays given up.
    const covered = before.moves.filter((move) => move.at <= at)
    const committed = before.committed + covered.reduce((sum, move) => sum + move.committed, 0)
    return {
      ...before,
      sellable: entry.sellable,
      committed,
      until: at,
      moves: before.moves.filter((move) => move.at > at),
    }
  }
  const moves = [...before.moves, { at, sellable: entry.sellable, committed: entry.committed }]
  const [oldest, ...rest] = moves
  if (moves.length <= mostMoves || oldest === undefined) return { ...before, moves }
  const { sellable, committed } = before
  return { ...before, sellable: sellable + oldest.sellable, committed: committed + oldest.committed, moves: rest }
}

/**
 * Sellable and not promised: below zero units are missing that somebody was promised.
 * @param reserved what the source's own numbers know nothing of
 */
export function freeUnits({ sellable, committed, moves }: Watched, reserved: number): number {
  const moved = moves.reduce((sum, move) => sum + move.sellable - move.committed, 0)
  return sellable - committed + moved - reserved
}

export type Signal =
  | { readonly kind: 'shortfall-detected'; readonly units: number }
  | { readonly kind: 'shortfall-resolved' }
  | { readonly kind: 'reorder-point-reached'; readonly level: number; readonly threshold: number }
  | {
      readonly kind: 'safety-stock-breached'
      readonly level: number
      readonly threshold: number
      readonly ruleId: string
    }

/**
 * What is to be told of a position now. A level that was below its threshold when the position was first seen is no news.
 * @param rules those that hold at the location whatever the channel
 * @returns `told`: `now` itself where nothing else is to be remembered
 */
export function signalsOf(
  before: Watched | null,
  now: Watched,
  reserved: number,
  rules: readonly SafetyRule[],
): { readonly signals: readonly Signal[]; readonly told: Watched } {
  const level = freeUnits(now, reserved)
  const short = Math.max(0, -level)
  const safety = bufferOf(rules, now.sellable)
  const belowReorder = now.reorderPoint !== null && now.reorderPoint > 0 && level <= now.reorderPoint
  const belowSafety = safety !== null && safety.units > 0 && level < safety.units
  const signals: Signal[] = []
  if (short > 0 && short !== now.short) signals.push({ kind: 'shortfall-detected', units: short })
  if (short === 0 && now.short > 0) signals.push({ kind: 'shortfall-resolved' })
  if (before !== null && belowReorder && !now.belowReorder) {
    signals.push({ kind: 'reorder-point-reached', level, threshold: now.reorderPoint ?? 0 })
  }
  if (before !== null && belowSafety && !now.belowSafety) {
    signals.push({ kind: 'safety-stock-breached', level, threshold: safety.units, ruleId: safety.ruleId })
  }
  const isTold = short === now.short && belowReorder === now.belowReorder && belowSafety === now.belowSafety
  return { signals, told: isTold ? now : { ...now, short, belowReorder, belowSafety } }
}
