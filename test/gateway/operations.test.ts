import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { defaultQueryLimits } from '../../gateway/limits/index.ts'
import { createOperationStore } from '../../gateway/operations.ts'

const schema = buildSchema('type Query { a: Int } type Mutation { b: Int }')
const older = buildSchema('type Query { a: Int }')
const newStore = (changes: Partial<typeof defaultQueryLimits> = {}) =>
  createOperationStore({ limits: { ...defaultQueryLimits, ...changes } })

describe('operation store', () => {
  it('gives the same operation for the same text and name', () => {
    const store = newStore()
    const text = 'query A { a } mutation B { b }'
    expect(store.find(text, 'B', schema)).toMatchObject({
      kind: 'found',
      operation: { name: 'B', kind: 'mutation', text },
    })
    const first = store.find(text, 'A', schema)
    const second = store.find(text, 'A', schema)
    expect(first.kind === 'found' && second.kind === 'found' && first.operation === second.operation).toBe(true)
  })

  it('shares an operation between versions that have it, and refuses it where one has it not', () => {
    const store = newStore()
    const one = store.find('{ a }', undefined, schema)
    const two = store.find('{ a }', undefined, older)
    expect(one.kind === 'found' && two.kind === 'found' && one.operation === two.operation).toBe(true)
    expect(store.find('mutation { b }', undefined, schema).kind).toBe('found')
    expect(store.find('mutation { b }', undefined, older).kind).toBe('refused')
    expect(store.find('mutation { b }', undefined, schema).kind).toBe('found')
  })

  it('gives each version its own operation when it asks what the schema is', () => {
    const store = newStore()
    const one = store.find('{ __schema { queryType { name } } }', undefined, schema)
    const two = store.find('{ __schema { queryType { name } } }', undefined, older)
    expect(one.kind === 'found' && two.kind === 'found' && one.operation !== two.operation).toBe(true)
    expect(one).toMatchObject({ operation: { introspects: true } })
  })

  it('takes the only operation when none is named', () => {
    expect(newStore().find('query A { a }', undefined, schema)).toMatchObject({ operation: { name: 'A' } })
  })

  it('stays bounded under a flood of unique documents', () => {
    const store = newStore()
    const first = store.find('{ a }', undefined, schema)
    for (let index = 0; index < 5_000; index++) store.find(`{ a${index}: a }`, undefined, schema)
    const again = store.find('{ a }', undefined, schema)
    expect(again.kind === 'found' && first.kind === 'found' && again.operation !== first.operation).toBe(true)
  })

  it('stays bounded under a flood of long documents, before their number is', () => {
    const store = newStore()
    const find = (key: string) => {
      const found = store.find(`{ ${key}: a } # ${'x'.repeat(40_000)}`, undefined, schema)
      return found.kind === 'found' ? found.operation : null
    }
    const first = find('first')
    expect(find('first')).toBe(first)
    for (let index = 0; index < 110; index++) find(`a${index}`)
    expect(find('first')).not.toBe(first)
  })

  it('remembers why it refused, and a flood of refused documents pushes out no good one', () => {
    const store = newStore()
    const good = store.find('{ a }', undefined, schema)
    const bad = store.find('{ nope }', undefined, schema)
    expect(store.find('{ nope }', undefined, schema)).toBe(bad)
    for (let index = 0; index < 6_000; index++) store.find(`{ a${index} }`, undefined, schema)
    expect(store.find('{ nope }', undefined, schema)).not.toBe(bad)
    const again = store.find('{ a }', undefined, schema)
    expect(again.kind === 'found' && good.kind === 'found' && again.operation === good.operation).toBe(true)
  })

  it('bounds before it validates', () => {
    const text = `{ ${Array.from({ length: 31 }, (_, index) => `x${index}: nope`).join(' ')} }`
    expect(newStore({ maxRootFields: 100 }).find(text, undefined, schema)).toMatchObject({
      kind: 'refused',
      errors: [{ code: 'QUERY_TOO_COMPLEX', details: { limit: 'maxAliases', allowed: 30, value: 31 } }],
    })
  })

  it('refuses documents of too many tokens with their number, before they are parsed to the end', () => {
    expect(newStore({ maxTokens: 10 }).find(`{ ${'a '.repeat(50)}`, undefined, schema)).toMatchObject({
      errors: [{ code: 'QUERY_TOO_COMPLEX', details: { limit: 'maxTokens', allowed: 10, value: 51 } }],
    })
  })

  it('tells where a mistake is and suggests nothing', () => {
    const found = newStore().find('{ aa }', undefined, schema)
    expect(found).toEqual({
      kind: 'refused',
      errors: [
        {
          code: 'GRAPHQL_VALIDATION_FAILED',
          message: 'Cannot query field "aa" on type "Query".',
          locations: [{ line: 1, column: 3 }],
        },
      ],
    })
  })
})
