import { describe, expect, it } from 'vitest'
import { toMoney } from '../../platform/money-answer.ts'

describe('toMoney', () => {
  it('answers minor units with their currency’s scale, exact past 2^53', () => {
    expect(toMoney(-5n, 'EUR')).toEqual({ amountMinor: '-5', currency: 'EUR', exponent: 2, amount: '-0.05' })
    expect(toMoney('500', 'JPY')).toEqual({ amountMinor: '500', currency: 'JPY', exponent: 0, amount: '500' })
    expect(toMoney('9007199254740993', 'KWD').amount).toBe('9007199254740.993')
  })

  it('refuses a currency that is none', () => {
    expect(() => toMoney(1n, 'EURO')).toThrow('Cannot read money: currency is "EURO"')
  })
})
