import { connect as connectTcp } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { until } from '../../support/until.ts'
import { openHttpStream } from './http-client.ts'
import { orderEvent, stockEvent } from './push-graph.ts'
import { openPushWorld } from './push-world.ts'
import { connect, follow, orderQuery } from './ws-client.ts'

const partner = (more: Partial<Viewer> = {}): Record<string, string> => ({
  'x-test-viewer': JSON.stringify({
    kind: 'partner',
    tenant: 'test',
    clientId: 'p',
    scopes: [],
    partnerId: 'p',
    channelIds: ['web'],
    ...more,
  }),
})

describe('a cursor', () => {
  it('is refused when forged, of another client, of another filter or damaged', async () => {
    await using world = await openPushWorld()
    using client = await connect(world.url)
    await follow(client, 'own', orderQuery, { ids: ['a'] })
    const cursor = client.cursor('own') ?? ''
    using other = await connect(world.url, { init: partner() })
    await follow(other, 'theirs', orderQuery, { ids: ['a'] }, { cursor })
    await follow(client, 'filter', orderQuery, { ids: ['b'] }, { cursor })
    await follow(
      client,
      'forged',
      orderQuery,
      { ids: ['a'] },
      { cursor: `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}` },
    )
    await follow(client, 'text', orderQuery, { ids: ['a'] }, { cursor: '0-0' })
    const codes = [...client.messages, ...other.messages]
      .filter(({ type }) => type === 'error')
      .map(({ id, payload }) => `${id} ${payload[0].extensions.code}`)
    expect(codes.sort()).toEqual([
      'filter CURSOR_INVALID',
      'forged CURSOR_INVALID',
      'text CURSOR_INVALID',
      'theirs CURSOR_INVALID',
    ])
  })

  it('holds after its secret was replaced, as long as the old one is known', async () => {
    const [old, fresh] = ['an old secret of at least thirty-two letters', 'a new secret of at least thirty-two letters']
    await using world = await openPushWorld({ push: { cursorSecrets: [fresh, old] } })
    await using before = await openPushWorld({ push: { cursorSecrets: [old] } })
    using first = await connect(before.url)
    await follow(first, '1', orderQuery, { ids: ['a'] })
    using second = await connect(world.url)
    await follow(second, '1', orderQuery, { ids: ['a'] }, { cursor: first.cursor('1') })
    expect(second.messages.filter(({ type }) => type === 'error')).toEqual([])
  })

  it('that is older than what is kept begins with a gap, and the stream goes on', async () => {
    let now = Date.now()
    await using world = await openPushWorld({ push: { clock: () => new Date(now), limits: { retentionMs: 60_000 } } })
    using first = await connect(world.url)
    await follow(first, '1', orderQuery, { ids: ['a'] })
    const cursor = first.cursor('1')
    await world.change('a', 'MISSED')
    // What this process has not read yet would rightly be told after the gap.
    await until('it is read', () => first.told('1').length === 1)
    now += 120_000
    using second = await connect(world.url)
    await follow(second, '1', orderQuery, { ids: ['a'] }, { cursor })
    const [gap] = await until('the gap is told', () => second.told('1').length > 0 && second.told('1'))
    expect(gap.data.orderChanged).toMatchObject({ __typename: 'StreamGap', reason: 'RETENTION' })
    expect(gap.data.orderChanged.resyncWith).toContain('SNAPSHOT')
    await world.change('a', 'NEXT')
    await until('it goes on', () => second.told('1').length === 2)
    expect(second.told('1')[1].data.orderChanged.to).toBe('NEXT')
  })

  it('too many events ago begins with what there is, then tells a gap', async () => {
    await using world = await openPushWorld({ push: { limits: { mostReplayed: 150 } } })
    using first = await connect(world.url)
    await follow(first, '1', orderQuery, { ids: ['a'] })
    const cursor = first.cursor('1')
    first.socket.terminate()
    world.orders.set('a', { status: 'X', channel: 'web' })
    await world.append(Array.from({ length: 500 }, (_, index) => orderEvent('a', `S${index}`)))
    using second = await connect(world.url)
    await follow(second, '1', orderQuery, { ids: ['a'] }, { cursor })
    await until('the gap is told', () => second.told('1').some(({ data }) => data.orderChanged.reason === 'OVERFLOW'))
    await world.change('a', 'NEXT')
    await until('it goes on', () => second.told('1').at(-1)?.data.orderChanged.to === 'NEXT')
    expect(second.told('1').length).toBeLessThan(500)
  })
})

describe('a conflated stream', () => {
  const stock = `subscription Stock($ids: [ID!], $low: Int, $rearm: Int, $after: EventCursor) {
    stockMoved(ids: $ids, atOrBelow: $low, rearmAt: $rearm, after: $after) { ... on StockEvent { sequence itemId units item { units } } }
  }`

  it('tells of each key the newest alone where many came at once', async () => {
    await using world = await openPushWorld()
    using client = await connect(world.url)
    await follow(client, '1', stock)
    world.units.set('i1', 99)
    world.units.set('i2', 7)
    await world.append([...Array.from({ length: 100 }, (_, index) => stockEvent('i1', index)), stockEvent('i2', 7)])
    await until('both end', () => {
      const told = client.told('1').map(({ data }) => data.stockMoved)
      return (
        told.some(({ itemId, units }) => itemId === 'i1' && units === 99) && told.some(({ itemId }) => itemId === 'i2')
      )
    })
    expect(client.told('1').length).toBeLessThan(10)
  })

  it('tells crossings of a threshold, and not what swings between the two', async () => {
    await using world = await openPushWorld()
    using client = await connect(world.url)
    await follow(client, '1', stock, { ids: ['i1'], low: 5, rearm: 10 })
    const told = () => client.told('1').map(({ data }) => data.stockMoved.units)
    for (const [units, count] of [
      [20, 0],
      [6, 0],
      [5, 1],
      [3, 1],
      [9, 1],
      [5, 1],
      [10, 2],
      [7, 2],
      [4, 3],
    ] as const) {
      await world.move('i1', units)
      await world.move('other', units)
      await until(`${units} is dealt with`, () => told().length === count)
    }
    expect(told()).toEqual([5, 10, 4])
  })

  it('subtracts what is held, and knows the side on which a client comes back', async () => {
    await using world = await openPushWorld()
    using first = await connect(world.url)
    await follow(first, '1', stock, { ids: ['i1'], low: 5, rearm: 10 })
    await world.move('i1', 20, 16)
    await until('it is low', () => first.told('1').length === 1)
    const cursor = first.cursor('1')
    first.socket.terminate()
    await world.move('i1', 8)
    using second = await connect(world.url)
    await follow(second, '1', stock, { ids: ['i1'], low: 5, rearm: 10 }, { cursor })
    await world.move('i1', 4)
    await world.move('i1', 12)
    await until('it is high again', () => second.told('1').length > 0)
    expect(second.told('1').map(({ data }) => data.stockMoved.units)).toEqual([12])
  })

  it('that is distinct tells nothing the client was told already', async () => {
    await using world = await openPushWorld()
    using client = await connect(world.url)
    await follow(
      client,
      '1',
      'subscription { unitsChanged(ids: ["i1"]) { ... on StockEvent { cursor item { units } } } }',
    )
    for (const units of [3, 3, 3, 4]) {
      await world.move('i1', units)
      const before = client.cursor('1')
      await until('it is dealt with', () => client.told('1').length > 0 && before !== undefined)
    }
    await until('four is told', () => client.told('1').at(-1)?.data.unitsChanged.item.units === 4)
    expect(client.told('1').map(({ data }) => data.unitsChanged.item.units)).toEqual([3, 4])
  })
})

describe('the life of a stream', () => {
  it('ends when the proof of who follows ends, and goes on from its cursor with a new one', async () => {
    let now = Date.now()
    await using world = await openPushWorld({ push: { clock: () => new Date(now) } })
    using first = await connect(world.url, { init: partner({ expiresAtMs: now + 60_000 }) })
    await follow(first, '1', orderQuery, { ids: ['a'] })
    await world.change('a', 'BEFORE')
    await until('it is told', () => first.told('1').length === 1)
    now += 60_000
    expect((await first.closed).code).toBe(4403)
    await world.change('a', 'AFTER')
    using second = await connect(world.url, { init: partner({ expiresAtMs: now + 60_000 }) })
    await follow(second, '1', orderQuery, { ids: ['a'] }, { cursor: first.cursor('1') })
    await until('it goes on', () => second.told('1').length === 1)
    expect(first.told('1').length).toBe(1)
    expect(second.told('1')[0].data.orderChanged.to).toBe('AFTER')
  })

  it('ends when a token is revoked', async () => {
    let revoked = false
    await using world = await openPushWorld({ push: { isStillValid: async () => !revoked } })
    using stream = await openHttpStream(
      world.url,
      { query: 'subscription { orderChanged { __typename } }' },
      'text/event-stream',
    )
    revoked = true
    await stream.ended
    expect(stream.text()).toContain('UNAUTHENTICATED')
    expect(stream.text()).toMatch(/"cursor":"[\w-]{58}"/)
  })

  it('is handed over when the gateway ends: where to go on, and when', async () => {
    const world = await openPushWorld()
    using client = await connect(world.url)
    await follow(client, '1', orderQuery, { ids: ['a'] })
    const query = 'subscription { orderChanged(ids: ["a"]) { __typename } }'
    using events = await openHttpStream(world.url, { query }, 'text/event-stream')
    using parts = await openHttpStream(world.url, { query }, 'multipart/mixed;subscriptionSpec=1.0')
    await world[Symbol.asyncDispose]()
    expect((await client.closed).code).toBe(1001)
    const { payload } = client.messages.at(-1)
    expect(payload).toMatchObject({ goingAway: true, cursors: { 1: expect.stringMatching(/^[\w-]{58}$/) } })
    expect(payload.retryAfterMs).toBeGreaterThanOrEqual(250)
    await Promise.all([events.ended, parts.ended])
    expect(events.text()).toMatch(/retry: \d+\nid: [\w-]{58}\n\n$/)
    expect(events.text()).not.toContain('event: complete')
    expect(parts.text()).toContain('SHUTTING_DOWN')
  })

  it('is refused when its client has as many as are allowed, and allowed again when one ends', async () => {
    await using world = await openPushWorld({ push: { limits: { mostPerClient: 1 } } })
    using client = await connect(world.url)
    await follow(client, '1', orderQuery)
    await follow(client, '2', orderQuery)
    expect(client.messages.at(-1)).toMatchObject({
      id: '2',
      type: 'error',
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    })
    client.send({ id: '1', type: 'complete' })
    await follow(client, '3', orderQuery)
    expect(client.cursor('3')).toBeDefined()
  })

  it('refuses connections beyond their limit', async () => {
    await using world = await openPushWorld({ push: { limits: { mostConnections: 1 } } })
    using _first = await connect(world.url)
    await expect(connect(world.url, { init: null }).then(({ closed }) => closed)).resolves.toMatchObject({ code: 1006 })
    using stream = await openHttpStream(
      world.url,
      { query: 'subscription { orderChanged { __typename } }' },
      'text/event-stream',
    )
    expect(stream.status).toBe(503)
  })

  it('is cut where its client stops reading, and others are told without delay', async () => {
    const cuts: string[] = []
    const { silentPushObserver } = await import('../../../gateway/push/push-observer.ts')
    const observer = { ...silentPushObserver, cut: (transport: string) => void cuts.push(transport) }
    await using world = await openPushWorld({ push: { observer, limits: { stallMs: 500 } } })
    world.orders.set('a', { status: 'X', channel: 'web' })
    const query = 'subscription { orderChanged { ... on OrderEvent { to order { id status } } } }'
    const { hostname, port } = new URL(world.url)
    const slow = connectTcp(Number(port), hostname)
    slow.pause()
    slow.on('error', () => {})
    const body = JSON.stringify({ query })
    slow.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await until('it is open', () => world.gateway.push?.hub.size() === 1)
    using healthy = await connect(world.url)
    await follow(healthy, '1', orderQuery, { ids: ['b'] })
    const long = 'x'.repeat(20_000)
    await until(
      'it is cut',
      async () => {
        await world.append(Array.from({ length: 50 }, () => orderEvent('a', long)))
        return cuts.length > 0
      },
      30_000,
    )
    expect(cuts).toEqual(['sse'])
    await world.change('b', 'A')
    await until('the healthy one is told', () => healthy.told('1').length === 1)
    slow.destroy()
  }, 60_000)
})
