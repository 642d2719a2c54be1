// Four subgraphs in Federation 1 terms, so that every gateway can serve them, over data from memory.
import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'

const users = Array.from({ length: 6 }, (_, index) => ({
  id: String(index + 1),
  name: `User number ${index + 1}`,
  username: `user${index + 1}`,
  birthday: 1990 + index,
}))

const products = Array.from({ length: 20 }, (_, index) => ({
  upc: String(index + 1),
  name: `Product "${index + 1}" of the list`,
  price: 100 * (index + 1),
  weight: 10 * (index + 1),
  inStock: index % 3 !== 0,
}))

const reviews = Array.from({ length: 12 }, (_, index) => ({
  id: String(index + 1),
  body: `Review ${index + 1}: it does what it says`,
  author: { __typename: 'User', id: String((index % 6) + 1) },
  product: { __typename: 'Product', upc: String((index % 5) + 1) },
}))

// What a review or a question is about, as the reviews subgraph knows it: keys only.
const subjects = Array.from({ length: 12 }, (_, index) =>
  index % 3 === 0
    ? { __typename: 'User', id: String((index % 6) + 1) }
    : { __typename: 'Product', upc: String(index + 1) },
)

const productOf = ({ upc }) => products.find((product) => product.upc === upc)

export const subgraphs = {
  accounts: {
    typeDefs: `
      extend type Query { me: User  user(id: ID!): User  users: [User] }
      type User @key(fields: "id") { id: ID!  name: String  username: String  birthday: Int }
    `,
    resolvers: {
      Query: { me: () => users[0], users: () => users, user: (_, { id }) => users.find((user) => user.id === id) },
      User: { __resolveReference: ({ id }) => users.find((user) => user.id === id) },
    },
  },
  inventory: {
    typeDefs: `
      extend type Product @key(fields: "upc") {
        upc: String! @external
        weight: Int @external
        price: Int @external
        inStock: Boolean
        shippingEstimate: Int @requires(fields: "price weight")
      }
    `,
    resolvers: {
      Product: {
        __resolveReference: (reference) => ({ ...reference, inStock: productOf(reference).inStock }),
        shippingEstimate: ({ price, weight }) => (price > 1000 ? 0 : Math.round(weight / 2)),
      },
    },
  },
  products: {
    typeDefs: `
      extend type Query { topProducts(first: Int = 5): [Product]  product(upc: String!): Product }
      type Product @key(fields: "upc") { upc: String!  name: String  price: Int  weight: Int }
    `,
    resolvers: {
      Query: { topProducts: (_, { first }) => products.slice(0, first), product: (_, key) => productOf(key) },
      Product: { __resolveReference: productOf },
    },
  },
  reviews: {
    typeDefs: `
      extend type Query { subjects: [Subject!]!  notes: [Note!]! }
      union Subject = User | Product
      interface Note { text: String!  about: Subject! }
      type Praise implements Note { text: String!  about: Subject!  stars: Int! }
      type Complaint implements Note { text: String!  about: Subject!  reason: String }
      type Review @key(fields: "id") { id: ID!  body: String  author: User @provides(fields: "username")  product: Product }
      extend type User @key(fields: "id") { id: ID! @external  username: String @external  reviews: [Review] }
      extend type Product @key(fields: "upc") { upc: String! @external  reviews: [Review] }
    `,
    resolvers: {
      Query: {
        subjects: () => subjects,
        notes: () =>
          subjects.map((about, index) => ({
            __typename: index % 2 === 0 ? 'Praise' : 'Complaint',
            text: `Note ${index}`,
            about,
            stars: (index % 5) + 1,
            reason: index % 4 === 1 ? null : 'too late',
          })),
      },
      Subject: { __resolveType: ({ __typename }) => __typename },
      Note: { __resolveType: ({ __typename }) => __typename },
      Review: {
        __resolveReference: ({ id }) => reviews.find((review) => review.id === id),
        author: ({ author }) => ({ ...author, username: users.find((user) => user.id === author.id).username }),
      },
      User: {
        __resolveReference: (reference) => reference,
        reviews: ({ id }) => reviews.filter((review) => review.author.id === id),
      },
      Product: {
        __resolveReference: (reference) => reference,
        reviews: ({ upc }) => reviews.filter((review) => review.product.upc === upc),
      },
    },
  },
}

export const schemaOf = ({ typeDefs, resolvers }) => buildSubgraphSchema({ typeDefs: parse(typeDefs), resolvers })

export const compose = (urlOf) => {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(subgraphs).map(([name, { typeDefs }]) => ({ name, url: urlOf(name), typeDefs: parse(typeDefs) })),
  )
  if (supergraphSdl === undefined) throw new Error(errors.join('\n'))
  return supergraphSdl
}

/** What the gateway was tuned on. */
export const tuned = {
  // The query of the public gateway benchmark.
  nested: {
    query: `
    fragment User on User { id username name }
    fragment Review on Review { id body }
    fragment Product on Product { inStock name price shippingEstimate upc weight }
    query Nested {
      users { ...User reviews { ...Review product { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } } } }
      topProducts { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } }
    }`,
  },
  one: { query: 'query One { product(upc: "3") { upc name price } }' },
  list: { query: 'query List { topProducts(first: 20) { upc name price inStock } }' },
}

/** Written after the tuning; nothing was changed for them. */
export const fresh = {
  // An interface and a union whose members are completed by three other subgraphs.
  abstract: {
    query: `query Abstract {
      notes {
        __typename text
        ... on Praise { stars }
        ... on Complaint { reason }
        about { __typename ... on User { id name birthday } ... on Product { upc name inStock } }
      }
    }`,
  },
  // A field of one subgraph that needs two of another.
  requires: {
    query: 'query Requires($first: Int!) { topProducts(first: $first) { upc shippingEstimate } }',
    variables: { first: 15 },
  },
  // Lists in lists, aliases everywhere, variables, a condition.
  deep: {
    query: `query Deep($id: ID!, $first: Int = 3, $brief: Boolean!) {
      someone: user(id: $id) {
        nick: username
        born: birthday @skip(if: $brief)
        wrote: reviews { text: body about: product { title: name cost: price there: inStock } }
      }
      shelf: topProducts(first: $first) {
        title: name
        said: reviews { text: body by: author { nick: username full: name } }
      }
    }`,
    variables: { id: '2', brief: true },
  },
}
