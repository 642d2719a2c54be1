import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  decimalField,
  distinctKeys,
  identifiersField,
  optional,
  parseDocument,
  parsePrevious,
  textField,
  toAmountMinor,
  toTimestamp,
} from '../../../platform/connector/document-fields.ts'
import { createMemoryIdentities } from '../../support/identity-resolver.ts'

const document = { system: 'erp', kind: 'thing', key: '1', data: {}, receivedAt: '2026-10-01T00:00:00.000Z' }

describe('toTimestamp', () => {
  it('reads RFC 3339, timestamptz as text and dates, cut to milliseconds, as UTC', () => {
    expect(toTimestamp('2026-10-01T09:30:00Z')).toBe('2026-10-01T09:30:00.000Z')
    expect(toTimestamp('2026-10-01T09:30:00.123987+02:00')).toBe('2026-10-01T07:30:00.123Z')
    expect(toTimestamp('2026-10-01 09:30:00.5+00')).toBe('2026-10-01T09:30:00.500Z')
    expect(toTimestamp('2026-10-01 09:30:00-0330')).toBe('2026-10-01T13:00:00.000Z')
    expect(toTimestamp('2026-10-01')).toBe('2026-10-01T00:00:00.000Z')
  })

  it('refuses times without a zone and days that do not exist', () => {
    expect(toTimestamp('2026-10-01 09:30:00')).toBeNull()
    expect(toTimestamp('2026-02-30')).toBeNull()
    expect(toTimestamp('2026-02-30T00:00:00Z')).toBeNull()
    expect(toTimestamp('2026-10-01T25:00:00Z')).toBeNull()
    expect(toTimestamp('infinity')).toBeNull()
    expect(toTimestamp('yesterday')).toBeNull()
  })
})

describe('toAmountMinor', () => {
  it('reads an exact decimal, dropping the zeros a column pads with', () => {
    expect(toAmountMinor(document, 'amount', '12.3400', 'EUR')).toBe('1234')
    expect(toAmountMinor(document, 'amount', '0', 'EUR')).toBe('0')
    expect(toAmountMinor(document, 'amount', '1.5', 'KWD')).toBe('1500')
  })

  it('names the field it refuses, as the document calls it', () => {
    const refused = (decimal: string) => () => toAmountMinor(document, 'tax', decimal, 'EUR')
    expect(refused('12.345')).toThrow('Cannot read thing document of erp: tax is "12.345", allowed is at most 2 digits')
    expect(refused('-0.01')).toThrow('tax is "-0.01", allowed is 0 or more')
    expect(refused('1e3')).toThrow('tax is "1e3", allowed is a decimal such as 12.34')
    expect(refused('99999999999999999999')).toThrow('allowed is an amount that fits 64 bits')
    expect(refused('-1')).toThrow(expect.objectContaining({ code: 'SOURCE_DATA_INVALID' }))
  })
})

describe('a document', () => {
  const schema = z.object({ name: textField, size: optional(decimalField), identifiers: identifiersField })

  it('is read with absent and null members alike', () => {
    const read = parseDocument(schema, { ...document, data: { name: ' a ', size: null, unknown: 1 } })
    expect(read).toEqual({ name: 'a', size: null, identifiers: [] })
    expect(parseDocument(schema, { ...document, data: { name: 'a', size: 7 } }).size).toBe('7')
  })

  it('is refused whole, each wrong member named', () => {
    const data = { name: '', size: 1.5, identifiers: [{ namespace: 'sku' }] }
    expect(() => parseDocument(schema, { ...document, data })).toThrow(
      expect.objectContaining({
        code: 'SOURCE_DATA_INVALID',
        details: {
          fields: [
            { field: 'name', got: '""', allowed: 'a length of at least 1' },
            { field: 'size', got: '1.5', allowed: 'a decimal as text, or a whole number' },
            { field: 'identifiers.0.value', got: 'missing', allowed: 'a string' },
          ],
        },
      }),
    )
  })

  it('counts as never seen when the rules have changed since', () => {
    const context = { tenant: 't', ids: createMemoryIdentities() }
    expect(parsePrevious(schema, { ...context, previous: { name: 'a' } })).toMatchObject({ name: 'a' })
    expect(parsePrevious(schema, { ...context, previous: { title: 'a' } })).toBeNull()
    expect(parsePrevious(schema, { ...context, previous: null })).toBeNull()
  })
})

describe('distinctKeys', () => {
  it('keeps the first of equal keys, in order', () => {
    const [a, b] = [
      { namespace: 'sku', value: 'A' },
      { namespace: 'gtin', value: 'A' },
    ]
    expect(distinctKeys([a, b, { ...a }])).toEqual([a, b])
  })
})
