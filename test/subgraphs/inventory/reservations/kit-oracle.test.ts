import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reserveCommand } from '../../../../bench/reservation-engine.ts'
import { systemClock } from '../../../../platform/clock.ts'
import { createIdMinter } from '../../../../platform/ids.ts'
import type { Basis } from '../../../../subgraphs/inventory/basis.ts'
import { kitNumbers } from '../../../../subgraphs/inventory/kits.ts'
import { type ChannelRow, indexNetwork, type LocationRow } from '../../../../subgraphs/inventory/network.ts'
import type { PositionRow } from '../../../../subgraphs/inventory/reads.ts'
import { createAdmission } from '../../../../subgraphs/inventory/reservations/admission.ts'
import type { ReserveCommand } from '../../../../subgraphs/inventory/reservations/command.ts'
import { decideReserve } from '../../../../subgraphs/inventory/reservations/decide.ts'
import { createSectionState } from '../../../../subgraphs/inventory/reservations/section-state.ts'
import type { ChannelAllocation, LocationExclusion } from '../../../../subgraphs/inventory/rules.ts'
import type { Supply } from '../../../../subgraphs/inventory/supply.ts'
import { noSharedTerms, noVariantTerms, type VariantTerms } from '../../../../subgraphs/inventory/terms-reads.ts'
import { fresh } from '../../../support/subgraph-world.ts'

const now = new Date('2026-11-01T12:00:00.000Z')
const parts = ['a', 'b'] as const
const units = fc.nat({ max: 9 })

const allocation = fc.record({
  channelId: fc.constantFrom('web', 'other'),
  mode: fc.constantFrom('SHARED' as const, 'CAP' as const, 'RING_FENCED' as const),
  units: fc.nat({ max: 6 }),
  publishFloor: fc.nat({ max: 3 }),
  maxPublish: fc.option(fc.nat({ max: 6 })),
})
const estate = fc.record({
  shipTogether: fc.boolean(),
  quantities: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  shelves: fc.tuple(fc.tuple(units, units), fc.tuple(units, units)),
  /** What comes soon to one of two locations, which the channel may count on. */
  comes: fc.option(fc.record({ of: fc.constantFrom(...parts), to: fc.nat({ max: 1 }), units })),
  early: fc.boolean(),
  owed: fc.nat({ max: 3 }),
  allocations: fc.array(fc.record({ of: fc.constantFrom('kit', ...parts), allocation }), { maxLength: 3 }),
  excluded: fc.array(fc.record({ of: fc.constantFrom('kit', ...parts), at: fc.option(fc.nat({ max: 1 })) }), {
    maxLength: 2,
  }),
})

it('what is told of a kit is what can be reserved of it, and no more, from where it is sold', () => {
  let [some, none, bound, barred] = [0, 0, 0, 0]
  fc.assert(
    fc.property(estate, (one) => {
      const { state, told, withoutTerms } = open(one)
      const reserve = (sets: number) => decideReserve(state, commandOf(one, sets), createIdMinter(systemClock)).outcome
      expect(reserve(told + 1)).toMatchObject({ kind: 'insufficient' })
      if (told < withoutTerms) bound += 1
      if (told === 0) {
        none += 1
        return
      }
      some += 1
      const outcome = reserve(told)
      expect(outcome.kind).toBe('done')
      const nowhere = one.excluded.flatMap(({ of, at }) => (of === 'kit' && at !== null ? [`l${at}`] : []))
      if (nowhere.length > 0) barred += 1
      const plan = outcome.kind === 'done' ? outcome.plan : []
      for (const { locationId } of plan) expect(nowhere).not.toContain(locationId)
      for (const [at, variantId] of parts.entries()) {
        const given = plan
          .filter((part) => part.variantId === variantId)
          .reduce((sum, { quantity }) => sum + quantity, 0)
        expect(given).toBe(told * (one.quantities[at] ?? 0))
      }
    }),
    { numRuns: 3_000 },
  )
  // A generator that never gives, or whose terms never bind, proves nothing.
  expect(Math.min(some, none, bound, barred)).toBeGreaterThan(100)
})

type Estate = typeof estate extends fc.Arbitrary<infer Value> ? Value : never

function open({ shipTogether, quantities, shelves, comes, early, owed, allocations, excluded }: Estate) {
  const termsOf = (id: string): VariantTerms => ({
    ...noVariantTerms,
    allocations: allocations.flatMap(({ of, allocation: given }, at) =>
      of === id ? [toAllocation(id, at, given)] : [],
    ),
    exclusions: excluded.flatMap(({ of, at }, nth) => (of === id ? [toExclusion(id, nth, at)] : [])),
    supplies: comes?.of === id ? [toSupply(comes)] : [],
  })
  const kit = {
    id: 'kit',
    variantId: 'kit',
    shipTogether,
    components: parts.map((variantId, at) => ({ variantId, quantity: quantities[at] ?? 1 })),
  }
  const ofVariant = new Map(
    ['kit', ...parts].map((id) => [
      id,
      { terms: { ...termsOf(id), ...(id === 'kit' ? { kit } : {}) }, categories: [] },
    ]),
  )
  const network = indexNetwork({ channels: [channel(early)], locations: [0, 1].map(location) })
  const positions = new Map(
    parts.map((id, at) => [id as string, (shelves[at] ?? []).map((sellable, place) => position(id, sellable, place))]),
  )
  const holds = new Map([['a', [{ locationId: null, channelId: 'other', units: owed, hasLeft: false }]]])
  const freshness = { of: () => ({ ...fresh('erp'), syncedAt: now }), all: () => [] }
  const state = createSectionState(
    { now, locked: new Set(parts), positions, holds, sold: [], reservations: [] },
    createAdmission({ network, shared: noSharedTerms, ofVariant }, freshness),
  )
  const asked = { channelId: 'web', method: 'SHIP', nowMs: now.getTime(), freshness } as const
  const basisOf = (variantId: string): Basis => ({
    ...{ variantId, network, shared: noSharedTerms, categories: [], sold: [] },
    terms: ofVariant.get(variantId)?.terms ?? noVariantTerms,
    positions: positions.get(variantId) ?? [],
    holds: holds.get(variantId) ?? [],
  })
  const components = new Map(parts.map((id) => [id as string, basisOf(id)]))
  const told = kitNumbers(basisOf('kit'), asked, components)?.ats ?? 0
  const bare = { ...basisOf('kit'), terms: { ...noVariantTerms, kit } }
  return { state, told, withoutTerms: kitNumbers(bare, asked, components)?.ats ?? 0 }
}

function commandOf({ shipTogether, quantities }: Estate, sets: number): ReserveCommand {
  const components = parts.map((variantId, at) => ({ variantId, units: quantities[at] ?? 1 }))
  return {
    ...reserveCommand('a', 'buyer'),
    replaceOwner: false,
    lines: shipTogether
      ? []
      : components.map(({ variantId, units: each }) => ({ lineId: '1', variantId, quantity: each * sets })),
    kits: shipTogether ? [{ lineId: '1', sets, components }] : [],
    asKits: [{ kitId: 'kit', sets, components: [...parts] }],
  }
}

function toAllocation(variantId: string, at: number, given: Omit<ChannelAllocation, 'id'> | object): ChannelAllocation {
  return {
    ...{ id: `allocation${at}`, variantId, category: null, validFrom: null, validTo: null },
    ...{ basisPoints: null, consumed: 0, consumedAt: null },
    ...given,
  } as ChannelAllocation
}

function toExclusion(variantId: string, nth: number, at: number | null): LocationExclusion {
  return {
    ...{ id: `exclusion${nth}`, channelId: null, method: null, variantId, category: null },
    ...{ locationId: at === null ? null : `l${at}`, validFrom: null, validTo: null, reason: 'told', quarantine: false },
  }
}

function toSupply({ to, units: quantity }: { readonly to: number; readonly units: number }): Supply {
  return {
    ...{ id: 's', kind: 'PURCHASE_ORDER', locationId: `l${to}`, quantity, received: 0, claimed: 0 },
    ...{ eta: new Date(now.getTime() + 3_600_000).toISOString(), confidence: 1, state: 'CONFIRMED' },
  }
}

function channel(include: boolean): ChannelRow {
  return {
    ...{ id: 'web', locationKinds: null, locationCodes: null, methods: ['SHIP'] },
    inTransit: { include, horizonHours: 48, minConfidence: 0.8, haircutBasisPoints: 10_000 },
  }
}

function location(at: number): LocationRow {
  return {
    ...{ id: `l${at}`, code: `L${at}`, gln: null, name: 'Store', kind: 'STORE', timeZone: 'Europe/Paris' },
    address: { name: null, line1: null, line2: null, city: null, region: null, postalCode: null, country: null },
    ...{ capabilities: ['SHIP'], active: true, geo: null, refs: [] },
    ...{ system: 'erp', occurredAt: null, receivedAt: now.toISOString() },
  }
}

function position(variantId: string, sellable: number, at: number): PositionRow {
  return {
    ...{ variantId, locationId: `l${at}`, occurredAt: null, receivedAt: now.toISOString() },
    ...{ onHand: sellable, sellable, damaged: 0, qualityControl: 0, returnHold: 0, manualHold: 0 },
    ...{ committed: 0, incoming: 0, reorderPoint: null, anomaly: null, system: 'erp', feeds: [], version: 1 },
  }
}
