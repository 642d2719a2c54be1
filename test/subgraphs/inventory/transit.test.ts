import { describe, expect, it } from 'vitest'
import { deliverByMs, type TransitTime, transitTimeOf } from '../../../subgraphs/inventory/transit.ts'

const any: TransitTime = {
  id: 'any',
  locationId: null,
  method: null,
  country: null,
  postalPrefix: null,
  days: 5,
  closedOn: [],
}
const from = { locationId: 'dc', method: 'SHIP' } as const

describe('a transit time', () => {
  it('is the nearest that somebody said: by postal code, country, location, method', () => {
    const times: readonly TransitTime[] = [
      any,
      { ...any, id: 'method', method: 'SHIP' },
      { ...any, id: 'dc', locationId: 'dc' },
      { ...any, id: 'fr', country: 'FR' },
      { ...any, id: 'a-town', country: 'FR', postalPrefix: '75' },
      { ...any, id: 'first', country: 'FR', postalPrefix: '7500' },
      { ...any, id: 'store', locationId: 'store', country: 'FR', postalPrefix: '75001' },
    ]
    const nearest = (country: string, postalCode?: string) => transitTimeOf(times, from, { country, postalCode })?.id
    expect([nearest('FR', '75001'), nearest('FR', '75116'), nearest('FR', '69001'), nearest('FR')]).toEqual([
      'first',
      'a-town',
      'fr',
      'fr',
    ])
    expect(nearest('DE', '75001')).toBe('dc')
    expect(transitTimeOf([{ ...any, country: 'FR' }], from, { country: 'DE' })).toBeNull()
  })
})

describe('delivery', () => {
  // A Thursday, at 17:00 in Paris.
  const thursday = Date.parse('2026-10-01T15:00:00Z')
  const by = (days: number, closedOn: readonly string[] = [], left = thursday) => {
    const ms = deliverByMs('Europe/Paris', left, { ...any, days, closedOn })
    return ms === null ? null : new Date(ms).toISOString()
  }

  it('is by the end of a business day there, carriers’ holidays and changes of clocks included', () => {
    expect(by(0)).toBe('2026-10-01T22:00:00.000Z')
    expect(by(1)).toBe('2026-10-02T22:00:00.000Z')
    expect(by(2)).toBe('2026-10-05T22:00:00.000Z')
    expect(by(2, ['2026-10-05'])).toBe('2026-10-06T22:00:00.000Z')
    // What leaves on a Saturday moves on Monday.
    expect(by(1, [], Date.parse('2026-10-03T15:00:00Z'))).toBe('2026-10-05T22:00:00.000Z')
    expect(by(0, [], Date.parse('2026-10-03T15:00:00Z'))).toBe('2026-10-05T22:00:00.000Z')
    // Clocks go back on the last Sunday of October.
    expect(by(1, [], Date.parse('2026-10-23T15:00:00Z'))).toBe('2026-10-26T23:00:00.000Z')
  })
})
