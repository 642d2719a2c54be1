import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  divideHalfEven,
  exponentOf,
  formatDecimal,
  isCurrency,
  parseMoney,
  parseRoundedMoney,
  spread,
} from '../../platform/money.ts'

const currency = fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF')
const minor = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })

describe('money', () => {
  it('knows the exponents of ISO 4217', () => {
    expect(['JPY', 'EUR', 'KWD', 'BHD', 'ISK', 'CLF'].map((code) => exponentOf(code))).toEqual([0, 2, 3, 3, 0, 4])
    expect([isCurrency('eur'), isCurrency('XXX'), isCurrency('USD')]).toEqual([false, false, true])
  })

  it('reads decimals exactly', () => {
    expect(parseMoney('12.34', 'EUR')).toBe(1234n)
    expect(parseMoney('12', 'EUR')).toBe(1200n)
    expect(parseMoney('-0.05', 'EUR')).toBe(-5n)
    expect(parseMoney('0.1', 'KWD')).toBe(100n)
    expect(parseMoney('90071992547409.93', 'EUR')).toBe(9007199254740993n)
  })

  it('refuses more digits than the currency has', () => {
    expect(() => parseMoney('10.005', 'EUR')).toThrow(
      'amount is "10.005", allowed is at most 2 digits after the point for EUR',
    )
    expect(() => parseMoney('1.5', 'JPY')).toThrow('at most 0 digits')
    expect(() => parseMoney('10.000', 'EUR')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })

  it("drops the zeros that a source's column pads with, and only those", () => {
    expect(parseMoney('12.3400', 'EUR', 'SOURCE_DATA_INVALID')).toBe(1234n)
    expect(() => parseMoney('12.3401', 'EUR', 'SOURCE_DATA_INVALID')).toThrow(
      expect.objectContaining({ code: 'SOURCE_DATA_INVALID' }),
    )
  })

  it('refuses what is no decimal, no currency, or too large', () => {
    expect(() => parseMoney('1e3', 'EUR')).toThrow('allowed is a decimal')
    expect(() => parseMoney(' 1', 'EUR')).toThrow('allowed is a decimal')
    expect(() => parseMoney('', 'EUR')).toThrow('allowed is a decimal')
    expect(() => parseMoney('1', 'euro')).toThrow('currency is "euro", allowed is an ISO 4217 code')
    expect(() => parseMoney('92233720368547758.08', 'EUR')).toThrow('fits 64 bits')
    expect(parseMoney('92233720368547758.07', 'EUR')).toBe(2n ** 63n - 1n)
  })

  it('formats with as many digits as the currency has', () => {
    expect([formatDecimal(-5n, 'EUR'), formatDecimal(0n, 'KWD'), formatDecimal(7n, 'JPY')]).toEqual([
      '-0.05',
      '0.000',
      '7',
    ])
  })

  it('reads back every amount that it formats', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        expect(parseMoney(formatDecimal(amount, code), code)).toBe(amount)
      }),
    )
  })

  it('rounds halves to the even neighbour', () => {
    expect(['2.345', '2.355', '-2.345', '2.3451', '2.34'].map((text) => parseRoundedMoney(text, 'EUR'))).toEqual([
      234n,
      236n,
      -234n,
      235n,
      234n,
    ])
  })

  it('never rounds further than half a unit away', () => {
    fc.assert(
      fc.property(minor, fc.bigInt({ min: 1n, max: 10n ** 12n }), (numerator, denominator) => {
        const error = 2n * (divideHalfEven(numerator, denominator) * denominator - numerator)
        expect(error <= denominator && error >= -denominator).toBe(true)
      }),
    )
  })

  it('spreads a total so that the parts add up and stay within one unit of their share', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 30 }),
        (total, weights) => {
          const parts = spread(total, weights)
          expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(total)
          const sum = weights.reduce((all, weight) => all + weight, 0n)
          for (const [index, weight] of sum === 0n ? [] : weights.entries()) {
            const distance = (parts[index] ?? 0n) * sum - total * weight
            expect(distance < sum && distance > -sum).toBe(true)
          }
        },
      ),
    )
  })

  it('gives what is left to the largest remainders, then to earlier parts', () => {
    expect(spread(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n])
    expect(spread(100n, [1n, 2n, 3n])).toEqual([17n, 33n, 50n])
    expect(spread(-5n, [0n, 0n])).toEqual([-3n, -2n])
    expect(spread(0n, [])).toEqual([])
  })

  it('refuses to spread over nothing', () => {
    expect(() => spread(1n, [])).toThrow(RangeError)
    expect(() => spread(1n, [-1n, 2n])).toThrow(RangeError)
    expect(() => divideHalfEven(1n, 0n)).toThrow(RangeError)
  })
})
