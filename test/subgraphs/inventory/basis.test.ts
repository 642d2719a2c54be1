import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { FreshnessBoard } from '../../../platform/connector/freshness.ts'
import { type Asked, type Basis, toInput, withHolds } from '../../../subgraphs/inventory/basis.ts'
import { indexNetwork } from '../../../subgraphs/inventory/network.ts'
import type { PositionRow } from '../../../subgraphs/inventory/reads.ts'
import type { ChannelAllocation } from '../../../subgraphs/inventory/rules.ts'
import { noSharedTerms, noVariantTerms } from '../../../subgraphs/inventory/terms-reads.ts'

const at = '2026-11-30T10:00:00.000Z'
const source = {
  system: 'erp',
  syncedAt: new Date(at),
  state: 'live',
  lastError: null,
  policy: { softTtlMs: 60_000, hardTtlMs: 600_000 },
} as const
const freshness: FreshnessBoard = { of: () => source, all: () => [source] }
const channels = ['web', 'amazon']
const places = ['dc', 'store']

const network = indexNetwork({
  channels: channels.map((id) => ({
    id,
    locationKinds: null,
    locationCodes: null,
    methods: ['SHIP'],
    inTransit: null,
  })),
  locations: [],
})

const units = fc.integer({ min: 0, max: 50 })
const hold = fc.array(
  fc.record({
    locationId: fc.constantFrom(...places, null),
    channelId: fc.constantFrom(...channels),
    units,
    hasLeft: fc.boolean(),
  }),
  { maxLength: 6 },
)
const sold = fc.array(
  fc.record({
    variantId: fc.constant('tee'),
    channelId: fc.constantFrom(...channels),
    since: fc.constantFrom('', at),
    units,
  }),
  { maxLength: 4 },
)
const holding = fc.record({ holds: hold, sold })
const allocation: fc.Arbitrary<ChannelAllocation> = fc.record({
  id: fc.constantFrom('1', '2', '3'),
  channelId: fc.constantFrom(...channels),
  variantId: fc.constantFrom('tee', null),
  category: fc.constant(null),
  mode: fc.constantFrom('SHARED', 'CAP', 'RING_FENCED'),
  units: fc.option(units),
  basisPoints: fc.constant(null),
  consumed: fc.option(units),
  consumedAt: fc.constantFrom(null, at),
  publishFloor: fc.integer({ min: 0, max: 3 }),
  maxPublish: fc.option(units),
  validFrom: fc.constant(null),
  validTo: fc.constant(null),
})

it('an input whose holds are changed is that of a basis which has them', () => {
  fc.assert(
    fc.property(
      fc.record({ first: holding, later: holding, own: fc.array(allocation, { maxLength: 2 }) }),
      fc.array(allocation, { maxLength: 2 }),
      fc.array(units, { minLength: 2, maxLength: 2 }),
      ({ first, later, own }, shared, sellable) => {
        const positions = places.map((locationId, n) => position(locationId, sellable[n] ?? 0))
        const basis: Basis = {
          variantId: 'tee',
          network,
          shared: { ...noSharedTerms, allocations: shared },
          terms: { ...noVariantTerms, allocations: own },
          categories: [],
          positions,
          ...first,
        }
        const asked: Asked = { channelId: 'web', method: 'SHIP', nowMs: Date.parse(at), freshness }
        const input = toInput(basis, asked)
        if (input === null) throw new TypeError('the channel is there')
        expect(withHolds(input, { ...basis, ...later }, asked)).toEqual(toInput({ ...basis, ...later }, asked))
      },
    ),
  )
})

function position(locationId: string, sellable: number): PositionRow {
  const buckets = { onHand: sellable, sellable, damaged: 0, qualityControl: 0, returnHold: 0, manualHold: 0 }
  const origin = { system: 'erp', occurredAt: at, receivedAt: at }
  const counts = { committed: 0, incoming: 0, reorderPoint: null, anomaly: null, version: 1, feeds: [] }
  return { variantId: 'tee', locationId, ...buckets, ...origin, ...counts }
}
