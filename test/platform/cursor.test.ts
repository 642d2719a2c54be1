import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCursorCodec, hashFilter } from '../../platform/cursor.ts'

const codec = createCursorCodec({ secret: 'a secret of more than 32 characters' })
const target = { scope: 'Customer.orders', filterHash: hashFilter({ tenant: 'demo', customerId: 'cus_1' }) }
const values = ['2026-11-21T09:00:00.000Z', 'ord_1', 7, true, null]
const cursor = codec.encode({ ...target, values })
const invalid = expect.objectContaining({ code: 'CURSOR_INVALID' })

describe('cursor', () => {
  it('reads back what it encoded', () => {
    expect(codec.decode(cursor, target)).toEqual(values)
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  it('is refused by another list or with another filter, and says so', () => {
    expect(() => codec.decode(cursor, { ...target, scope: 'Query.orders' })).toThrow('belongs to another list')
    expect(() => codec.decode(cursor, { ...target, filterHash: hashFilter({ tenant: 'demo' }) })).toThrow(invalid)
  })

  it('is refused when it was signed elsewhere', () => {
    const elsewhere = createCursorCodec({ secret: 'another secret of more than 32 characters' })
    expect(() => codec.decode(elsewhere.encode({ ...target, values }), target)).toThrow(invalid)
  })

  it('is refused when any bit of it is changed', () => {
    const bytes = Buffer.from(cursor, 'base64url')
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const forged = Buffer.from(bytes)
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        // Four tag bytes only choose the wording of a refusal, so changing them alone is harmless.
        if (bit >> 3 >= 17 && bit >> 3 < 21) return
        expect(() => codec.decode(forged.toString('base64url'), target)).toThrow(invalid)
      }),
    )
  })

  it('is refused when it is no cursor at all', () => {
    expect(() => codec.decode('', target)).toThrow(invalid)
    expect(() => codec.decode('AQ', target)).toThrow(invalid)
    expect(() => codec.decode('not base64 url!', target)).toThrow(invalid)
    expect(() => codec.decode('A'.repeat(100_000), target)).toThrow(invalid)
  })

  it('answers any text with its own code', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => codec.decode(text, target)).toThrow(invalid)
      }),
    )
  })
})

describe('hashFilter', () => {
  it('is the same for the same content in any order, absent members included', () => {
    expect(hashFilter({ a: 1, b: { c: [2n], d: undefined } })).toBe(hashFilter({ b: { c: [2n] }, a: 1 }))
  })

  it('differs for different content', () => {
    expect(hashFilter({ a: ['x', 'y'] })).not.toBe(hashFilter({ a: ['y', 'x'] }))
    expect(hashFilter({ a: 1 })).not.toBe(hashFilter({ a: '1' }))
    expect(hashFilter({ a: new Date(1) })).not.toBe(hashFilter({ a: new Date(2) }))
  })
})
