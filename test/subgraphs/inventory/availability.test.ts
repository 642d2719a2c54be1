import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AllocationInput,
  type AvailabilityInput,
  availableOf,
  freeOf,
  kitNumbersOf,
  type LocationInput,
  madeUpOf,
  sharedAllocation,
} from '../../../subgraphs/inventory/availability.ts'
import { type Term, termsOf } from '../../../subgraphs/inventory/explain.ts'
import { bufferOf, type SafetyRule, shareUp } from '../../../subgraphs/inventory/rules.ts'

function at(locationId: string, stock: Partial<LocationInput>): LocationInput {
  return {
    locationId,
    onHand: stock.sellable ?? 0,
    sellable: 0,
    committed: 0,
    reserved: 0,
    barrier: null,
    buffer: 0,
    bufferRuleId: null,
    degraded: 0,
    system: 'wms',
    incoming: 0,
    ...stock,
  }
}

function input(locations: readonly LocationInput[], rest: Partial<AvailabilityInput> = {}): AvailabilityInput {
  return { locations, unplaced: 0, allocation: sharedAllocation, ...rest }
}

const notServing = { kind: 'NOT_SERVING', ruleId: null } as const
const sum = (terms: readonly Term[]) => terms.reduce((total, { units }) => total + units, 0)
const short = (terms: readonly Term[]) => terms.map(({ kind, locationId, units }) => [kind, locationId, units])

describe('the worked vector', () => {
  const rule = (id: string, locationId: string, units: number, basisPoints: number): SafetyRule => ({
    id,
    channelId: null,
    method: null,
    variantId: null,
    category: null,
    locationId,
    validFrom: null,
    validTo: null,
    units,
    basisPoints,
  })
  const dcBuffer = bufferOf([rule('r1', 'dc', 0, 1_000)], 40)
  const storeBuffer = bufferOf([rule('r2', 'store', 2, 0)], 5)
  const locations = [
    at('dc', { sellable: 40, committed: 6, reserved: 4, buffer: dcBuffer?.units ?? 0, bufferRuleId: 'r1' }),
    at('store', { sellable: 5, buffer: storeBuffer?.units ?? 0, bufferRuleId: 'r2' }),
  ]
  const web = { ...sharedAllocation, others: [{ channelId: 'amazon', ruleId: 'a1', remaining: 6 }] }

  it('gives the web shop 20', () => {
    const asked = input(locations, { unplaced: 3, allocation: web })
    expect(availableOf(asked)).toEqual({
      ats: 20,
      onShelf: 26,
      owed: 0,
      largestSingleLocation: 26,
      byLocation: [
        { locationId: 'dc', available: 26 },
        { locationId: 'store', available: 3 },
      ],
    })
    expect(short(termsOf(asked))).toEqual([
      ['ON_HAND', 'dc', 40],
      ['COMMITTED', 'dc', -6],
      ['RESERVED', 'dc', -4],
      ['SAFETY_STOCK', 'dc', -4],
      ['ON_HAND', 'store', 5],
      ['SAFETY_STOCK', 'store', -2],
      ['UNPLACED_DEMAND', null, -3],
      ['OTHER_ALLOCATION', null, -6],
    ])
  })

  it('gives Amazon 6 of its ring-fenced 8, of which 2 are sold', () => {
    const allocation: AllocationInput = {
      ...sharedAllocation,
      mode: 'RING_FENCED',
      units: 8,
      consumed: 2,
      ruleId: 'a1',
    }
    expect(availableOf(input(locations, { unplaced: 3, allocation })).ats).toBe(6)
  })

  it('publishes nothing of the web shop below its floor of 21, and no more than its cap', () => {
    const floored = input(locations, { unplaced: 3, allocation: { ...web, publishFloor: 21 } })
    expect(availableOf(floored).ats).toBe(0)
    expect(termsOf(floored).at(-1)).toMatchObject({ kind: 'PUBLISH_FLOOR', units: -20 })
    const capped = input(locations, { unplaced: 3, allocation: { ...web, publishFloor: 20, maxPublish: 7 } })
    expect(availableOf(capped).ats).toBe(7)
    expect(termsOf(capped).at(-1)).toMatchObject({ kind: 'MAX_PUBLISH', units: -13 })
  })

  it('limits a capped channel by units, or by its share of what is left', () => {
    const cap = (units: number | null, basisPoints: number | null) =>
      availableOf(input(locations, { unplaced: 3, allocation: { ...web, mode: 'CAP', units, basisPoints } })).ats
    expect([cap(5, null), cap(null, 5_000), cap(100, null), cap(null, 10_000)]).toEqual([5, 13, 20, 20])
  })
})

describe('availability', () => {
  it('subtracts demand that is not placed once, whatever the number of locations (IBM INVENTORY-I-33)', () => {
    const locations = [at('dc', { sellable: 10 }), at('store', { sellable: 10 }), at('other', { sellable: 10 })]
    expect(availableOf(input(locations, { unplaced: 3 })).ats).toBe(27)
  })

  it('lets an oversold location take nothing from another', () => {
    const oversold = at('store', { sellable: 3, committed: 8 })
    expect(freeOf(oversold)).toBe(-5)
    expect(availableOf(input([at('dc', { sellable: 4 }), oversold])).ats).toBe(4)
  })

  it('never publishes what a source counts below zero', () => {
    const stock = input([at('store', { onHand: -1, sellable: -1 }), at('dc', { sellable: 264 })])
    expect(availableOf(stock).ats).toBe(264)
    expect(short(termsOf(stock))).toEqual([
      ['ON_HAND', 'store', -1],
      ['OVERSOLD', 'store', 1],
      ['ON_HAND', 'dc', 264],
    ])
  })

  it('gives nothing from where the channel is not served or a rule forbids it, and says which', () => {
    const barred = at('dc', { sellable: 9, barrier: { kind: 'EXCLUDED', ruleId: 'x1' }, incoming: 4 })
    const asked = input([barred, at('far', { sellable: 7, barrier: notServing })])
    expect(availableOf(asked)).toEqual({ ats: 0, onShelf: 0, owed: 0, largestSingleLocation: 0, byLocation: [] })
    expect(termsOf(asked).filter(({ kind }) => kind !== 'ON_HAND')).toMatchObject([
      { kind: 'EXCLUDED', ruleId: 'x1', units: -9 },
      { kind: 'NOT_SERVING', ruleId: null, units: -7 },
    ])
  })

  it('puts the largest location first, and equals in the order of their ids', () => {
    const stock = [at('store', { sellable: 2 }), at('other', { sellable: 2 }), at('dc', { sellable: 9 })]
    const { byLocation } = availableOf(input(stock))
    expect(byLocation.map(({ locationId }) => locationId)).toEqual(['dc', 'other', 'store'])
  })

  it('takes shares exactly, where floating point would hold back one unit more', () => {
    expect(0.07 * 100).toBeGreaterThan(7)
    expect(shareUp(700, 100)).toBe(7)
    expect(shareUp(701, 100)).toBe(8)
  })
})

describe('kits', () => {
  const skis = input([at('dc', { sellable: 5 }), at('store', { sellable: 4 })])
  const bindings = input([at('dc', { sellable: 3 }), at('store', { sellable: 9 })])
  const components = [
    { units: 1, input: skis },
    { units: 2, input: bindings },
  ]

  it('that ship together are made up at one location each', () => {
    expect(kitNumbersOf(madeUpOf(components, true), sharedAllocation)).toEqual({
      ats: 5,
      onShelf: 5,
      owed: 0,
      largestSingleLocation: 4,
      byLocation: [
        { locationId: 'store', available: 4 },
        { locationId: 'dc', available: 1 },
      ],
    })
  })

  it('that may ship apart are as many as the scarcest component allows', () => {
    expect(kitNumbersOf(madeUpOf(components, false), sharedAllocation).ats).toBe(6)
  })

  it('never take what is ring-fenced of a component for another channel', () => {
    const fenced = {
      ...skis,
      allocation: { ...sharedAllocation, others: [{ channelId: 'a', ruleId: 'f', remaining: 7 }] },
    }
    const short = [
      { units: 1, input: fenced },
      { units: 2, input: bindings },
    ]
    expect(kitNumbersOf(madeUpOf(short, true), sharedAllocation).ats).toBe(2)
  })
})

describe('explain', () => {
  const units = fc.integer({ min: 0, max: 60 })
  const location = fc.record({
    onHand: fc.integer({ min: -20, max: 80 }),
    sellable: fc.integer({ min: -20, max: 80 }),
    committed: units,
    reserved: units,
    buffer: units,
    degraded: units,
    incoming: units,
    barrier: fc.constantFrom(null, null, notServing, { kind: 'QUARANTINED', ruleId: 'q' } as const),
  })
  const allocation = fc.record({
    mode: fc.constantFrom('SHARED', 'CAP', 'RING_FENCED'),
    units: fc.option(units),
    basisPoints: fc.option(fc.integer({ min: 0, max: 10_000 })),
    consumed: units,
    publishFloor: units,
    maxPublish: fc.option(units),
    others: fc.array(fc.record({ channelId: fc.constant('o'), ruleId: fc.constant('f'), remaining: units })),
  })
  const inputs = fc.record({ locations: fc.array(location, { maxLength: 6 }), unplaced: units, allocation })

  it('attributes every unit between the shelves and the promise: its terms sum exactly (I10)', () => {
    fc.assert(
      fc.property(inputs, (drawn) => {
        const asked: AvailabilityInput = {
          ...drawn,
          locations: drawn.locations.map((stock, index) => at(`l${index}`, stock)),
          allocation: { ...sharedAllocation, ...drawn.allocation, ruleId: 'own' },
        }
        const { ats, byLocation } = availableOf(asked)
        const terms = termsOf(asked)
        expect(sum(terms)).toBe(ats)
        expect(ats).toBeGreaterThanOrEqual(0)
        const onHand = terms.filter(({ kind }) => kind === 'ON_HAND')
        expect(sum(onHand)).toBe(drawn.locations.reduce((total, stock) => total + stock.onHand, 0))
        expect(ats).toBeLessThanOrEqual(
          byLocation.reduce((total, { available }) => total + available, 0) +
            asked.locations.reduce((total, { incoming, barrier }) => total + (barrier === null ? incoming : 0), 0),
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('names the rule, the hold or the source of each step', () => {
    const asked = input([
      at('dc', { onHand: 30, sellable: 20, buffer: 4, bufferRuleId: 'r9', degraded: 100, system: 'pos' }),
    ])
    expect(termsOf(asked)).toEqual([
      { kind: 'ON_HAND', locationId: 'dc', ruleId: null, system: null, units: 30 },
      { kind: 'NOT_SELLABLE', locationId: 'dc', ruleId: null, system: null, units: -10 },
      { kind: 'SAFETY_STOCK', locationId: 'dc', ruleId: 'r9', system: null, units: -4 },
      { kind: 'STALE_SOURCE', locationId: 'dc', ruleId: null, system: 'pos', units: -16 },
    ])
  })
})
