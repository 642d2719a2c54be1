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

// A system's moment is told with each of its facts, and stays the same object until the system was read again.
const texts = new WeakMap<Date, string>()

function textOf(moment: Date): string {
  const known = texts.get(moment)
  if (known !== undefined) return known
  const text = moment.toISOString()
  texts.set(moment, text)
  return text
}

/**
 * @param fact what the read model stored of the fact: moments as RFC 3339 text
 * @param now the moment the call began
 */
export function toProvenance(
  fact: { readonly system: string; readonly occurredAt: string | null; readonly receivedAt: string },
  board: FreshnessBoard,
  now: Date,
): ProvenanceAnswer {
  const { system, occurredAt, receivedAt } = fact
  const freshness = board.of(system)
  const syncedAt = freshness?.syncedAt ?? null
  const ageMs = syncedAt === null ? null : Math.max(0, now.getTime() - syncedAt.getTime())
  return {
    system,
    occurredAt,
    receivedAt,
    asOf: syncedAt === null ? null : textOf(syncedAt),
    ageMs,
    staleness: freshness === null ? 'UNKNOWN' : toStaleness(ageMs, freshness.policy),
  }
}
