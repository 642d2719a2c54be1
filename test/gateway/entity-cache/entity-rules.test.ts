import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readAccessRules } from '../../../gateway/authorize/access-rules.ts'
import { createEntityCache } from '../../../gateway/entity-cache/entity-cache.ts'
import { readEntityRules } from '../../../gateway/entity-cache/entity-rules.ts'
import { createEntityStore } from '../../../gateway/entity-cache/entity-store.ts'
import { assetPath } from '../../../platform/assets.ts'
import { createAppliedEvents } from '../../../platform/event-log/applied-events.ts'
import { policies } from '../../../policies/index.ts'
import { composeSubgraphs } from '../../../schema/compose.ts'
import { anonymous } from '../../support/viewers.ts'

const link = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@policy", "@composeDirective"])
  @link(url: "https://storeloom.dev/cache/v1.0", import: ["@entityCache"])
  @composeDirective(name: "@entityCache")
directive @entityCache(fields: String!, events: [String!]!, ids: [String!]!, sees: [String!]! = []) repeatable on OBJECT
`

const read = (declared: string) => {
  const { supergraphSdl, errors } = composeSubgraphs([
    {
      name: 'a',
      url: 'http://a',
      typeDefs: `${link}
        type Query { thing: Thing }
        type Thing @key(fields: "id") @entityCache(${declared}) {
          id: ID!  name: String  size(in: String): Int  other: Other  part: Part  both: Int @shareable
          secret: Int @policy(policies: [["read-orders"]])  hidden: Hidden
        }
        type Other @key(fields: "id") { id: ID!  name: String }
        type Part { name: String  depth: Int @policy(policies: [["read-orders"]]) }
        type Hidden @policy(policies: [["read-orders"]]) { name: String }`,
    },
    {
      name: 'b',
      url: 'http://b',
      typeDefs: `${link} type Thing @key(fields: "id") { id: ID!  both: Int @shareable  far: Int }`,
    },
  ])
  if (supergraphSdl === null) throw new Error(errors.join())
  return rulesOf(supergraphSdl)
}
const rulesOf = (supergraphSdl: string) => {
  const document = parse(supergraphSdl)
  return readEntityRules(document, readAccessRules(document), policies)
}
const declare = (fields: string, more = 'events: ["changed"], ids: ["data.id"]') => `fields: "${fields}", ${more}`

describe('@entityCache', () => {
  it('says what may be kept, of which subgraph, and what drops it', () => {
    const [rule, ...others] = read(declare('name part { name }'))
    expect(others).toEqual([])
    expect(rule).toMatchObject({
      service: 'a',
      typeName: 'Thing',
      fields: new Map<string, unknown>([
        ['id', null],
        ['name', null],
        ['part', new Map([['name', null]])],
      ]),
      events: new Set(['changed']),
    })
  })

  it.each([
    ['its fields are no selection', declare('name {')],
    ['its fields are named without fragments', declare('... on Thing { name }')],
    ['Thing has no field colour', declare('colour')],
    ['Thing.size takes arguments', declare('size')],
    ['Thing.secret is not for everyone', declare('secret')],
    ['Thing.hidden is not for everyone', declare('hidden { name }')],
    ['Part.depth is not for everyone', declare('part { depth }')],
    ['Thing.other is an entity, which events of its own change', declare('other { name }')],
    ['Thing.part needs a selection', declare('part')],
    ['its fields must be of one subgraph, and of it alone', declare('name far')],
    ['its fields must be of one subgraph, and of it alone', declare('both')],
    ['it names no events, or no ids in them', declare('name', 'events: [], ids: ["data.id"]')],
    ['it names no events, or no ids in them', declare('name', 'events: ["changed"], ids: []')],
    ['there is no policy see-all', declare('name', 'events: ["changed"], ids: ["data.id"], sees: ["see-all"]')],
  ])('is refused: %s', (reason, declared) => {
    expect(() => read(declared)).toThrow(new RangeError(`Cannot keep Thing: ${reason}`))
  })

  it('may not rest on an event that no read model applies', () => {
    const options = { store: createEntityStore({ maxEntries: 1, maxBytes: 1_000 }), applied: createAppliedEvents() }
    const open = (events: readonly string[]) =>
      createEntityCache(read(declare('name')), {
        ...options,
        appliedBy: new Map([['a', new Set(events)]]),
        staleServed: () => 0,
      })
    expect(() => open(['other'])).toThrow('Cannot keep Thing: no read model of a applies changed')
    expect(open(['changed']).keepable).toHaveLength(1)
  })

  it('gives and takes copies: what a request makes of its answer stays its own', () => {
    const cache = createEntityCache(read(declare('part { name }')), {
      store: createEntityStore({ maxEntries: 10, maxBytes: 10_000 }),
      applied: createAppliedEvents(),
      appliedBy: new Map([['a', new Set(['changed'])]]),
      staleServed: () => 0,
    })
    const [entity] = cache.keepable
    if (entity === undefined) throw new Error('Nothing is keepable')
    const answers = cache.for(anonymous, {}).open({ entity, selection: '{part{name}}' })
    const mine = { part: { name: 'lid', more: '' } }
    answers.keep(['1'], [mine])
    mine.part.more = 'of another subgraph'
    expect(answers.take('1')).toEqual({ part: { name: 'lid', more: '' } })
    Object.assign(answers.take('1')?.part ?? {}, mine.part)
    expect(answers.take('1')).toEqual({ part: { name: 'lid', more: '' } })
  })

  it('of the committed supergraph is of the catalogue and of places alone', () => {
    const rules = rulesOf(readFileSync(assetPath('schema/supergraph.graphql'), 'utf8'))
    expect(rules.map(({ service, typeName }) => `${service} ${typeName}`)).toEqual([
      'inventory Location',
      'products Product',
      'products Variant',
    ])
  })
})
