import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reserveCommand } from '../../../../bench/reservation-engine.ts'
import { systemClock } from '../../../../platform/clock.ts'
import { createIdMinter } from '../../../../platform/ids.ts'
import { type ChannelRow, indexNetwork, type LocationRow } from '../../../../subgraphs/inventory/network.ts'
import type { PositionRow } from '../../../../subgraphs/inventory/reads.ts'
import { createAdmission } from '../../../../subgraphs/inventory/reservations/admission.ts'
import { decideReserve } from '../../../../subgraphs/inventory/reservations/decide.ts'
import { createSectionState } from '../../../../subgraphs/inventory/reservations/section-state.ts'
import type { OpenDemand } from '../../../../subgraphs/inventory/reservations/substitute.ts'
import type { Supply } from '../../../../subgraphs/inventory/supply.ts'
import { noSharedTerms, noVariantTerms } from '../../../../subgraphs/inventory/terms-reads.ts'
import { fresh } from '../../../support/subgraph-world.ts'

const now = new Date('2026-11-01T12:00:00.000Z')
const hourMs = 3_600_000

const request = fc.record({
  channelId: fc.constantFrom('web', 'early'),
  placed: fc.boolean(),
  lines: fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 7 }), waits: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  }),
})
const estate = fc.record({
  shelves: fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 6 })),
  /** Hours until each is here; `early` counts on what comes within 48. */
  supplies: fc.array(fc.record({ quantity: fc.nat({ max: 6 }), hours: fc.integer({ min: 1, max: 96 }) }), {
    maxLength: 3,
  }),
  requests: fc.array(request, { maxLength: 8 }),
})

/**
 * Told apart from the formula: a unit is on a shelf or in a supply, and is promised once. Who does not wait is served of what is here
 * and, by the channel that sells in advance, of what comes soon.
 */
it('what is promised of shelves and supply is there or comes, and is refused only where it is not (I3)', () => {
  let [granted, refused, owedOnce] = [0, 0, 0]
  fc.assert(
    fc.property(estate, ({ shelves, supplies, requests }) => {
      const state = open(shelves, supplies)
      const here = shelves[0] + shelves[1]
      const comes = supplies.reduce((sum, { quantity }) => sum + quantity, 0)
      const soon = supplies.reduce((sum, { quantity, hours }) => sum + (hours <= 48 ? quantity : 0), 0)
      const shelved = new Map<string, number>()
      let [placed, owed] = [0, 0]
      for (const { channelId, placed: asPlaced, lines } of requests) {
        const quantity = lines.reduce((sum, line) => sum + line.quantity, 0)
        const steady = lines.reduce((sum, line) => sum + (line.waits ? 0 : line.quantity), 0)
        const taken = placed + owed
        const fits = quantity <= here + comes - taken
        const fitsNow = steady <= Math.max(0, here + (channelId === 'early' ? soon : 0) - taken)
        const demands = lines.map(({ quantity: units, waits }, at): OpenDemand => {
          const demand = { lineId: `${at}`, variantId: 'v', quantity: units }
          return waits ? { ...demand, waits: { backorder: true, preorder: false } } : demand
        })
        const { outcome } = decideReserve(
          state,
          { ...reserveCommand('v', 'buyer'), channelId, placed: asPlaced, lines: demands, replaceOwner: false },
          createIdMinter(systemClock),
        )
        expect(outcome.kind).toBe(fits && fitsNow ? 'done' : 'insufficient')
        if (outcome.kind !== 'done') {
          refused += 1
          continue
        }
        granted += 1
        for (const [at, line] of lines.entries()) {
          const units = outcome.plan.filter(({ lineId }) => lineId === `${at}`)
          expect(units.reduce((sum, part) => sum + part.quantity, 0)).toBe(line.quantity)
        }
        for (const { locationId, quantity: units, promise } of outcome.reservations) {
          if (promise !== null) {
            owedOnce += 1
            expect(['INCOMING', 'BACKORDER']).toContain(promise.kind)
            expect(comingBy(supplies, promise.availableAt)).toBeGreaterThanOrEqual(units)
          }
          if (locationId === null) owed += units
          else {
            placed += units
            shelved.set(locationId, (shelved.get(locationId) ?? 0) + units)
          }
        }
        expect(shelved.get('l0') ?? 0).toBeLessThanOrEqual(shelves[0])
        expect(shelved.get('l1') ?? 0).toBeLessThanOrEqual(shelves[1])
        expect(placed + owed).toBeLessThanOrEqual(here + comes)
      }
    }),
    { numRuns: 2_000 },
  )
  // A generator that only ever refuses or grants proves nothing.
  expect(Math.min(granted, refused, owedOnce)).toBeGreaterThan(200)
})

type Coming = readonly { readonly quantity: number; readonly hours: number }[]

function comingBy(supplies: Coming, text: string | null): number {
  const hours = (Date.parse(text ?? '') - now.getTime()) / hourMs
  return supplies.reduce((sum, supply) => sum + (supply.hours <= hours ? supply.quantity : 0), 0)
}

function open(shelves: readonly number[], supplies: Coming) {
  const admission = createAdmission(
    {
      network: indexNetwork({
        channels: [channel('web', false), channel('early', true)],
        locations: [0, 1].map(location),
      }),
      shared: noSharedTerms,
      ofVariant: new Map([
        ['v', { terms: { ...noVariantTerms, backorderable: true, supplies: supplies.map(toSupply) }, categories: [] }],
      ]),
    },
    { of: () => ({ ...fresh('erp'), syncedAt: now }), all: () => [] },
  )
  return createSectionState(
    {
      now,
      locked: new Set(['v']),
      positions: new Map([['v', shelves.map(position)]]),
      holds: new Map(),
      sold: [],
      reservations: [],
    },
    admission,
  )
}

function channel(id: string, include: boolean): ChannelRow {
  return {
    id,
    locationKinds: null,
    locationCodes: null,
    methods: ['SHIP'],
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

function position(sellable: number, at: number): PositionRow {
  const buckets = { onHand: sellable, sellable, damaged: 0, qualityControl: 0, returnHold: 0, manualHold: 0 }
  const counted = { committed: 0, incoming: 0, reorderPoint: null, anomaly: null, system: 'erp', feeds: [], version: 1 }
  return {
    ...{ variantId: 'v', locationId: `l${at}`, occurredAt: null, receivedAt: now.toISOString() },
    ...buckets,
    ...counted,
  }
}

function toSupply({ quantity, hours }: Coming[number], at: number): Supply {
  return {
    ...{ id: `s${at}`, kind: 'PURCHASE_ORDER', locationId: 'l0', quantity, received: 0, claimed: 0 },
    ...{ eta: new Date(now.getTime() + hours * hourMs).toISOString(), confidence: 1, state: 'CONFIRMED' },
  }
}
