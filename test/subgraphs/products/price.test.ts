import { describe, expect, it } from 'vitest'
import { type PriceRow, priceInForce, rememberedPrice } from '../../../subgraphs/products/price.ts'

const at = new Date('2026-10-01T12:00:00.000Z')

function price(priceList: string, overrides: Partial<PriceRow> = {}): PriceRow {
  return {
    channelId: null,
    priceList,
    currency: 'EUR',
    amountMinor: '100',
    compareAtMinor: null,
    validFrom: null,
    validTo: null,
    system: 'erp',
    occurredAt: null,
    receivedAt: '2026-10-01T00:00:00.000Z',
    ...overrides,
  }
}

function inForce(...prices: readonly PriceRow[]) {
  const either = [priceInForce(prices, 'web', at), priceInForce(prices.toReversed(), 'web', at)]
  expect(either[0]).toBe(either[1])
  return either[0]?.priceList ?? null
}

describe('the price in force', () => {
  it('is one made for the channel before one for all channels', () => {
    expect(inForce(price('all'), price('web', { channelId: 'web' }))).toBe('web')
    expect(inForce(price('all'), price('store', { channelId: 'store' }))).toBe('all')
    expect(inForce(price('store', { channelId: 'store' }))).toBeNull()
  })

  it('is valid now: from its start on and until its end', () => {
    expect(inForce(price('over', { validTo: at.toISOString() }))).toBeNull()
    expect(inForce(price('now', { validFrom: at.toISOString() }))).toBe('now')
    expect(inForce(price('later', { validFrom: '2026-10-01T12:00:00.001Z' }))).toBeNull()
  })

  it('is the narrowest validity, then the latest start, then the first list by name', () => {
    const sale = price('sale', { validFrom: '2026-10-01T00:00:00.000Z', validTo: '2026-10-02T00:00:00.000Z' })
    const season = price('season', { validFrom: '2026-09-01T00:00:00.000Z', validTo: '2026-11-01T00:00:00.000Z' })
    const since = price('since', { validFrom: '2026-09-01T00:00:00.000Z' })
    const newer = price('newer', { validFrom: '2026-09-15T00:00:00.000Z' })
    expect(inForce(price('base'), season, sale)).toBe('sale')
    expect(inForce(price('base'), season)).toBe('season')
    expect(inForce(since, newer)).toBe('newer')
    expect(inForce(price('b'), price('a'))).toBe('a')
  })
})

describe('the remembered price', () => {
  const sale = price('sale', { validFrom: '2026-10-01T12:00:00.000Z', validTo: '2026-10-01T13:00:00.000Z' })
  const prices = [price('base'), sale, price('web', { channelId: 'web' }), price('store', { channelId: 'store' })]
  const moments = ['11:59:59.999', '12:00:00.000', '12:59:59.999', '13:00:00.000', '11:59:59.999']

  it('is the price in force at every moment, whichever was asked before, also when the clock steps back', () => {
    const told = moments.map((moment) => {
      const then = new Date(`2026-10-01T${moment}Z`)
      const asked = rememberedPrice(prices, 'app', true, then)
      expect(asked.price).toBe(priceInForce(prices, 'app', then))
      expect(rememberedPrice(prices, 'app', true, then)).toBe(asked)
      return asked.price?.priceList
    })
    expect(told).toEqual(['base', 'sale', 'sale', 'base', 'base'])
  })

  it('is of its channel, and of one made for it only where the viewer may see that', () => {
    const listOf = (channelId: string, sees: boolean) => rememberedPrice(prices, channelId, sees, at).price?.priceList
    expect([listOf('web', true), listOf('web', false), listOf('store', true), listOf('web', true)]).toEqual([
      'web',
      'sale',
      'store',
      'web',
    ])
  })

  it('is right for more channels than it remembers', () => {
    const many = [price('base'), price('last', { channelId: 'c499' })]
    const lists = Array.from(
      { length: 500 },
      (_, index) => rememberedPrice(many, `c${index}`, true, at).price?.priceList,
    )
    expect(new Set(lists.slice(0, 499))).toEqual(new Set(['base']))
    expect(lists[499]).toBe('last')
  })
})
