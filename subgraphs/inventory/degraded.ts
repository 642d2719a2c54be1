import type { FreshnessPolicy } from '../../platform/connector/freshness.ts'
import type { DegradedBuffer } from './rules.ts'

/** One unit held back per unit expected to be sold unheard of; past the hard bound it grows no more. */
export const defaultBuffer: Pick<DegradedBuffer, 'policy' | 'factor' | 'maxUnits'> = {
  policy: 'BUFFERED',
  factor: 1,
  maxUnits: null,
}

export type SourceAge = {
  /** null: the source was never read whole. */
  readonly ageMs: number | null
  readonly policy: FreshnessPolicy
}

const hourMs = 3_600_000

/**
 * Units held back since the source of a location is old: what it may have sold that is not heard of yet.
 * @param unitsPerHour how fast the variant sells there
 * @param sellable everything, which STRICT holds back past the hard bound
 */
export function degradedUnits(
  { ageMs, policy: bounds }: SourceAge,
  buffer: Pick<DegradedBuffer, 'policy' | 'factor' | 'maxUnits'>,
  unitsPerHour: number,
  sellable: number,
): number {
  const tooOld = ageMs === null || ageMs > bounds.hardTtlMs
  if (tooOld && buffer.policy === 'STRICT') return Math.max(0, sellable)
  if (ageMs === null) return buffer.maxUnits ?? 0
  if (ageMs <= bounds.softTtlMs) return 0
  const lateMs = Math.min(ageMs, bounds.hardTtlMs) - bounds.softTtlMs
  const grown = Math.ceil((buffer.factor * unitsPerHour * lateMs) / hourMs)
  if (tooOld && buffer.maxUnits !== null) return buffer.maxUnits
  return buffer.maxUnits === null ? grown : Math.min(grown, buffer.maxUnits)
}

/** The buffer nearest to a location and the system that counts it. */
export function degradedBufferOf(
  buffers: readonly DegradedBuffer[],
  locationId: string,
  system: string,
): Pick<DegradedBuffer, 'policy' | 'factor' | 'maxUnits'> & { readonly id: string | null } {
  let best: DegradedBuffer | null = null
  let bestRank = -1
  for (const buffer of buffers) {
    if (buffer.locationId !== null && buffer.locationId !== locationId) continue
    if (buffer.system !== null && buffer.system !== system) continue
    const rank = (buffer.locationId === null ? 0 : 2) + (buffer.system === null ? 0 : 1)
    if (rank > bestRank) {
      best = buffer
      bestRank = rank
    }
  }
  return best ?? { ...defaultBuffer, id: null }
}
