import type { Method } from './network.ts'

/** Which sales and places a rule is about; null: any. */
export type Scope = {
  readonly channelId: string | null
  readonly method: Method | null
  readonly variantId: string | null
  readonly category: string | null
  readonly locationId: string | null
}

/** A time-boxed rule ends by itself: in force from `validFrom` until just before `validTo`. RFC 3339, null: open. */
export type Validity = { readonly validFrom: string | null; readonly validTo: string | null }

export type SafetyRule = Scope &
  Validity & { readonly id: string; readonly units: number; readonly basisPoints: number }

export type LocationExclusion = Scope &
  Validity & { readonly id: string; readonly reason: string; readonly quarantine: boolean }

export type ChannelAllocation = Validity & {
  readonly id: string
  readonly channelId: string
  readonly variantId: string | null
  readonly category: string | null
  readonly mode: 'SHARED' | 'CAP' | 'RING_FENCED'
  readonly units: number | null
  readonly basisPoints: number | null
  /** Units of a quota already sold, as the owner of the allocation counts them; null: none. */
  readonly consumed: number | null
  /** When that was so: what leaves later is counted here. RFC 3339; null: before anything left. */
  readonly consumedAt: string | null
  readonly publishFloor: number
  readonly maxPublish: number | null
}

/** What is given in place of a variant, one unit for one. */
export type Substitution = Validity & {
  readonly id: string
  readonly channelId: string | null
  readonly variantId: string
  /** The most preferred first. */
  readonly substitutes: readonly string[]
}

/** How a source's age turns into units held back. */
export type DegradedBuffer = {
  readonly id: string
  readonly system: string | null
  readonly locationId: string | null
  /** STRICT publishes nothing past the hard bound; BUFFERED stops growing there. */
  readonly policy: 'STRICT' | 'BUFFERED'
  /** Units held back per unit that is expected to be sold unheard of. */
  readonly factor: number
  readonly maxUnits: number | null
}

/** What a rule is matched against. */
export type Subject = {
  readonly channelId: string
  readonly method: Method
  readonly variantId: string
  /** Every category the variant is in, the widest first. */
  readonly categories: readonly string[]
}

export function inForce({ validFrom, validTo }: Validity, nowMs: number): boolean {
  return (validFrom === null || Date.parse(validFrom) <= nowMs) && (validTo === null || Date.parse(validTo) > nowMs)
}

/** When the answer to `inForce` next changes; infinity: never. */
export function nextBoundaryMs({ validFrom, validTo }: Validity, nowMs: number): number {
  const bounds = [validFrom, validTo].flatMap((text) => (text === null ? [] : [Date.parse(text)]))
  return Math.min(Number.POSITIVE_INFINITY, ...bounds.filter((ms) => ms > nowMs))
}

/** Whether a rule speaks of a subject anywhere. */
export function concerns(rule: Omit<Scope, 'locationId'>, subject: Subject): boolean {
  return (
    (rule.channelId === null || rule.channelId === subject.channelId) &&
    (rule.method === null || rule.method === subject.method) &&
    (rule.variantId === null || rule.variantId === subject.variantId) &&
    (rule.category === null || subject.categories.includes(rule.category))
  )
}

/** variant > category > location > channel > global; a method narrows among equals. */
export function specificity(rule: Scope): number {
  return (
    (rule.variantId === null ? 0 : 16) +
    (rule.category === null ? 0 : 8) +
    (rule.locationId === null ? 0 : 4) +
    (rule.channelId === null ? 0 : 2) +
    (rule.method === null ? 0 : 1)
  )
}

/** ceil(share × units) in whole numbers, where floating point would turn 7 % of 100 into 8. */
export function shareUp(basisPoints: number, units: number): number {
  return Math.ceil((basisPoints * Math.max(0, units)) / 10_000)
}

export function shareDown(basisPoints: number, units: number): number {
  return Math.floor((basisPoints * Math.max(0, units)) / 10_000)
}

/** Rules of one subject, found by location without walking all of them. */
export type RulesAt<R extends Scope> = (locationId: string) => readonly R[]

export function rulesAt<R extends Scope & Validity>(rules: readonly R[], subject: Subject, nowMs: number): RulesAt<R> {
  const anywhere: R[] = []
  const byLocation = new Map<string, R[]>()
  for (const rule of rules) {
    if (!concerns(rule, subject) || !inForce(rule, nowMs)) continue
    if (rule.locationId === null) {
      anywhere.push(rule)
      continue
    }
    const there = byLocation.get(rule.locationId)
    if (there === undefined) byLocation.set(rule.locationId, [rule])
    else there.push(rule)
  }
  return (locationId) => {
    const there = byLocation.get(locationId)
    return there === undefined ? anywhere : [...there, ...anywhere]
  }
}

/** The buffer that counts at a location: of the most specific rules the larger. */
export function bufferOf(rules: readonly SafetyRule[], sellable: number): { units: number; ruleId: string } | null {
  let best: { units: number; ruleId: string; rank: number } | null = null
  for (const rule of rules) {
    const rank = specificity(rule)
    const units = Math.max(rule.units, shareUp(rule.basisPoints, sellable))
    if (best === null || rank > best.rank || (rank === best.rank && units > best.units)) {
      best = { units, ruleId: rule.id, rank }
    }
  }
  return best
}

/** The allocation of one channel that is nearest to a variant; equals in the order of their ids. */
export function allocationOf(
  allocations: readonly ChannelAllocation[],
  channelId: string,
  subject: Pick<Subject, 'variantId' | 'categories'>,
  nowMs: number,
): ChannelAllocation | null {
  let best: ChannelAllocation | null = null
  let bestRank = -1
  for (const allocation of allocations) {
    const { variantId, category } = allocation
    if (allocation.channelId !== channelId || !inForce(allocation, nowMs)) continue
    if (variantId !== null && variantId !== subject.variantId) continue
    if (category !== null && !subject.categories.includes(category)) continue
    const rank = (variantId === null ? 0 : 2) + (category === null ? 0 : 1)
    if (rank > bestRank || (rank === bestRank && best !== null && allocation.id < best.id)) {
      best = allocation
      bestRank = rank
    }
  }
  return best
}

/** What may be given in place of a variant: by the rule of the channel, else of all; of equals the first by its id. */
export function substitutesOf(rules: readonly Substitution[], channelId: string, nowMs: number): readonly string[] {
  const here = rules.filter((rule) => (rule.channelId ?? channelId) === channelId && inForce(rule, nowMs))
  const nearest = here.filter((rule) => rule.channelId !== null)
  const [first] = (nearest.length > 0 ? nearest : here).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return first?.substitutes ?? []
}
