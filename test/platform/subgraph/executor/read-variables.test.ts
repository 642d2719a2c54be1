import { buildSchema, getOperationAST, getVariableValues, parse } from 'graphql'
import { expect, test } from 'vitest'
import { compileVariables } from '../../../../platform/subgraph/executor/read-variables.ts'

const schema = buildSchema(/* GraphQL */ `
  type Query { ask(ids: [ID!], matrix: [[Int]], unit: Unit, input: Input, flag: Boolean, any: Any): Int }
  enum Unit { EACH GRAM }
  input Input { name: String! size: Int = 3 }
  scalar Any
`)

function both(header: string, given: Readonly<Record<string, unknown>>) {
  const definitions = getOperationAST(parse(`query (${header}) { ask }`))?.variableDefinitions ?? []
  const show = ({ coerced, errors }: ReturnType<typeof getVariableValues>) => ({
    coerced: coerced && { ...coerced },
    errors: errors?.map(({ message }) => message),
  })
  return {
    ours: show(compileVariables(schema, definitions)(given)),
    theirs: show(getVariableValues(schema, definitions, given, { maxErrors: 50 })),
  }
}

test.each([
  ['$ids: [ID!]!', { ids: ['a', 1, 'c'] }],
  ['$ids: [ID!]!', { ids: 'one alone' }],
  ['$ids: [ID!]!', { ids: ['a', null] }],
  ['$ids: [ID!]!', { ids: ['a', { no: 'id' }, true] }],
  ['$ids: [ID!]!', { ids: null }],
  ['$ids: [ID!]!', {}],
  ['$ids: [ID!]', {}],
  ['$ids: [ID!]', { ids: null }],
  ['$ids: [ID!]', { ids: undefined }],
  ['$matrix: [[Int]]', { matrix: [[1, null], null, [2]] }],
  ['$matrix: [[Int]]', { matrix: [1, [2.5]] }],
  ['$unit: Unit', { unit: 'GRAM' }],
  ['$unit: Unit', { unit: 'STONE' }],
  ['$unit: Unit = EACH', {}],
  ['$unit: Unit = EACH', { unit: null }],
  ['$unit: Unit! = EACH', { unit: null }],
  ['$input: Input!', { input: { name: 'n' } }],
  ['$input: [Input]', { input: [{ name: 'n', size: 'big' }, null] }],
  ['$flag: Boolean, $any: Any', { flag: false, any: { what: ['ever'] }, more: 1 }],
  ['$flag: Boolean', { flag: 'yes' }],
  ['$any: Unheard', { any: 1 }],
])('(%s) is read from %o as graphql-js reads it', (header, given) => {
  const { ours, theirs } = both(header, given)
  expect(ours).toEqual(theirs)
})
