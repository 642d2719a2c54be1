import { describe, expect, it } from 'vitest'
import { AppError } from '../../../platform/errors/app-error.ts'
import { hasGs1CheckDigit, sharedScalars } from '../../../platform/subgraph/scalars.ts'

const parse = (name: string, value: unknown) => outcome(() => sharedScalars[name]?.parseValue(value))
const serialize = (name: string, value: unknown) => outcome(() => sharedScalars[name]?.serialize(value))

function outcome(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error instanceof AppError ? error.code : error
  }
}

describe('shared scalars', () => {
  it('check GS1 digits of trade items and locations', () => {
    expect(hasGs1CheckDigit('4006381333931')).toBe(true)
    expect(parse('GTIN', '4006381333931')).toBe('4006381333931')
    expect(parse('GTIN', '96385074')).toBe('96385074')
    expect(parse('GTIN', '4006381333932')).toBe('BAD_USER_INPUT')
    expect(parse('GTIN', '123456789')).toBe('BAD_USER_INPUT')
    expect(parse('GLN', '5790000000013')).toBe('BAD_USER_INPUT')
    expect(parse('GLN', '4006381333931')).toBe('4006381333931')
    expect(parse('GLN', '96385074')).toBe('BAD_USER_INPUT')
  })

  it('write instants in UTC with milliseconds and refuse days that do not exist', () => {
    expect(serialize('DateTime', new Date(0))).toBe('1970-01-01T00:00:00.000Z')
    expect(parse('DateTime', '2026-10-01T11:30:00+02:00')).toBe('2026-10-01T09:30:00.000Z')
    expect(parse('DateTime', '2026-02-30T00:00:00Z')).toBe('BAD_USER_INPUT')
    expect(parse('DateTime', '2026-10-01')).toBe('BAD_USER_INPUT')
    expect(parse('DateTime', 1_700_000_000)).toBe('BAD_USER_INPUT')
    expect(parse('Date', '2028-02-29')).toBe('2028-02-29')
    expect(parse('Date', '2026-02-29')).toBe('BAD_USER_INPUT')
  })

  it('keep amounts exact', () => {
    expect(serialize('MinorUnits', 9_007_199_254_740_993n)).toBe('9007199254740993')
    expect(serialize('MinorUnits', 12)).toBe('12')
    expect(serialize('MinorUnits', 1.5)).toBe('SOURCE_DATA_INVALID')
    expect(parse('MinorUnits', '9223372036854775807')).toBe('9223372036854775807')
    expect(parse('MinorUnits', '9223372036854775808')).toBe('BAD_USER_INPUT')
    expect(parse('MinorUnits', 12)).toBe('BAD_USER_INPUT')
    expect(parse('Decimal', '-0.10')).toBe('-0.10')
    expect(parse('Decimal', '1e3')).toBe('BAD_USER_INPUT')
    expect(parse('Decimal', '01.5')).toBe('BAD_USER_INPUT')
  })

  it('refuse what is no currency, time zone or URL', () => {
    expect(parse('CurrencyCode', 'EUR')).toBe('EUR')
    expect(parse('CurrencyCode', 'eur')).toBe('BAD_USER_INPUT')
    expect(parse('TimeZone', 'Europe/Paris')).toBe('Europe/Paris')
    expect(parse('TimeZone', 'Mars/Olympus')).toBe('BAD_USER_INPUT')
    expect(parse('URL', 'https://example.com/a.png')).toBe('https://example.com/a.png')
    expect(parse('URL', '/a.png')).toBe('BAD_USER_INPUT')
  })

  it('say what was wrong and what is allowed, shortened', () => {
    expect(() => sharedScalars.CurrencyCode?.parseValue('x'.repeat(5_000))).toThrow(
      /^Cannot read CurrencyCode: got "x{58}…, allowed is three capital letters of ISO 4217 like EUR$/,
    )
    expect(parse('Date', null)).toBe('BAD_USER_INPUT')
    expect(parse('Date', { toString: 'no' })).toBe('BAD_USER_INPUT')
  })
})
