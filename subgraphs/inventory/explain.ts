import {
  type AllocationInput,
  type AvailabilityInput,
  allocatedOf,
  baseOf,
  freeOf,
  type LocationInput,
  publishedOf,
} from './availability.ts'

export const termKinds = [
  'MADE_UP',
  'ON_HAND',
  'NOT_SELLABLE',
  'COMMITTED',
  'RESERVED',
  'OVERSOLD',
  'NOT_SERVING',
  'EXCLUDED',
  'QUARANTINED',
  'SAFETY_STOCK',
  'STALE_SOURCE',
  'IN_TRANSIT',
  'UNPLACED_DEMAND',
  'OTHER_ALLOCATION',
  'ALLOCATION_LIMIT',
  'PUBLISH_FLOOR',
  'MAX_PUBLISH',
] as const

export type TermKind = (typeof termKinds)[number]

/** One step from what is on the shelves to what may be promised. */
export type Term = {
  readonly kind: TermKind
  /** null: of the network as a whole. */
  readonly locationId: string | null
  /** What takes or gives them. */
  readonly ruleId: string | null
  /** The source whose age holds them back. */
  readonly system: string | null
  readonly units: number
}

/** Attributes every unit between on-hand and available: the units of all terms add up to `ats` exactly. */
export function termsOf(input: AvailabilityInput): readonly Term[] {
  const terms = input.locations.flatMap(termsAt)
  const pool = terms.reduce((sum, { units }) => sum + units, 0)
  return [...terms, ...networkTerms(pool, input)]
}

/** The same of a kit, in kits: what its components allow, and what its own allocation takes of that. */
export function termsOfKit(madeUp: number, allocation: AllocationInput): readonly Term[] {
  return [term('MADE_UP', null, madeUp), ...networkTerms(madeUp, { unplaced: 0, allocation })]
}

function termsAt(at: LocationInput): readonly Term[] {
  const base = baseOf(at)
  const free = Math.max(0, freeOf(at))
  const buffered = at.barrier === null ? Math.min(free, at.buffer) : 0
  const steps: readonly Term[] = [
    term('ON_HAND', at, at.onHand),
    term('NOT_SELLABLE', at, at.sellable - at.onHand),
    term('COMMITTED', at, -at.committed),
    term('RESERVED', at, -at.reserved),
    term('OVERSOLD', at, free - freeOf(at)),
    ...(at.barrier === null
      ? [
          { ...term('SAFETY_STOCK', at, -buffered), ruleId: at.bufferRuleId },
          { ...term('STALE_SOURCE', at, base - (free - buffered)), system: at.system },
          term('IN_TRANSIT', at, at.incoming),
        ]
      : [{ ...term(at.barrier.kind, at, -free), ruleId: at.barrier.ruleId }]),
  ]
  return steps.filter(({ kind, units }) => kind === 'ON_HAND' || units !== 0)
}

function networkTerms(pool: number, input: Omit<AvailabilityInput, 'locations'>): readonly Term[] {
  const { allocation, unplaced } = input
  const steps: Term[] = [term('UNPLACED_DEMAND', null, -Math.min(unplaced, pool))]
  let left = Math.max(0, pool - unplaced)
  const allocated = allocatedOf(pool, input)
  if (allocation.mode !== 'RING_FENCED') {
    for (const { ruleId, remaining } of allocation.others) {
      const taken = Math.min(left, remaining)
      steps.push({ ...term('OTHER_ALLOCATION', null, -taken), ruleId })
      left -= taken
    }
  }
  const own = allocation.ruleId
  steps.push({ ...term('ALLOCATION_LIMIT', null, allocated - left), ruleId: own })
  const kind = allocated < allocation.publishFloor ? 'PUBLISH_FLOOR' : 'MAX_PUBLISH'
  steps.push({ ...term(kind, null, publishedOf(allocated, allocation) - allocated), ruleId: own })
  return steps.filter(({ units }) => units !== 0)
}

function term(kind: TermKind, at: LocationInput | null, units: number): Term {
  return { kind, locationId: at?.locationId ?? null, ruleId: null, system: null, units: units === 0 ? 0 : units }
}
