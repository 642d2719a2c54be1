import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createDocumentCache } from '../../../platform/subgraph/documents.ts'

const schema = buildSchema('type Query { a: Int b: Int }')

describe('document cache', () => {
  it('answers the same document for the same text', () => {
    const cache = createDocumentCache(schema, { maxDocuments: 10, maxChars: 1_000 })
    expect(cache.read('{ a }')).toBe(cache.read('{ a }'))
  })

  it('forgets the least recently used beyond its bounds', () => {
    const cache = createDocumentCache(schema, { maxDocuments: 10, maxChars: 20 })
    const first = cache.read('{ a }')
    cache.read('{ b }')
    expect(cache.read('{ a }')).toBe(first)
    cache.read('{ a b }')
    cache.read('{ b a }')
    expect(cache.read('{ a }')).not.toBe(first)
  })

  it('keeps no invalid document', () => {
    const cache = createDocumentCache(schema, { maxDocuments: 10, maxChars: 1_000 })
    const read = cache.read('{ c }')
    expect(read.kind).toBe('invalid')
    expect(cache.read('{ c }')).not.toBe(read)
    expect(() => cache.read('{')).toThrow('Syntax Error')
  })
})
