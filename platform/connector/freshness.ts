import type { SourceFreshness } from './connector.ts'

/** How old a system's data may be before its answers are marked. Milliseconds. */
export type FreshnessPolicy = { readonly softTtlMs: number; readonly hardTtlMs: number }

export type SystemFreshness = SourceFreshness & { readonly policy: FreshnessPolicy }

/**
 * What this process knows of every system's freshness, from memory: it is refreshed in the background at a
 * stated interval, so asking costs nothing on a request.
 */
export type FreshnessBoard = {
  /** null for a system the estate does not name. */
  of(system: string): SystemFreshness | null
  all(): readonly SystemFreshness[]
}

export type Staleness = 'FRESH' | 'STALE' | 'DEGRADED' | 'UNKNOWN'

/** FRESH ≤ softTtl < STALE ≤ hardTtl < DEGRADED; UNKNOWN when never read whole. */
export function toStaleness(ageMs: number | null, policy: FreshnessPolicy): Staleness {
  if (ageMs === null) return 'UNKNOWN'
  if (ageMs <= policy.softTtlMs) return 'FRESH'
  return ageMs <= policy.hardTtlMs ? 'STALE' : 'DEGRADED'
}

/** What a resolver answers for `Provenance` in schema/shared.graphql. */
export type ProvenanceAnswer = {
  readonly system: string
  readonly occurredAt: string | null
  readonly receivedAt: string
  readonly asOf: string | null
  readonly ageMs: number | null
  readonly staleness: Staleness
}

/**
 * @param fact what the read model stored of the fact
 * @param now the moment the call began
 */
export function toProvenance(
  fact: { readonly system: string; readonly occurredAt: Date | null; readonly receivedAt: Date },
  board: FreshnessBoard,
  now: Date,
): ProvenanceAnswer {
  const freshness = board.of(fact.system)
  const syncedAt = freshness?.syncedAt ?? null
  const ageMs = syncedAt === null ? null : Math.max(0, now.getTime() - syncedAt.getTime())
  return {
    system: fact.system,
    occurredAt: fact.occurredAt?.toISOString() ?? null,
    receivedAt: fact.receivedAt.toISOString(),
    asOf: syncedAt?.toISOString() ?? null,
    ageMs,
    staleness: freshness === null ? 'UNKNOWN' : toStaleness(ageMs, freshness.policy),
  }
}
