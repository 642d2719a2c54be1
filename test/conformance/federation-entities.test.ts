import { describe, expect, it } from 'vitest'
import { composeSubgraphs } from '../../schema/compose.ts'
import { catalogue, composeRetail, host, stock } from '../support/retail-subgraphs.ts'

/** What the Federation specification asks of a subgraph (https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec). */
describe('federation: a hosted subgraph', () => {
  const ask = async (query: string, representations?: readonly unknown[]) => {
    const signal = new AbortController().signal
    const variables = representations === undefined ? {} : { r: representations }
    const response = await host(catalogue).handle({ query, variables, headers: {}, signal })
    return JSON.parse(JSON.stringify(response))
  }

  it('MUST answer `_service.sdl` with a schema that composes to the same supergraph', async () => {
    const sdls = await Promise.all(
      [catalogue, stock].map(async (subgraph) => {
        const { data } = await host(subgraph).handle({
          query: '{ _service { sdl } }',
          headers: {},
          signal: new AbortController().signal,
        })
        const { sdl } = JSON.parse(JSON.stringify(data))._service
        return { name: subgraph.name, url: `http://127.0.0.1:1/${subgraph.name}`, typeDefs: String(sdl) }
      }),
    )
    const { supergraphSdl, errors } = composeSubgraphs(sdls)
    expect(errors).toEqual([])
    expect(supergraphSdl).toBe(composeRetail())
  })

  it('MUST resolve `_entities` in the order of the representations, one entry each', async () => {
    const { data } = await ask(
      'query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Item { id } } }',
      [
        { __typename: 'Item', id: 'b' },
        { __typename: 'Item', id: 'a' },
        { __typename: 'Item', id: 'b' },
      ],
    )
    expect(data._entities).toEqual(['b', 'a', 'b'].map((id) => ({ __typename: 'Item', id })))
  })

  it('MUST answer null for an entity that does not exist, and the others whole', async () => {
    const response = await ask('query($r: [_Any!]!) { _entities(representations: $r) { ... on Item { title } } }', [
      { __typename: 'Item', id: 'nowhere' },
      { __typename: 'Item', id: 'a' },
    ])
    expect(response).toEqual({ data: { _entities: [null, { title: 'Anorak' }] } })
  })

  it('MUST refuse a representation of a type it does not have', async () => {
    const { data, errors } = await ask('query($r: [_Any!]!) { _entities(representations: $r) { __typename } }', [
      { __typename: 'Stranger', id: 'a' },
    ])
    expect(data?._entities?.[0] ?? null).toBeNull()
    expect(errors).toHaveLength(1)
  })

  it('MUST answer `__typename` of Query and Mutation by their default names', async () => {
    expect(await ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    expect(await ask('mutation { __typename }')).toEqual({ data: { __typename: 'Mutation' } })
  })
})
