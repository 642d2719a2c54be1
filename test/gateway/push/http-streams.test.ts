import { createClient } from 'graphql-sse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { openHttpStream } from './http-client.ts'
import { openPushWorld, type PushWorld } from './push-world.ts'

let world: PushWorld
beforeAll(async () => {
  world = await openPushWorld({ push: { limits: { beatMs: 600 } } })
})
afterAll(() => world[Symbol.asyncDispose]())

const query = (id: string) => `subscription { orderChanged(ids: ["${id}"]) { ... on OrderEvent { to } } }`
const events = 'text/event-stream'
const parts = 'multipart/mixed;subscriptionSpec=1.0, application/json'

describe('graphql-sse, distinct connections', () => {
  it('MUST answer a subscription as an event stream, each event with its place', async () => {
    using stream = await openHttpStream(world.url, { query: query('a1') }, events)
    expect(stream.status).toBe(200)
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.headers.get('cache-control')).toContain('no-cache')
    await world.change('a1', 'A')
    await until('it is told', () => stream.text().includes('event: next'))
    const told = /event: next\nid: (\S+)\ndata: (.*)\n\n/.exec(stream.text())
    expect(JSON.parse(told?.[2] ?? '')).toEqual({
      data: { orderChanged: { to: 'A' } },
      extensions: { cursor: told?.[1] },
    })
  })

  it('MUST answer a query with one event and then complete', async () => {
    using stream = await openHttpStream(world.url, { query: '{ order(id: "none") { id } }' }, events)
    await stream.ended
    expect(stream.text()).toBe('event: next\ndata: {"data":{"order":null}}\n\nevent: complete\ndata: \n\n')
  })

  it('MUST tell in the stream what is wrong with a document', async () => {
    using stream = await openHttpStream(world.url, { query: 'subscription { nothing }' }, events)
    await stream.ended
    expect(stream.status).toBe(200)
    expect(stream.text()).toContain('GRAPHQL_VALIDATION_FAILED')
    expect(stream.text()).toMatch(/event: complete\ndata: \n\n$/)
  })

  it('MUST refuse by status what is no GraphQL request', async () => {
    using stream = await openHttpStream(world.url, { query: 7 }, events)
    await stream.ended
    expect(stream.status).toBe(400)
  })

  it('SHOULD take a subscription by GET, as EventSource asks', async () => {
    using stream = await openHttpStream(world.url, { query: query('b1') }, events, { method: 'GET' })
    await world.change('b1', 'A')
    await until('it is told', () => stream.text().includes('"to":"A"'))
  })

  it('refuses what a page of another site asks by GET', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' }
    using stream = await openHttpStream(world.url, { query: query('b2') }, events, { method: 'GET', headers })
    await stream.ended
    expect(stream.status).toBe(400)
  })

  it('goes on after Last-Event-ID', async () => {
    using first = await openHttpStream(world.url, { query: query('c1') }, events)
    await world.change('c1', 'A')
    await until('it is told', () => first.text().includes('"to":"A"'))
    const last =
      first
        .text()
        .match(/id: (\S+)/g)
        ?.at(-1)
        ?.slice(4) ?? ''
    first[Symbol.dispose]()
    await world.change('c1', 'B')
    using second = await openHttpStream(world.url, { query: query('c1') }, events, {
      headers: { 'last-event-id': last },
    })
    await until('the rest is told', () => second.text().includes('"to":"B"'))
    expect(second.text()).not.toContain('"to":"A"')
  })

  it('shows that it lives, and moves a quiet client on', async () => {
    using stream = await openHttpStream(world.url, { query: query('d1') }, events)
    const begun = await until('it begins', () => stream.text().match(/id: (\S+)/)?.[1])
    await world.change('other', 'A')
    await until('its place moves', () => {
      const places = stream.text().match(/id: (\S+)\n:\n\n/g) ?? []
      return places.length > 1 && !places.at(-1)?.includes(begun)
    })
    expect(stream.text()).not.toContain('event:')
  })

  it('serves the graphql-sse client', async () => {
    const client = createClient({ url: `${world.url}/graphql`, retryAttempts: 0 })
    const told = client.iterate<{ orderChanged: { to: string } }>({ query: query('e1') })
    const next = told.next()
    await until('the stream is open', () => world.gateway.push?.hub.size() === 1, 8_000)
    await world.change('e1', 'A')
    expect((await next).value?.data).toEqual({ orderChanged: { to: 'A' } })
    await told.return?.(undefined)
    await until('the stream is closed', () => world.gateway.push?.hub.size() === 0)
  })
})

describe('multipart subscriptions', () => {
  it('MUST answer with parts that carry a payload each', async () => {
    using stream = await openHttpStream(world.url, { query: query('m1') }, parts)
    expect(stream.headers.get('content-type')).toBe('multipart/mixed;boundary="graphql";subscriptionSpec=1.0')
    expect(stream.headers.get('x-stream-cursor')).toMatch(/^[\w-]{58}$/)
    await world.change('m1', 'A')
    await until('it is told', () => stream.text().includes('"payload"'))
    const [, told] =
      /--graphql\r\ncontent-type: application\/json\r\n\r\n(\{"payload".*\})\r\n/.exec(stream.text()) ?? []
    expect(JSON.parse(told ?? '')).toMatchObject({ payload: { data: { orderChanged: { to: 'A' } } } })
    // Where the part ends is told with it: else a client shows an event when the next one comes.
    expect(stream.text()).toMatch(/\r\n--graphql$/)
  })

  it('MUST show that it lives by empty objects', async () => {
    using stream = await openHttpStream(world.url, { query: query('m2') }, parts)
    await until('it beats', () => stream.text().match(/\r\n\r\n\{\}\r\n/g)?.length ?? 0 > 1)
  })

  it('MUST end with the last boundary', async () => {
    using stream = await openHttpStream(world.url, { query: 'subscription { nothing }' }, parts)
    await stream.ended
    expect(stream.text()).toContain('GRAPHQL_VALIDATION_FAILED')
    expect(stream.text()).toMatch(/\r\n--graphql--\r\n$/)
  })

  it('goes on from a cursor in the extensions of the request', async () => {
    using first = await openHttpStream(world.url, { query: query('m3') }, parts)
    const cursor = first.headers.get('x-stream-cursor')
    first[Symbol.dispose]()
    await world.change('m3', 'A')
    using second = await openHttpStream(world.url, { query: query('m3'), extensions: { cursor } }, parts)
    await until('it is told', () => second.text().includes('"to":"A"'))
  })
})

describe('a subscription over plain HTTP', () => {
  it('is refused with what to ask by instead', async () => {
    using stream = await openHttpStream(world.url, { query: query('x') }, 'application/json')
    await stream.ended
    expect(stream.text()).toContain('text/event-stream')
    expect(JSON.parse(stream.text()).errors[0].extensions.code).toBe('BAD_REQUEST')
  })
})

describe('a page of events', () => {
  const page = `query Page($ids: [ID!], $channels: [ID!], $after: EventCursor, $first: Int! = 2) {
    orderEvents(ids: $ids, channels: $channels, after: $after, first: $first) {
      endCursor hasMore events { ... on OrderEvent { cursor to order { id packer } } }
    }
  }`
  const ask = async (variables: object, viewer?: object) => {
    const response = await fetch(`${world.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(viewer && { 'x-test-viewer': JSON.stringify(viewer) }) },
      body: JSON.stringify({ query: page, variables }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    return (await response.json()) as any
  }

  it('tells the same events in the same order, page by page', async () => {
    for (const to of ['A', 'B', 'C']) await world.change('p1', to)
    const first = await until('there is more than a page', async () => {
      const { orderEvents } = (await ask({ ids: ['p1'] })).data
      return orderEvents.hasMore && orderEvents
    })
    expect(first.events.map(({ to }: { to: string }) => to)).toEqual(['A', 'B'])
    expect(first.events[0].order).toEqual({ id: 'p1', packer: 'packer of p1' })
    expect(first.hasMore).toBe(true)
    const second = (await ask({ ids: ['p1'], after: first.endCursor })).data.orderEvents
    expect(second.events.map(({ to }: { to: string }) => to)).toEqual(['C'])
    expect(second.hasMore).toBe(false)
  })

  it('hands its place on to a subscription', async () => {
    await world.change('p2', 'A')
    const { endCursor } = await until('it may be read', async () => {
      const { orderEvents } = (await ask({ ids: ['p2'] })).data
      return orderEvents.events.length > 0 && orderEvents
    })
    await world.change('p2', 'B')
    using stream = await openHttpStream(world.url, { query: query('p2'), extensions: { cursor: endCursor } }, events)
    await until('it goes on', () => stream.text().includes('"to":"B"'))
    expect(stream.text()).not.toContain('"to":"A"')
  })

  it('tells nothing of what a viewer may not see', async () => {
    const partner = {
      kind: 'partner',
      tenant: 'test',
      clientId: 'p',
      scopes: [],
      partnerId: 'p',
      channelIds: ['amazon'],
    }
    await world.change('p3', 'HIDDEN', 'web')
    await world.change('p4', 'SHOWN', 'amazon')
    const told = await until('it may be read', async () => {
      const { orderEvents } = (await ask({ ids: ['p3', 'p4'] }, partner)).data
      return orderEvents.events.length > 0 && orderEvents.events
    })
    expect(told.map(({ to }: { to: string }) => to)).toEqual(['SHOWN'])
  })

  it('refuses a size out of range', async () => {
    expect((await ask({ first: 0 })).errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })
})
