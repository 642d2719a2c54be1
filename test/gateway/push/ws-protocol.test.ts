import { connect as connectTcp } from 'node:net'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { until } from '../../support/until.ts'
import { openPushWorld, type PushWorld } from './push-world.ts'
import { connect, follow, orderQuery } from './ws-client.ts'

let world: PushWorld
beforeAll(async () => {
  const limits = { initTimeoutMs: 300, messageLimitBytes: 4_096, mostStreamsPerSocket: 3 }
  world = await openPushWorld({ push: { limits } })
})
afterAll(() => world[Symbol.asyncDispose]())

const nothing = 'subscription { orderChanged(ids: ["nothing"]) { __typename } }'

describe('graphql-transport-ws', () => {
  it('MUST close with 4406 what speaks another subprotocol', async () => {
    using client = await connect(world.url, { protocol: 'graphql-ws', init: null })
    expect(await client.closed).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' })
  })

  it('MUST close with 4406 what names no subprotocol', async () => {
    using client = await connect(world.url, { protocol: null, init: null })
    expect((await client.closed).code).toBe(4406)
  })

  it('MUST close with 4408 what does not introduce itself in time', async () => {
    using client = await connect(world.url, { init: null })
    expect(await client.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' })
  })

  it('MUST close with 4429 what introduces itself twice', async () => {
    using client = await connect(world.url)
    client.send({ type: 'connection_init' })
    expect(await client.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' })
  })

  it('MUST close with 4401 what subscribes before it is acknowledged', async () => {
    using client = await connect(world.url, { init: null })
    client.send({ id: '1', type: 'subscribe', payload: { query: nothing } })
    expect(await client.closed).toEqual({ code: 4401, reason: 'Unauthorized' })
  })

  it('MUST close with 4403 what is not who it says', async () => {
    using client = await connect(world.url, { init: null })
    client.send({ type: 'connection_init', payload: { 'x-test-viewer': 'nobody' } })
    expect(await client.closed).toEqual({ code: 4403, reason: 'Forbidden' })
  })

  it('MUST close with 4409 a second subscription of an id that lives', async () => {
    using client = await connect(world.url)
    await follow(client, 'same', nothing)
    client.send({ id: 'same', type: 'subscribe', payload: { query: nothing } })
    expect(await client.closed).toEqual({ code: 4409, reason: 'Subscriber for same already exists' })
  })

  it('MUST take an id again once its subscription is completed', async () => {
    using client = await connect(world.url)
    await follow(client, 'same', nothing)
    client.send({ id: 'same', type: 'complete' })
    client.send({ id: 'same', type: 'subscribe', payload: { query: '{ order(id: "x") { id } }' } })
    expect(await client.next()).toEqual({ id: 'same', type: 'next', payload: { data: { order: null } } })
    expect(await client.next()).toEqual({ id: 'same', type: 'complete' })
  })

  it('MUST close with 4400 what is not JSON', async () => {
    using client = await connect(world.url)
    client.sendRaw('{"type":')
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST close with 4400 a binary message', async () => {
    using client = await connect(world.url)
    client.sendRaw(new Uint8Array([1, 2, 3]))
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST close with 4400 a message that is a list', async () => {
    using client = await connect(world.url)
    client.sendRaw('[]')
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST close with 4400 a type that does not exist', async () => {
    using client = await connect(world.url)
    client.send({ type: '__proto__' })
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST close with 4400 a message only a server sends', async () => {
    using client = await connect(world.url)
    client.send({ id: '1', type: 'next', payload: {} })
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST close with 4400 a subscription without an id', async () => {
    using client = await connect(world.url)
    client.send({ type: 'subscribe', payload: { query: nothing } })
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST close with 4400 a subscription whose query is no text', async () => {
    using client = await connect(world.url)
    client.send({ id: '1', type: 'subscribe', payload: { query: {} } })
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST close with 4400 variables that are no object', async () => {
    using client = await connect(world.url)
    client.send({ id: '1', type: 'subscribe', payload: { query: nothing, variables: [1] } })
    expect((await client.closed).code).toBe(4400)
  })

  it('MUST answer a ping with a pong that carries the same, also before it is introduced', async () => {
    using client = await connect(world.url, { init: null })
    client.send({ type: 'ping', payload: { at: 7 } })
    expect(await client.next()).toEqual({ type: 'pong', payload: { at: 7 } })
  })

  it('MUST take a pong without a word', async () => {
    using client = await connect(world.url)
    client.send({ type: 'pong', payload: {} })
    client.send({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  it('MUST take completing what does not exist without a word', async () => {
    using client = await connect(world.url)
    client.send({ id: 'never', type: 'complete' })
    client.send({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  it('MUST keep ids apart that look like members of every object', async () => {
    using client = await connect(world.url)
    await follow(client, '__proto__', orderQuery, { ids: ['w1'] })
    await follow(client, 'constructor', orderQuery, { ids: ['w2'] })
    await world.change('w1', 'A')
    await world.change('w2', 'B')
    await until('both are told', () => client.told('__proto__').length + client.told('constructor').length === 2)
    expect(client.told('__proto__')[0].data.orderChanged.to).toBe('A')
    expect(client.told('constructor')[0].data.orderChanged.to).toBe('B')
  })

  it('MUST fail the operation alone whose document is not GraphQL', async () => {
    using client = await connect(world.url)
    await follow(client, 'good', orderQuery, { ids: ['x1'] })
    client.send({ id: 'bad', type: 'subscribe', payload: { query: 'subscription {' } })
    expect(await client.next()).toMatchObject({
      id: 'bad',
      type: 'error',
      payload: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
    })
    await world.change('x1', 'A')
    await until('the other goes on', () => client.told('good').length === 1)
  })

  it('MUST fail the operation alone that does not fit the schema', async () => {
    using client = await connect(world.url)
    client.send({ id: 'bad', type: 'subscribe', payload: { query: 'subscription { nothing }' } })
    expect(await client.next()).toMatchObject({
      id: 'bad',
      type: 'error',
      payload: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    })
  })

  it('MUST fail the operation alone that has two root fields', async () => {
    using client = await connect(world.url)
    const query = 'subscription { orderChanged { __typename } stockMoved { __typename } }'
    client.send({ id: 'bad', type: 'subscribe', payload: { query } })
    expect(await client.next()).toMatchObject({ id: 'bad', type: 'error' })
  })

  it('MUST stop telling what is completed', async () => {
    using client = await connect(world.url)
    await follow(client, '1', orderQuery, { ids: ['y1'] })
    await follow(client, '2', orderQuery, { ids: ['y1'] })
    client.send({ id: '1', type: 'complete' })
    client.send({ type: 'ping' })
    await client.next()
    await world.change('y1', 'A')
    await until('the other is told', () => client.told('2').length === 1)
    expect(client.told('1')).toEqual([])
  })

  it('closes with 1009 a message that is too long', async () => {
    using client = await connect(world.url)
    client.sendRaw('x'.repeat(5_000))
    expect((await client.closed).code).toBe(1009)
  })

  it('refuses more streams on one socket than are allowed, and goes on with the others', async () => {
    using client = await connect(world.url)
    for (const id of ['a', 'b', 'c']) await follow(client, id, orderQuery, { ids: ['z1'] })
    client.send({ id: 'd', type: 'subscribe', payload: { query: nothing } })
    expect(await client.next()).toMatchObject({
      id: 'd',
      type: 'error',
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    })
    await world.change('z1', 'A')
    await until('the others are told', () => ['a', 'b', 'c'].every((id) => client.told(id).length === 1))
  })

  it('refuses an upgrade at a path that is none', async () => {
    const socket = new WebSocket(`${world.url.replace('http', 'ws')}/elsewhere`, 'graphql-transport-ws')
    const message = await new Promise((resolve) => socket.once('error', ({ message }) => resolve(message)))
    expect(message).toContain('404')
  })

  it('outlives a frame that is none', async () => {
    const { hostname, port } = new URL(world.url)
    const socket = connectTcp(Number(port), hostname)
    socket.write(
      'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
    )
    await new Promise((resolve) => socket.once('data', resolve))
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
    socket.resume()
    await ended
    using client = await connect(world.url)
    client.send({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  it('serves the graphql-ws client', async () => {
    const client = createClient({
      url: `${world.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    })
    const told: unknown[] = []
    const stop = client.subscribe(
      { query: 'subscription { orderChanged(ids: ["g1"]) { ... on OrderEvent { to } } }' },
      { next: (value) => told.push(value.data), error: (error) => told.push(error), complete() {} },
    )
    await until('the stream is open', () => world.gateway.push?.hub.size() === 1)
    await world.change('g1', 'A')
    await until('it is told', () => told.length === 1)
    expect(told).toEqual([{ orderChanged: { to: 'A' } }])
    stop()
    await client.dispose()
    await until('the stream is closed', () => world.gateway.push?.hub.size() === 0)
  })
})
