import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assetPath } from '../../platform/assets.ts'
import { subgraphNames } from '../../platform/subgraph/subgraph.ts'
import { composeSubgraphs } from '../../schema/compose.ts'
import { readSubgraphSdls } from '../../schema/load.ts'

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'

describe('composition', () => {
  it('of the five subgraphs and that of the gateway is the committed supergraph', () => {
    const { supergraphSdl, errors } = composeSubgraphs(readSubgraphSdls())
    expect(errors).toEqual([])
    // Differs? `npm run compose` writes it anew.
    expect(supergraphSdl).toBe(readFileSync(assetPath('schema/supergraph.graphql'), 'utf8'))
  })

  it('knows every subgraph there is', () => {
    expect(
      readSubgraphSdls()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['gateway', 'webhooks', ...subgraphNames].sort())
  })

  it('does not depend on the order of the subgraphs', () => {
    const sdls = readSubgraphSdls()
    expect(composeSubgraphs(sdls.toReversed())).toEqual(composeSubgraphs(sdls))
  })

  it('names the subgraph and the place of a syntax error', () => {
    expect(composeSubgraphs([{ name: 'a', url: 'http://a', typeDefs: `${link}\ntype Query {` }])).toEqual({
      supergraphSdl: null,
      errors: ['[a] Syntax Error: Expected Name, found <EOF>. (line 2, column 13)'],
    })
  })

  it('names the rule that two subgraphs break together', () => {
    const { supergraphSdl, errors } = composeSubgraphs([
      { name: 'a', url: 'http://a', typeDefs: `${link} type Query { item: Item } type Item { id: ID size: Int }` },
      { name: 'b', url: 'http://b', typeDefs: `${link} type Query { other: Item } type Item { id: ID size: Int }` },
    ])
    expect(supergraphSdl).toBeNull()
    expect(errors.join()).toContain('INVALID_FIELD_SHARING: Non-shareable field "Item.id"')
  })

  it('refuses to compose nothing', () => {
    expect(composeSubgraphs([]).errors).toEqual(['Cannot compose a supergraph: there is no subgraph'])
  })
})
