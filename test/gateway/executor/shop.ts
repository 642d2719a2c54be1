import { link, type TestSubgraph } from './federate.ts'

type Product = { readonly id: string; readonly title: string; readonly status: string }

export const products: readonly Product[] = [
  { id: '1', title: 'Kettle "K"', status: 'LIVE' },
  { id: '2', title: 'Pan', status: 'SECRET' },
  { id: '3', title: 'Cup', status: 'LIVE' },
]

const find = ({ id }: { readonly id: string }) => products.find((product) => product.id === id) ?? null

/** Two subgraphs: what is sold, and how much of it there is. */
export const createShop = (log: string[] = []): Record<'catalog' | 'stock', TestSubgraph> => ({
  catalog: {
    typeDefs: `${link('@key', '@inaccessible', '@shareable')}
      type Query { product(id: ID!): Product  products: [Product!]  strict: [Product!]!  search: [Found]  things: [Thing] }
      type Mutation { rename(id: ID!, title: String!): Product }
      interface Thing { id: ID! }
      type Product implements Thing @key(fields: "id") { id: ID!  title: String!  status: Status  broken: String }
      type Shop implements Thing { id: ID!  city: String }
      type Hidden implements Thing @inaccessible { id: ID! }
      union Found = Product | Shop
      enum Status { LIVE SECRET @inaccessible }
    `,
    resolvers: {
      Query: {
        product: (_root: unknown, { id }: { id: string }) => find({ id }),
        products: () => [...products, products[0]],
        strict: () => products,
        search: () => [
          { __typename: 'Product', ...products[2] },
          { __typename: 'Shop', id: 's1', city: 'Oslo' },
        ],
        things: () => [
          { __typename: 'Shop', id: 's1' },
          { __typename: 'Hidden', id: 'h1' },
        ],
      },
      Mutation: {
        rename: (_root: unknown, { id, title }: { id: string; title: string }) => {
          log.push(`rename ${id}`)
          return { ...find({ id }), title }
        },
      },
      Product: {
        __resolveReference: find,
        broken: () => {
          throw Object.assign(new Error('no such thing'), {
            extensions: { code: 'NOT_FOUND', stacktrace: ['at secret.ts'], field: 'broken' },
          })
        },
      },
    },
  },
  stock: {
    typeDefs: `${link('@key')}
      type Mutation { take(id: ID!): Product }
      type Product @key(fields: "id") { id: ID!  count: Int!  place: Place  note: String }
      type Place { name: String!  shelf: Shelf }
      type Shelf { row: Int! }
    `,
    resolvers: {
      Mutation: {
        take: (_root: unknown, { id }: { id: string }) => {
          log.push(`take ${id}`)
          return { id }
        },
      },
      Product: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        count: ({ id }: { id: string }) => {
          if (id === '2') throw new Error('no count')
          return Number(id) * 10
        },
        place: () => ({ name: 'North', shelf: { row: 4 } }),
        note: ({ id }: { id: string }) => (id === '3' ? null : `note ${id}`),
      },
    },
  },
})
