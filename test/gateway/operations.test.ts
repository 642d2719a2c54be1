import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createOperationStore } from '../../gateway/operations.ts'
import { AppError } from '../../platform/errors/app-error.ts'

const schema = buildSchema('type Query { a: Int } type Mutation { b: Int }')

describe('operation store', () => {
  it('gives the same operation for the same text and name', () => {
    const store = createOperationStore({ schema })
    const text = 'query A { a } mutation B { b }'
    expect(store.find(text, 'B')).toMatchObject({ kind: 'found', operation: { name: 'B', kind: 'mutation', text } })
    const first = store.find(text, 'A')
    const second = store.find(text, 'A')
    expect(first.kind === 'found' && second.kind === 'found' && first.operation === second.operation).toBe(true)
  })

  it('takes the only operation when none is named', () => {
    expect(createOperationStore({ schema }).find('query A { a }', undefined)).toMatchObject({
      operation: { name: 'A' },
    })
  })

  it('stays bounded under a flood of unique documents', () => {
    const store = createOperationStore({ schema })
    const first = store.find('{ a }', undefined)
    for (let index = 0; index < 5_000; index++) store.find(`{ a${index}: a }`, undefined)
    const again = store.find('{ a }', undefined)
    expect(again.kind === 'found' && first.kind === 'found' && again.operation !== first.operation).toBe(true)
  })

  it('asks the check before it validates, once per document', () => {
    const seen: number[] = []
    const store = createOperationStore({
      schema,
      checkDocument(document) {
        seen.push(document.definitions.length)
        if (document.definitions.length > 1) throw new AppError('QUERY_TOO_COMPLEX', 'Cannot run: too many')
      },
    })
    expect(() => store.find('{ nope } query X { nope }', 'X')).toThrow('too many')
    store.find('{ a }', undefined)
    store.find('{ a }', undefined)
    expect(seen).toEqual([2, 1])
  })

  it('refuses documents of too many tokens before they are parsed to the end', () => {
    const store = createOperationStore({ schema, maxTokens: 10 })
    expect(() => store.find(`{ ${'a '.repeat(50)}`, undefined)).toThrow('Parsing aborted')
  })
})
