import { getIntrospectionQuery, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { defaultQueryLimits, findLimitViolation } from '../../../gateway/limits/index.ts'

const violation = (text: string) => findLimitViolation(parse(text, { noLocation: true }), defaultQueryLimits)

describe('query limits', () => {
  it('let an ordinary query pass', () => {
    expect(violation('{ a { b { c { d { e { f { g } } } } } } x: a { __typename } }')).toBeNull()
  })

  it('refuse a fragment bomb of 2^20 selections in milliseconds, by its written-out size', () => {
    const fragments = Array.from({ length: 20 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`)
    const before = process.cpuUsage()
    const found = violation(`{ ...F0 } ${fragments.join(' ')} fragment F20 on T { a }`)
    expect(found).toMatchObject({ limit: 'maxRecursiveSelections', allowed: 10_000 })
    expect(found?.value).toBeGreaterThan(2 ** 20)
    expect(process.cpuUsage(before).user).toBeLessThan(500_000)
  })

  it('count the levels of fields through fragments', () => {
    const nested = (depth: number): string => (depth === 0 ? 'a' : `a { ${nested(depth - 1)} }`)
    expect(violation(`{ ${nested(11)} }`)).toBeNull()
    expect(violation(`{ ${nested(12)} }`)).toMatchObject({ limit: 'maxDepth', value: 13 })
    expect(violation(`{ a { ...F } } fragment F on T { ${nested(11)} }`)).toMatchObject({
      limit: 'maxDepth',
      value: 13,
    })
  })

  it('let the query pass by which tools learn the schema, and no deeper one', () => {
    expect(violation(getIntrospectionQuery())).toBeNull()
    const types = (depth: number): string => (depth === 0 ? 'name' : `ofType { ${types(depth - 1)} }`)
    expect(violation(`{ __type(name: "A") { ${types(20)} } }`)).toMatchObject({ limit: 'maxDepth' })
  })

  it('count aliases of __typename as aliases', () => {
    const aliases = Array.from({ length: 31 }, (_, i) => `a${i}: __typename`).join(' ')
    expect(violation(`{ a { ${aliases} } }`)).toMatchObject({ limit: 'maxAliases', value: 31, allowed: 30 })
  })

  it('count root fields that hide in fragments', () => {
    const fields = Array.from({ length: 7 }, (_, i) => `f${i}`).join(' ')
    expect(
      violation(
        `{ ...A ...B ...C } fragment A on Q { ${fields} } fragment B on Q { ${fields} } fragment C on Q { ...A }`,
      ),
    ).toMatchObject({
      limit: 'maxRootFields',
      value: 21,
    })
  })

  it('count directives and operations', () => {
    expect(violation(`{ a ${'@skip(if: false) '.repeat(51)} }`)).toMatchObject({ limit: 'maxDirectives', value: 51 })
    expect(violation(Array.from({ length: 6 }, (_, i) => `query Q${i} { a }`).join(' '))).toMatchObject({
      limit: 'maxOperations',
      value: 6,
    })
  })

  it('survive fragments that contain themselves, which validation refuses later', () => {
    expect(violation('{ ...A } fragment A on T { a ...B } fragment B on T { b ...A }')).toBeNull()
  })
})
