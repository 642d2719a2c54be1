import { type FreshnessBoard, type ProvenanceAnswer, toProvenance } from '../../platform/connector/freshness.ts'
import type { Origin } from './network.ts'

export function provenanceOf(origin: Origin, board: FreshnessBoard, now: Date): ProvenanceAnswer {
  return toProvenance(origin, board, now)
}

/**
 * The source whose data is oldest here, by when everything it had was last known; one never read whole is older
 * than any. Among facts of one source, the one received last.
 * @returns null for no facts
 */
export function oldestOrigin(facts: readonly Origin[], board: FreshnessBoard): Origin | null {
  const [first, ...others] = facts
  return first === undefined ? null : others.reduce((oldest, fact) => older(oldest, fact, board), first)
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
