import { expect, test } from 'vitest'
import { federate, link, type TestSubgraph } from './federate.ts'

const posts = [
  { id: '1', notes: ['a', 'b', 'c'] },
  { id: '2', notes: ['d', 'e', 'f'] },
]

/** `score` reads three notes through `@requires`, `brief` one; a client may read any number. */
const createNotes = (): Record<string, TestSubgraph> => ({
  notes: {
    typeDefs: `${link('@key')}
      type Query { posts: [Post!]! }
      type Post @key(fields: "id") { id: ID!  notes(limit: Int! = 2): [Note!]!  size(unit: String): Int  owner: Owner }
      type Note { text: String! }
      type Owner { rate(currency: String!): Int }
    `,
    resolvers: {
      Query: { posts: () => posts },
      Post: {
        __resolveReference: ({ id }: { id: string }) => posts.find((post) => post.id === id),
        notes: ({ notes }: { notes: string[] }, { limit }: { limit: number }) =>
          notes.slice(0, limit).map((text) => ({ text })),
        size: (_post: unknown, { unit }: { unit?: string }) => (unit === 'mm' ? 1000 : 1),
        owner: () => ({}),
      },
      Owner: { rate: (_owner: unknown, { currency }: { currency: string }) => (currency === 'EUR' ? 3 : 5) },
    },
  },
  scores: {
    typeDefs: `${link('@key', '@external', '@requires')}
      type Post @key(fields: "id") {
        id: ID!
        notes(limit: Int! = 2): [Note!]! @external
        size(unit: String): Int @external
        owner: Owner @external
        score: String! @requires(fields: "notes(limit: 3) { text }")
        brief: String! @requires(fields: "notes(limit: 1) { text }")
        inMillimetres: Int @requires(fields: "size(unit: \\"mm\\")")
        euros: Int @requires(fields: "owner { rate(currency: \\"EUR\\") }")
        dollars: Int @requires(fields: "owner { rate(currency: \\"USD\\") }")
        plain: String
      }
      type Note @external { text: String! }
      type Owner @external { rate(currency: String!): Int }
    `,
    resolvers: {
      Post: {
        score: ({ notes }: { notes: { text: string }[] }) => notes.map(({ text }) => text).join(''),
        brief: ({ notes }: { notes: { text: string }[] }) => notes.map(({ text }) => text).join(''),
        inMillimetres: ({ size }: { size: number }) => size,
        euros: ({ owner }: { owner: { rate: number } }) => owner.rate,
        dollars: ({ owner }: { owner: { rate: number } }) => owner.rate,
        plain: () => 'plain',
      },
    },
  },
})

test('a field with an argument that @requires reads with another argument', async () => {
  const { ask } = federate(createNotes())
  expect(await ask('{ posts { score notes(limit: 1) { text } } }')).toEqual({
    data: {
      posts: [
        { score: 'abc', notes: [{ text: 'a' }] },
        { score: 'def', notes: [{ text: 'd' }] },
      ],
    },
  })
})

test('the same by a variable, by the default of the argument, and under an alias of that name', async () => {
  const { ask } = federate(createNotes())
  const text = 'query ($limit: Int = 1) { posts { score notes(limit: $limit) { text } } }'
  expect((await ask(text)).data).toMatchObject({ posts: [{ score: 'abc', notes: [{ text: 'a' }] }, {}] })
  expect((await ask('{ posts { notes { text } score } }')).data).toMatchObject({
    posts: [{ score: 'abc', notes: [{ text: 'a' }, { text: 'b' }] }, {}],
  })
  expect((await ask('{ posts { notes: id size: score inMillimetres } }')).data).toMatchObject({
    posts: [{ notes: '1', size: 'abc', inMillimetres: 1000 }, {}],
  })
})

test('two fields that require the same field with different arguments', async () => {
  const { ask } = federate(createNotes())
  expect((await ask('{ posts { score brief plain } }')).data).toEqual({
    posts: [
      { score: 'abc', brief: 'a', plain: 'plain' },
      { score: 'def', brief: 'd', plain: 'plain' },
    ],
  })
})

test('the same below a nested object, by either planner', async () => {
  const auto = federate(createNotes())
  const reference = federate(createNotes(), { planner: 'apollo' })
  const text = '{ posts { euros dollars score brief owner { rate(currency: "USD") } } }'
  const expected = { euros: 3, dollars: 5, owner: { rate: 5 } }
  expect((await auto.ask(text)).data).toMatchObject({ posts: [{ ...expected, score: 'abc', brief: 'a' }, expected] })
  expect((await reference.ask(text)).data).toEqual((await auto.ask(text)).data)
})

/** Both subgraphs declare the other's keys; only one of them resolves each. */
const createOverlappingKeys = (): Record<string, TestSubgraph> => ({
  names: {
    typeDefs: `${link('@key')}
      type Item @key(fields: "id") @key(fields: "code { one two }", resolvable: false)
        @key(fields: "id code { two three }", resolvable: false) { id: ID!  code: Code!  name: String! }
      type Code { one: ID!  two: ID!  three: ID! }
    `,
    resolvers: {
      Item: {
        __resolveReference: ({ id }: { id: string }) => ({
          id,
          name: `name ${id}`,
          code: { one: '1', two: '2', three: '3' },
        }),
      },
    },
  },
  boxes: {
    typeDefs: `${link('@key', '@external', '@requires')}
      type Query { box: Box }
      type Box @key(fields: "id") { id: ID!  items: [Item!]! }
      type Item @key(fields: "code { one two }", resolvable: false) @key(fields: "id code { two three }")
        @key(fields: "id", resolvable: false) {
        id: ID!  code: Code!  name: String! @external  label: String! @requires(fields: "name")
      }
      type Code { one: ID!  two: ID!  three: ID! }
    `,
    resolvers: {
      Query: { box: () => ({ id: 'b', items: [{ id: 'i', code: { one: '1', two: '2', three: '3' } }] }) },
      Item: {
        __resolveReference: (reference: { id?: string; code?: { three?: string }; name?: string }) => {
          if (reference.id === undefined || reference.code?.three === undefined) throw new Error('not by that key')
          return reference
        },
        label: ({ name }: { name?: string }) => `label of ${name}`,
      },
    },
  },
})

test('overlapping composite keys over a nested object: only resolvable ones are used', async () => {
  const { ask } = federate(createOverlappingKeys())
  expect(await ask('{ box { id items { id name label } } }')).toEqual({
    data: { box: { id: 'b', items: [{ id: 'i', name: 'name i', label: 'label of name i' }] } },
  })
})

test('without the native planner such a plan is refused rather than run', async () => {
  const { ask } = federate(createOverlappingKeys(), { planner: 'apollo' })
  await expect(ask('{ box { items { label } } }')).rejects.toMatchObject({ code: 'INTERNAL' })
})

const createInterfaceObjects = (): Record<string, TestSubgraph> => ({
  nodes: {
    typeDefs: `${link('@key')}
      interface Node @key(fields: "id") { id: ID! }
      type Query { node: Node }
    `,
    resolvers: { Query: { node: () => ({ __typename: 'Node', id: 'n' }) }, Node: { __resolveReference: () => null } },
  },
  facts: {
    typeDefs: `${link('@key', '@interfaceObject')}
      type Node @key(fields: "id", resolvable: false) @interfaceObject { id: ID!  fact: String }
      type Query { fact: Node }
    `,
    resolvers: { Query: { fact: () => ({ id: 'n', fact: 'true' }) } },
  },
})

test('a non-resolvable interface object is an error, not a silent null', async () => {
  const { ask } = federate(createInterfaceObjects())
  await expect(ask('{ node { fact } }')).rejects.toMatchObject({ code: 'INTERNAL' })
  expect((await ask('{ fact { id fact } }')).data).toEqual({ fact: { id: 'n', fact: 'true' } })
  expect(await ask('{ node { id } }')).toMatchObject({ data: { node: null }, errors: [{ path: ['node'] }] })
})

test('nor is it with the reference planner, which drops such a field without a word', async () => {
  const { ask } = federate(createInterfaceObjects(), { planner: 'apollo' })
  await expect(ask('{ node { fact } }')).rejects.toMatchObject({ code: 'INTERNAL' })
})

test('one entity at two places that ask different things under the same name', async () => {
  const byKey = { __resolveReference: ({ id }: { id: string }) => ({ id }) }
  const { ask } = federate({
    items: {
      typeDefs: `${link('@key')} type Query { first: Item  second: Item }  type Item @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { first: () => ({ id: 'i' }), second: () => ({ id: 'i' }) } },
    },
    parts: {
      typeDefs: `${link('@key')} type Item @key(fields: "id") { id: ID!  part: Part }  type Part @key(fields: "id") { id: ID! }`,
      resolvers: { Item: { ...byKey, part: () => ({ id: 'p' }) } },
    },
    sizes: {
      typeDefs: `${link('@key')} type Part @key(fields: "id") { id: ID!  size: Int  mass: Int }`,
      resolvers: { Part: { ...byKey, size: () => 1, mass: () => 2 } },
    },
  })
  expect((await ask('{ first { part { x: size } } second { part { x: mass } } }')).data).toEqual({
    first: { part: { x: 1 } },
    second: { part: { x: 2 } },
  })
})
