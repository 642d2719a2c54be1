import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { composePush } from './push-graph.ts'
import { openPushWorld } from './push-world.ts'
import { connect, follow, orderQuery } from './ws-client.ts'

describe('a stream while the supergraph is swapped', () => {
  it('survives another supergraph, and ends where its field is gone', async () => {
    await using world = await openPushWorld()
    using client = await connect(world.url)
    await follow(client, 'kept', orderQuery, { ids: ['a'] })
    await follow(client, 'gone', 'subscription { orderChanged { ... on OrderEvent { order { unsafe } } } }')
    const next = composePush((sdl) => sdl.replace(' unsafe: String', ' version2: Int'))
    expect(await world.gateway.swapSupergraph(next)).toMatchObject({ kind: 'serving' })
    await until('one ends', () => client.messages.some(({ type, id }) => type === 'error' && id === 'gone'))
    const { payload } = client.messages.find(({ type }) => type === 'error')
    expect(payload[0].extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' })
    expect(payload[0].extensions.cursor).toMatch(/^[\w-]{58}$/)
    await world.change('a', 'A')
    await until('the other goes on', () => client.told('kept').length === 1)
  })

  it('ends where another supergraph guards what it selects', async () => {
    await using world = await openPushWorld()
    using client = await connect(world.url)
    await follow(client, 'guarded', 'subscription { orderChanged { ... on OrderEvent { order { unsafe } } } }')
    await follow(client, 'open', orderQuery, { ids: ['a'] })
    const next = composePush((sdl) =>
      sdl.replace(' unsafe: String', ' unsafe: String @requiresScopes(scopes: [["x"]])'),
    )
    expect(await world.gateway.swapSupergraph(next)).toMatchObject({ kind: 'serving' })
    const { id, payload } = await until('one ends', () => client.messages.find(({ type }) => type === 'error'))
    expect([id, payload[0].extensions.code]).toEqual(['guarded', 'FORBIDDEN'])
    expect(payload[0].extensions.cursor).toMatch(/^[\w-]{58}$/)
    await world.change('a', 'A')
    await until('the other goes on', () => client.told('open').length === 1)
  })
})
