import type { Condition } from '../../platform/cache/rests.ts'
import { type FreshnessBoard, type ProvenanceAnswer, toProvenance } from '../../platform/connector/freshness.ts'
import type { Origin } from './network.ts'

export function provenanceOf(origin: Origin, board: FreshnessBoard, now: Date): ProvenanceAnswer {
  return toProvenance(origin, board, now)
}

export type Origins = readonly [Origin, ...Origin[]]

export function isAnyKnown(origins: readonly Origin[]): origins is Origins {
  return origins.length > 0
}

/** Of the oldest: which that is changes as systems are read again. */
export function provenanceOfOldest(facts: Origins, board: FreshnessBoard, now: Date): ProvenanceAnswer {
  return provenanceOf(oldestOrigin(facts, board), board, now)
}

/**
 * The source whose data is oldest here, by when everything it had was last known; one never read whole is older
 * than any. Among facts of one source, the one received last.
 */
function oldestOrigin(facts: Origins, board: FreshnessBoard): Origin {
  return facts.reduce((oldest, fact) => older(oldest, fact, board))
}

const conditions = new WeakMap<FreshnessBoard, Map<string, Condition>>()

/** While a system is fresh nothing is held back for its age. */
export function freshIn(system: string, board: FreshnessBoard): Condition {
  const known = conditions.get(board) ?? new Map<string, Condition>()
  let condition = known.get(system)
  if (condition === undefined) {
    condition = {
      isMetAt(nowMs) {
        const state = board.of(system)
        const syncedMs = state?.syncedAt?.getTime()
        return state !== null && syncedMs !== undefined && nowMs - syncedMs <= state.policy.softTtlMs
      },
    }
    known.set(system, condition)
    conditions.set(board, known)
  }
  return condition
}

function older(a: Origin, b: Origin, board: FreshnessBoard): Origin {
  if (a.system === b.system) return b.receivedAt > a.receivedAt ? b : a
  return syncedMs(b.system, board) < syncedMs(a.system, board) ? b : a
}

export function isUnread(system: string, board: FreshnessBoard): boolean {
  return (board.of(system)?.syncedAt ?? null) === null
}

function syncedMs(system: string, board: FreshnessBoard): number {
  return board.of(system)?.syncedAt?.getTime() ?? Number.NEGATIVE_INFINITY
}
