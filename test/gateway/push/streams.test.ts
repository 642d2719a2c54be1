import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { openPushWorld, type PushWorld } from './push-world.ts'
import { connect, follow, orderQuery } from './ws-client.ts'

let world: PushWorld
beforeAll(async () => {
  world = await openPushWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** Sets orders to OLD, and waits until the gateway has read that: what it has not read yet follows a snapshot as well. */
async function changeAndRead(...ids: readonly string[]): Promise<void> {
  using watcher = await connect(world.url)
  await follow(watcher, 'watch', orderQuery, { ids })
  for (const id of ids) await world.change(id, 'OLD')
  await until('it is read', () => watcher.told('watch').length === ids.length)
}

const events = (list: readonly { data: { orderChanged: { to: string } } }[]) =>
  list.map(({ data }) => data.orderChanged.to)

describe('a stream', () => {
  it('tells each event with what the client selects of the graph around it', async () => {
    using client = await connect(world.url)
    await follow(client, '1', orderQuery, { ids: ['o1'] })
    await world.change('o1', 'PACKED')
    const [told] = await until('it is told', () => client.told('1').length > 0 && client.told('1'))
    expect(told.data.orderChanged).toMatchObject({
      __typename: 'OrderEvent',
      sequence: 1,
      to: 'PACKED',
      order: { id: 'o1', status: 'PACKED', packer: 'packer of o1' },
    })
    expect(told.extensions.cursor).toBe(told.data.orderChanged.cursor)
    expect(told.errors).toBeUndefined()
    expect(world.internal).toEqual([])
  })

  it('leaves out what the filter does not name', async () => {
    using client = await connect(world.url)
    await follow(client, '1', orderQuery, { channels: ['shop'] })
    await world.change('o2', 'NEW', 'web')
    await world.change('o3', 'NEW', 'shop')
    await until('the other is told', () => client.told('1').length > 0)
    expect(client.told('1').map((one) => one.data.orderChanged.order.id)).toEqual(['o3'])
  })

  it('goes on from its cursor without a gap and without telling anything twice', async () => {
    const ids = ['r1', 'r2']
    using first = await connect(world.url)
    await follow(first, 'a', orderQuery, { ids })
    await world.change('r1', 'A')
    await world.change('r2', 'B')
    await until('two are told', () => first.told('a').length === 2)
    const cursor = first.told('a')[0].extensions.cursor
    first.socket.terminate()
    await world.change('r1', 'C')
    await world.change('r2', 'D')
    using second = await connect(world.url)
    await follow(second, 'b', orderQuery, { ids, after: cursor })
    await world.change('r1', 'E')
    await until('the rest is told', () => second.told('b').length >= 4)
    expect(events(second.told('b'))).toEqual(['B', 'C', 'D', 'E'])
  })

  it('goes on from a place told before any event was', async () => {
    using first = await connect(world.url)
    await follow(first, 'a', orderQuery, { ids: ['q1'] })
    const cursor = first.cursor('a')
    first.socket.terminate()
    await world.change('q1', 'A')
    using second = await connect(world.url)
    await follow(second, 'b', orderQuery, { ids: ['q1'] }, { cursor })
    await until('it is told', () => second.told('b').length > 0)
    expect(events(second.told('b'))).toEqual(['A'])
  })

  it('begins with how things stand, then tells what happens', async () => {
    using client = await connect(world.url)
    await changeAndRead('s1', 's2')
    await follow(client, '1', orderQuery, { ids: ['s1', 's2'], initial: 'SNAPSHOT' })
    await until('the snapshot is told', () => client.told('1').length === 2)
    await world.change('s2', 'NEW')
    await until('the event is told', () => client.told('1').length === 3)
    expect(client.told('1').map((one) => one.data.orderChanged)).toMatchObject([
      { __typename: 'OrderSnapshot', order: { id: 's1', status: 'OLD' } },
      { __typename: 'OrderSnapshot', order: { id: 's2', status: 'OLD' } },
      { __typename: 'OrderEvent', to: 'NEW', order: { id: 's2', status: 'NEW' } },
    ])
  })

  it('takes a snapshot again when its client has got only a part of it', async () => {
    await changeAndRead('p1', 'p2')
    const variables = { ids: ['p1', 'p2'], initial: 'SNAPSHOT' }
    using first = await connect(world.url)
    await follow(first, '1', orderQuery, variables)
    await until('the snapshot is told', () => first.told('1').length === 2)
    const [part, whole] = first.told('1').map((one) => one.extensions.cursor)
    using second = await connect(world.url)
    await follow(second, 'part', orderQuery, variables, { cursor: part })
    await follow(second, 'whole', orderQuery, variables, { cursor: whole })
    await world.change('p1', 'NEW')
    await until('both are told', () => second.told('part').length === 3 && second.told('whole').length === 1)
  })

  it('refuses a snapshot of everything', async () => {
    using client = await connect(world.url)
    await follow(client, '1', orderQuery, { initial: 'SNAPSHOT' })
    const message = await client.next()
    expect(message).toMatchObject({ type: 'error', id: '1', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(message.payload[0].message).toContain('ids is missing')
  })

  it('answers an event once for all who follow the same in the same name', async () => {
    using one = await connect(world.url)
    using two = await connect(world.url)
    await follow(one, '1', orderQuery, { ids: ['m1'] })
    await follow(one, '2', orderQuery, { ids: ['m1'] })
    await follow(two, '1', orderQuery, { ids: ['m1'] })
    const before = world.calls()
    await world.change('m1', 'A')
    await until('all are told', () => [one.told('1'), one.told('2'), two.told('1')].every((told) => told.length === 1))
    expect(world.calls() - before).toBe(1)
  })

  it('tries again while the graph fails, and loses nothing', async () => {
    using client = await connect(world.url)
    await follow(client, '1', orderQuery, { ids: ['f1'] })
    world.breakOrders(true)
    const before = world.calls()
    await world.change('f1', 'A')
    await until('it is tried twice', () => world.calls() - before >= 2)
    expect(client.told('1')).toEqual([])
    world.breakOrders(false)
    await until('it is told', () => client.told('1').length === 1)
  })

  it('tells a field that may not be read as null with an error, and the rest all the same', async () => {
    using client = await connect(world.url)
    await follow(
      client,
      '1',
      'subscription { o: orderChanged(ids: ["u1"]) { ... on OrderEvent { order { id unsafe } } } }',
    )
    await world.change('u1', 'A')
    const [told] = await until('it is told', () => client.told('1').length > 0 && client.told('1'))
    expect(told.data).toEqual({ o: { order: { id: 'u1', unsafe: null } } })
    expect(told.errors).toMatchObject([{ path: ['o', 'order', 'unsafe'], extensions: { code: 'FORBIDDEN' } }])
  })

  it('tells nothing of what a viewer may not see, whatever is selected', async () => {
    const partner = {
      kind: 'partner',
      tenant: 'test',
      clientId: 'p',
      scopes: [],
      partnerId: 'p',
      channelIds: ['amazon'],
    }
    using client = await connect(world.url, { init: { 'x-test-viewer': JSON.stringify(partner) } })
    await follow(client, '1', 'subscription { orderChanged { ... on OrderEvent { eventId to } } }')
    await world.change('v1', 'HIDDEN', 'web')
    await world.change('v2', 'SHOWN', 'amazon')
    await until('one is told', () => client.told('1').length > 0)
    expect(events(client.told('1'))).toEqual(['SHOWN'])
    expect(Object.keys(client.told('1')[0].data.orderChanged)).toEqual(['eventId', 'to'])
  })

  it('puts text together from several values of the event', async () => {
    using client = await connect(world.url)
    await follow(client, '1', 'subscription { orderChanged(ids: ["t1"]) { ... on OrderEvent { label } } }')
    await world.change('t1', 'A')
    const [told] = await until('it is told', () => client.told('1').length > 0 && client.told('1'))
    expect(told.data.orderChanged).toEqual({ label: 't1/A' })
  })
})
