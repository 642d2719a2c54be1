import { expect, test } from 'vitest'
import { federate, link, type TestSubgraph } from './federate.ts'

const media = [
  { __typename: 'Book', id: 'b1', title: 'Sea' },
  { __typename: 'Film', id: 'f1', title: 'Sky' },
]

const createMedia = (): Record<string, TestSubgraph> => ({
  media: {
    typeDefs: `${link('@key')}
      type Query { media: [Media!]! }
      interface Media @key(fields: "id") { id: ID!  title: String! }
      type Book implements Media @key(fields: "id") { id: ID!  title: String! }
      type Film implements Media @key(fields: "id") { id: ID!  title: String! }
    `,
    resolvers: {
      Query: { media: () => media },
      Media: { __resolveReference: ({ id }: { id: string }) => media.find((one) => one.id === id) },
      Book: { __resolveReference: ({ id }: { id: string }) => media.find((one) => one.id === id) },
      Film: { __resolveReference: ({ id }: { id: string }) => media.find((one) => one.id === id) },
    },
  },
  ratings: {
    typeDefs: `${link('@key', '@interfaceObject')}
      type Query { best: Media }
      type Media @key(fields: "id") @interfaceObject { id: ID!  rating: Int! }
    `,
    resolvers: {
      Query: { best: () => ({ id: 'f1' }) },
      Media: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        rating: ({ id }: { id: string }) => (id === 'f1' ? 9 : 4),
      },
    },
  },
})

test('an interface object adds fields without hiding what type it is', async () => {
  const { ask } = federate(createMedia())
  expect((await ask('{ media { __typename rating ... on Film { title } } }')).data).toEqual({
    media: [
      { __typename: 'Book', rating: 4 },
      { __typename: 'Film', rating: 9, title: 'Sky' },
    ],
  })
})

test('an interface object is resolved to its type where something hangs on it', async () => {
  const { ask } = federate(createMedia())
  expect((await ask('{ best { rating t: __typename ... on Book { title } ... on Film { id } } }')).data).toEqual({
    best: { rating: 9, t: 'Film', id: 'f1' },
  })
  expect((await ask('{ best { rating } }')).data).toEqual({ best: { rating: 9 } })
})

test('an interface object whose type nothing can hang on is there, whatever it is', async () => {
  const { media: catalog, ratings } = createMedia()
  if (catalog === undefined || ratings === undefined) throw new TypeError('Cannot ask: the graph lacks a subgraph')
  const titled = `${catalog.typeDefs.replaceAll('implements Media', 'implements Media & Titled')} interface Titled { title: String! }`
  const { ask } = federate({ media: { ...catalog, typeDefs: titled }, ratings })
  const query = '{ best { ... on Film { ... on Titled { ... on Book { title } } } } }'
  expect(await ask(query)).toEqual({ data: { best: {} } })
})

test('a field of an interface object that only some types are asked for takes nothing from the others when it fails', async () => {
  const { media: catalog, ratings } = createMedia()
  if (catalog === undefined || ratings === undefined) throw new TypeError('Cannot ask: the graph lacks a subgraph')
  const { ask, asked } = federate({
    media: catalog,
    ratings: {
      typeDefs: ratings.typeDefs.replace('rating: Int!', 'rating: Int!  rank: Int!  fans: Int'),
      resolvers: {
        Query: { best: () => ({ id: 'f1' }) },
        Media: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          rating: () => 4,
          fans: () => 7,
          rank: ({ id }: { id: string }) => {
            if (id === 'b1') throw new Error('no rank')
            return 1
          },
        },
      },
    },
  })
  expect(await ask('{ media { rating fans ... on Film { rank } } }')).toEqual({
    data: {
      media: [
        { rating: 4, fans: 7 },
        { rating: 4, fans: 7, rank: 1 },
      ],
    },
  })
  // Asked as data and as text, each with one call.
  expect(asked.map(({ service }) => service)).toEqual(['media', 'ratings', 'media', 'ratings'])
})

test('nothing is told of what an interface object was asked for other types alone, however deep it fails', async () => {
  const { media: catalog } = createMedia()
  if (catalog === undefined) throw new TypeError('Cannot ask: the graph lacks a subgraph')
  const { ask } = federate({
    media: catalog,
    critics: {
      typeDefs: `${link('@key', '@interfaceObject')}
        type Media @key(fields: "id") @interfaceObject { id: ID!  critics: [Critic] }
        type Critic { name: String  age: Int }
      `,
      resolvers: {
        Media: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          critics: ({ id }: { id: string }) => [{ id }],
        },
        Critic: {
          name: ({ id }: { id: string }) => `critic of ${id}`,
          age: ({ id }: { id: string }) => {
            if (id === 'b1') throw new Error('no age')
            return 40
          },
        },
      },
    },
  })
  const shown = [{ critics: [{ name: 'critic of b1' }] }, { critics: [{ name: 'critic of f1', age: 40 }] }]
  expect(await ask('{ media { critics { name } ... on Film { critics { age } } } }')).toEqual({
    data: { media: shown },
  })
})

test('a list selected twice under one key is one list', async () => {
  const { ask } = federate(createMedia())
  expect((await ask('{ media { id } ...F media { rating } } fragment F on Query { media { title } }')).data).toEqual({
    media: [
      { id: 'b1', title: 'Sea', rating: 4 },
      { id: 'f1', title: 'Sky', rating: 9 },
    ],
  })
})
