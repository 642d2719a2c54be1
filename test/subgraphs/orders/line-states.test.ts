import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advanceUnits,
  type LineStateCount,
  lineStates,
  moveUnits,
  sameCounts,
} from '../../../subgraphs/orders/line-states.ts'

const since = '2026-02-01T10:00:00.000Z'
const later = '2026-02-02T10:00:00.000Z'

const units = (counts: Partial<Record<(typeof lineStates)[number], number>>): LineStateCount[] =>
  lineStates.flatMap((state) => (counts[state] === undefined ? [] : [{ state, quantity: counts[state], since }]))

const quantities = (counts: readonly LineStateCount[]) =>
  Object.fromEntries(counts.map(({ state, quantity }) => [state, quantity]))

const sum = (counts: readonly { quantity: number }[]) => counts.reduce((total, { quantity }) => total + quantity, 0)

describe('moving the units of a line', () => {
  it('tells the states passed between what was known and what is told', () => {
    const moved = moveUnits(units({ RELEASED: 2 }), units({ SHIPPED: 2 }), later)
    expect(quantities(moved.counts)).toEqual({ SHIPPED: 2 })
    expect(moved.skipped).toEqual(['PICKED', 'PACKED'])
  })

  it('keeps since of units that stay and dates those that move', () => {
    const { counts } = moveUnits(units({ ACCEPTED: 3 }), units({ ACCEPTED: 1, CANCELLED: 2 }), later)
    expect(counts).toEqual([
      { state: 'ACCEPTED', quantity: 1, since },
      { state: 'CANCELLED', quantity: 2, since: later },
    ])
  })

  it('refuses a step the table does not allow and leaves the units where they are', () => {
    const moved = moveUnits(units({ SHIPPED: 2 }), units({ PACKED: 2 }), later)
    expect(quantities(moved.counts)).toEqual({ SHIPPED: 2 })
    expect(moved.refused).toEqual([{ state: 'PACKED', quantity: 2 }])
  })

  it('allows a reroute back to allocation', () => {
    expect(quantities(moveUnits(units({ PICKED: 1 }), units({ ALLOCATED: 1 }), later).counts)).toEqual({ ALLOCATED: 1 })
  })

  it('cancels units that may still be cancelled, not those already shipped', () => {
    const { counts } = moveUnits(units({ SHIPPED: 1, ACCEPTED: 1 }), units({ SHIPPED: 1, CANCELLED: 1 }), later)
    expect(quantities(counts)).toEqual({ SHIPPED: 1, CANCELLED: 1 })
  })

  it('lets units the report does not speak of stay and ignores those beyond the quantity', () => {
    expect(quantities(moveUnits(units({ ACCEPTED: 5 }), units({ SHIPPED: 2 }), later).counts)).toEqual({
      ACCEPTED: 3,
      SHIPPED: 2,
    })
    expect(quantities(moveUnits(units({ ACCEPTED: 2 }), units({ SHIPPED: 5 }), later).counts)).toEqual({ SHIPPED: 2 })
  })

  it('counts units of a shipment once, whoever reports them', () => {
    const reported = advanceUnits(units({ PACKED: 1, SHIPPED: 2 }), 'SHIPPED', 2, later)
    expect(quantities(reported)).toEqual({ PACKED: 1, SHIPPED: 2 })
    expect(quantities(advanceUnits(reported, 'SHIPPED', 1, later))).toEqual({ PACKED: 1, SHIPPED: 2 })
    expect(quantities(advanceUnits(reported, 'SHIPPED', 3, later))).toEqual({ SHIPPED: 3 })
  })

  it('never changes the sum, whatever is reported', () => {
    const state = fc.constantFrom(...lineStates)
    const counts = fc.array(fc.record({ state, quantity: fc.integer({ min: 0, max: 9 }) }), { maxLength: 6 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(counts, { maxLength: 6 }),
        state,
        (quantity, reports, goal) => {
          let current: readonly LineStateCount[] = units({ CAPTURED: quantity })
          for (const report of reports) current = moveUnits(current, report, later).counts
          expect(sum(current)).toBe(quantity)
          expect(sum(advanceUnits(current, goal, 3, later))).toBe(quantity)
        },
      ),
    )
  })

  it('compares by units, not by how they are written', () => {
    expect(
      sameCounts(
        [
          { state: 'PICKED', quantity: 1 },
          { state: 'PICKED', quantity: 1 },
        ],
        units({ PICKED: 2 }),
      ),
    ).toBe(true)
    expect(sameCounts(units({ PICKED: 2 }), units({ PICKED: 1, PACKED: 1 }))).toBe(false)
  })
})
