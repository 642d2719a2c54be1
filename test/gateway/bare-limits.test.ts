import fc from 'fast-check'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { bareQueryLimits } from '../../gateway/bare.ts'
import { scanDocument } from '../../gateway/limits/scan-document.ts'
import { createOperationStore } from '../../gateway/operations.ts'

const schema = buildSchema('type Query { t: T n: Int } type T { t: T n: Int }')
const depthOf = 7

/** A document of fields, inline fragments and named ones; names only, so that it is valid on any type T. */
const document = fc
  .record({
    levels: fc.array(fc.record({ spreads: fc.integer({ min: 1, max: 5 }), isField: fc.boolean() }), {
      minLength: 1,
      maxLength: 9,
    }),
    aliases: fc.integer({ min: 0, max: 4 }),
    directives: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ levels, aliases, directives }) => {
    let fields = 0
    const fragments = levels.map(({ spreads, isField }, index) => {
      const nests = isField && fields < depthOf - 2
      if (nests) fields += 1
      const inner = `...F${index + 1} `.repeat(spreads)
      return `fragment F${index} on T { ${nests ? `t { ${inner}}` : inner} }`
    })
    const aliased = Array.from({ length: aliases }, (_, index) => `a${index}: n`).join(' ')
    const skipped = 'n @skip(if: false) '.repeat(directives)
    return `{ t { ...F0 ${aliased} ${skipped} } } ${fragments.join(' ')} fragment F${levels.length} on T { n }`
  })
  .filter((text) => scanDocument(text).tokens <= 130)

describe('the bare gateway', () => {
  it('refuses no valid query of depth 7, 4 aliases and 130 tokens, not even one of fragments alone', () => {
    const store = createOperationStore({ limits: bareQueryLimits })
    fc.assert(
      fc.property(document, (text) => {
        fc.pre(validate(schema, parse(text)).length === 0)
        expect(store.find(text, undefined, schema).kind).toBe('found')
      }),
      { numRuns: 300 },
    )
    const widest = Array.from(
      { length: 8 },
      (_, index) => `fragment F${index} on T { ${`...F${index + 1} `.repeat(4)}}`,
    )
    const text = `{ t { ...F0 } } ${widest.join(' ')} fragment F8 on T { n }`
    expect(scanDocument(text).tokens).toBeLessThanOrEqual(130)
    expect(store.find(text, undefined, schema).kind).toBe('found')
  })

  it('still refuses a bomb of 2^20 selections', () => {
    const bomb = Array.from(
      { length: 20 },
      (_, index) => `fragment F${index} on T { ...F${index + 1} ...F${index + 1} }`,
    )
    const text = `{ t { ...F0 } } ${bomb.join(' ')} fragment F20 on T { n }`
    expect(createOperationStore({ limits: bareQueryLimits }).find(text, undefined, schema)).toMatchObject({
      errors: [{ code: 'QUERY_TOO_COMPLEX', details: { limit: 'maxRecursiveSelections' } }],
    })
  })
})
