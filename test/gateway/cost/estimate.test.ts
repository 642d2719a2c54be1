import { buildSchema, Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readCostDirectives } from '../../../gateway/cost/cost-directives.ts'
import { compileCost } from '../../../gateway/cost/estimate.ts'

const sdl = /* GraphQL */ `
  directive @cost(weight: Int!) on FIELD_DEFINITION | OBJECT
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
  type Query {
    order(id: ID!): Order
    variantsBySku(skus: [String!]!): [Variant]! @listSize(slicingArguments: ["skus"])
    orders(first: Int = 25, last: Int): Connection! @listSize(slicingArguments: ["first", "last"], sizedFields: ["edges"]) @cost(weight: 2)
    search: [Thing!]! @listSize(assumedSize: 50)
  }
  type Mutation { reserve: Order }
  type Connection { edges: [Edge!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! }
  type Edge { node: Order! }
  type Order { id: ID! lines: [Line!]! @listSize(assumedSize: 5) report: String @cost(weight: 7) }
  type Line { id: ID! }
  type Variant { sku: String! }
  union Thing = Order | Variant
`
const schema = buildSchema(sdl)
const directives = readCostDirectives(parse(sdl))

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text)
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('no operation')
  return compileCost(document, operation, schema, directives).cost(variables)
}

describe('cost of an operation', () => {
  it('charges objects, not scalars', () => {
    expect(cost('{ order(id: 1) { id } }')).toBe(1)
    expect(cost('{ __typename }')).toBe(0)
  })

  it('multiplies a list by what it may hold', () => {
    expect(cost('{ order(id: 1) { lines { id } } }')).toBe(1 + 5)
    expect(cost('{ variantsBySku(skus: ["a", "b", "c"]) { sku } }')).toBe(3)
    expect(cost('query($s: [String!]!) { variantsBySku(skus: $s) { sku } }', { s: Array(20).fill('x') })).toBe(20)
  })

  it('takes a connection by its page, through the field that holds the list', () => {
    const inner = 1 + (1 + 5)
    expect(cost('{ orders(first: 10) { edges { node { lines { id } } } pageInfo { hasNextPage } } }')).toBe(
      2 + 10 * inner + 1,
    )
    expect(cost('{ orders { edges { node { id } } } }')).toBe(2 + 25 * 2)
    expect(cost('query($n: Int = 3) { orders(first: $n) { edges { node { id } } } }', { n: 3 })).toBe(2 + 3 * 2)
    expect(cost('{ orders(first: 1, last: 90) { edges { node { id } } } }')).toBe(2 + 90 * 2)
  })

  it('takes a negative page as none, which the resolver refuses', () => {
    expect(cost('{ orders(first: -5) { edges { node { id } } } }')).toBe(2)
  })

  it('charges a mutation for changing something', () => {
    expect(cost('mutation { reserve { id } again: reserve { id } }')).toBe(22)
  })

  it('charges a weight on a scalar field, and every alternative of a fragment', () => {
    expect(cost('{ order(id: 1) { report } }')).toBe(8)
    expect(cost('{ search { ... on Order { lines { id } } ... on Variant { sku } } }')).toBe(50 * (1 + 5))
    expect(cost('{ ...F } fragment F on Query { order(id: 1) { id } }')).toBe(1)
  })
})
