import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, type GraphQLSchema, parse } from 'graphql'
import { expect, test } from 'vitest'
import { isPromise } from '../../../platform/maybe-promise.ts'
import { resolveEntitiesAtOnce } from '../../../platform/subgraph/entities.ts'

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])
  type Query { ok: Boolean }
  type Book @key(fields: "id") { id: ID!, title: String }
  type Shelf @key(fields: "id") { id: ID! }
  type Label { text: String }
`)

const shared = { id: 'shared', title: 'One row of a cache' }
const books: Readonly<Record<string, () => unknown>> = {
  now: () => ({ id: 'now', title: 'Now' }),
  later: async () => ({ id: 'later', title: 'Later' }),
  shared: () => shared,
  frozen: () => Object.freeze({ id: 'frozen', title: 'Frozen' }),
  unknown: () => null,
  misnamed: () => ({ __typename: 'Shelf', id: 'misnamed', title: 'Misnamed' }),
  failing: () => Promise.reject(new Error('no such shelf')),
  thrown: () => {
    throw new Error('no such library')
  },
}
const resolvers = { Book: { __resolveReference: ({ id }: { id: string }) => books[id]?.() ?? null } }

function schemaOf(change: (schema: GraphQLSchema) => void): GraphQLSchema {
  const schema = buildSubgraphSchema({ typeDefs, resolvers })
  change(schema)
  return schema
}
const stock = schemaOf(() => {})
const ours = schemaOf(resolveEntitiesAtOnce)

const document = parse(`query ($representations: [_Any!]!) {
  _entities(representations: $representations) { __typename ... on Book { id title } ... on Shelf { id } } }`)
const ask = (schema: GraphQLSchema, representations: readonly unknown[]) =>
  execute({ schema, document, variableValues: { representations } })
const book = (id: string) => ({ __typename: 'Book', id })

test.each([
  ['what is there, comes later, is shared, or unknown', ['now', 'later', 'shared', 'shared', 'unknown'].map(book)],
  ['what calls itself something else', ['now', 'misnamed'].map(book)],
  ['what is told by its reference alone', [{ __typename: 'Shelf', id: 's1' }, book('now')]],
  ['what fails: itself alone', ['now', 'failing'].map(book)],
  ['what throws at once', ['now', 'thrown'].map(book)],
  ['a type that is not there', [book('now'), { __typename: 'Nothing', id: '1' }]],
  ['a type that is no entity', [{ __typename: 'Label', text: 'x' }]],
  ['a reference without a type', [{ id: 'now' }]],
  ['none', []],
])('references are answered as the resolver of Apollo answers them: %s', async (_, representations) => {
  // Twice, since what is shared is named by the first.
  expect(await ask(ours, representations)).toEqual(await ask(stock, representations))
  expect(await ask(ours, representations)).toEqual(await ask(stock, representations))
})

test('what is there at once is answered at once', () => {
  const answer = ask(ours, ['now', 'shared', 'frozen'].map(book))
  expect(isPromise(answer)).toBe(false)
  expect(answer).toMatchObject({
    data: { _entities: [{ title: 'Now' }, { title: 'One row of a cache' }, { __typename: 'Book', title: 'Frozen' }] },
  })
})
