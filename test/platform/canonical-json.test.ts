import { describe, expect, it } from 'vitest'
import { toCanonicalJson } from '../../platform/canonical-json.ts'

describe('toCanonicalJson()', () => {
  it('gives one text for the same content, whatever the order of members, at every depth', () => {
    const text = toCanonicalJson({ b: [{ y: 1, x: '"' }, null], a: true })
    expect(text).toBe('{"a":true,"b":[{"x":"\\"","y":1},null]}')
    expect(toCanonicalJson({ a: true, b: [{ x: '"', y: 1 }, null] })).toBe(text)
  })

  it('tells apart what differs: order of a list, null and absent, text and number', () => {
    const texts = [[1, 2], [2, 1], ['1', 2], {}, { a: null }, { a: 'null' }, null, 'null'].map(toCanonicalJson)
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('leaves out what is undefined, and writes dates and bigints by their text', () => {
    expect(toCanonicalJson({ a: undefined, at: new Date(0), n: 5n })).toBe('{"at":"1970-01-01T00:00:00.000Z","n":"5n"}')
  })
})
