import { describe, expect, it } from 'vitest'
import {
  availableOf,
  freeOf,
  type LocationStock,
  statusOf,
  termsOf,
} from '../../../subgraphs/inventory/availability.ts'

function at(locationId: string, stock: Partial<LocationStock>): LocationStock {
  return { locationId, onHand: stock.sellable ?? 0, sellable: 0, committed: 0, reserved: 0, ...stock }
}

const everywhere = new Set(['dc', 'store', 'other'])

describe('availability', () => {
  it('adds up what is free at serving locations (the worked vector, before rules and allocations)', () => {
    const stock = [at('dc', { sellable: 40, committed: 6, reserved: 4 }), at('store', { sellable: 5 })]
    expect(availableOf(stock, everywhere)).toEqual({
      ats: 35,
      largestSingleLocation: 30,
      byLocation: [
        { locationId: 'dc', available: 30 },
        { locationId: 'store', available: 5 },
      ],
    })
    expect(availableOf(stock, new Set(['store'])).ats).toBe(5)
    expect(availableOf(stock, new Set())).toEqual({ ats: 0, largestSingleLocation: 0, byLocation: [] })
  })

  it('lets an oversold location take nothing from another', () => {
    const oversold = at('store', { sellable: 3, committed: 8 })
    expect(freeOf(oversold)).toBe(-5)
    expect(availableOf([at('dc', { sellable: 4 }), oversold], everywhere).ats).toBe(4)
  })

  it('never publishes what a source counts below zero', () => {
    expect(availableOf([at('store', { onHand: -1, sellable: -1 })], everywhere).ats).toBe(0)
  })

  it('puts the largest location first, and equals in the order of their ids', () => {
    const stock = [at('store', { sellable: 2 }), at('other', { sellable: 2 }), at('dc', { sellable: 9 })]
    expect(availableOf(stock, everywhere).byLocation.map(({ locationId }) => locationId)).toEqual([
      'dc',
      'other',
      'store',
    ])
  })

  it('explains every unit between the shelves and the promise', () => {
    const stock = [
      at('dc', { onHand: 50, sellable: 40, committed: 6, reserved: 4 }),
      at('store', { onHand: 3, sellable: 3, committed: 8 }),
      at('closed', { sellable: 7 }),
      at('other', { onHand: -2, sellable: -2 }),
    ]
    const terms = termsOf(stock, everywhere)
    expect(terms.reduce((sum, { units }) => sum + units, 0)).toBe(availableOf(stock, everywhere).ats)
    expect(terms).toEqual([
      { kind: 'ON_HAND', locationId: 'dc', units: 50 },
      { kind: 'NOT_SELLABLE', locationId: 'dc', units: -10 },
      { kind: 'COMMITTED', locationId: 'dc', units: -6 },
      { kind: 'RESERVED', locationId: 'dc', units: -4 },
      { kind: 'ON_HAND', locationId: 'store', units: 3 },
      { kind: 'COMMITTED', locationId: 'store', units: -8 },
      { kind: 'OVERSOLD', locationId: 'store', units: 5 },
      { kind: 'ON_HAND', locationId: 'closed', units: 7 },
      { kind: 'NOT_SERVING', locationId: 'closed', units: -7 },
      { kind: 'ON_HAND', locationId: 'other', units: -2 },
      { kind: 'OVERSOLD', locationId: 'other', units: 2 },
    ])
  })

  it('says that few are left from five units down', () => {
    expect([0, 1, 5, 6].map(statusOf)).toEqual(['OUT_OF_STOCK', 'LOW_STOCK', 'LOW_STOCK', 'IN_STOCK'])
  })
})
