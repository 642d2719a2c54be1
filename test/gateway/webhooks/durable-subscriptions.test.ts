import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { connect, follow, orderQuery } from '../push/ws-client.ts'
import { openWebhookWorld, partner, type WebhookProcess, type WebhookWorld } from './webhook-world.ts'

let world: WebhookWorld
let process: WebhookProcess
beforeAll(async () => {
  world = await openWebhookWorld()
  process = world.start()
}, 60_000)
afterAll(() => world[Symbol.asyncDispose]())

const saveText = `mutation ($input: SaveDurableSubscriptionInput!) {
  saveDurableSubscription(input: $input) { name cursor acknowledgedAt version }
}`
const acknowledgeText = `mutation ($name: String!, $cursor: EventCursor!) {
  acknowledgeEvents(name: $name, cursor: $cursor) { cursor acknowledgedAt }
}`
const codeOf = ({ errors }: { errors?: readonly { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code
const viewer = partner()

async function subscribe(ids: readonly string[], after: string) {
  const client = await connect(world.push.url, { headers: { 'x-test-viewer': JSON.stringify(viewer) } })
  await follow(client, '1', orderQuery, { ids, after })
  return client
}

describe('a durable subscription', () => {
  it('goes on after what was acknowledged, and tells again what was not', async () => {
    const variables = { ids: ['d1'] }
    const saved = await process.ask(saveText, { input: { name: 'erp', operation: orderQuery, variables } })
    expect(saved.errors).toBeUndefined()
    const { cursor } = saved.data.saveDurableSubscription
    for (const to of ['A', 'B', 'C']) await world.push.change('d1', to)
    const first = await subscribe(['d1'], cursor)
    await until('all are told', () => first.told('1').length === 3)
    const second = first.told('1')[1].extensions.cursor
    first.socket.terminate()
    const acknowledged = await process.ask(acknowledgeText, { name: 'erp', cursor: second })
    expect(acknowledged.data.acknowledgeEvents).toMatchObject({ cursor: second })
    const { data } = await process.ask('{ durableSubscription(name: "erp") { cursor } }')
    using again = await subscribe(['d1'], data.durableSubscription.cursor)
    await until('the last is told again', () => again.told('1').length === 1)
    expect(again.told('1')[0].data.orderChanged.to).toBe('C')
  })

  it('moves forward only, however late an acknowledgement comes', async () => {
    const variables = { ids: ['f1'] }
    const saved = await process.ask(saveText, { input: { name: 'late', operation: orderQuery, variables } })
    const { cursor } = saved.data.saveDurableSubscription
    for (const to of ['A', 'B']) await world.push.change('f1', to)
    using client = await subscribe(['f1'], cursor)
    await until('both are told', () => client.told('1').length === 2)
    const [a, b] = client.told('1').map((one) => String(one.extensions.cursor))
    await process.ask(acknowledgeText, { name: 'late', cursor: b })
    const late = await process.ask(acknowledgeText, { name: 'late', cursor: a })
    expect(late.data.acknowledgeEvents.cursor).toBe(b)
  })

  it('stays where it is when it is saved again, and refuses another selection under its name', async () => {
    const input = { name: 'same', operation: orderQuery, variables: { ids: ['x'] } }
    const first = await process.ask(saveText, { input })
    const second = await process.ask(saveText, { input })
    expect(second.data).toEqual(first.data)
    expect(codeOf(await process.ask(saveText, { input: { ...input, variables: { ids: ['y'] } } }))).toBe('CONFLICT')
  })

  it('refuses cursors of other streams and of other clients', async () => {
    const input = { name: 'own', operation: orderQuery, variables: { ids: ['x'] } }
    await process.ask(saveText, { input })
    const foreign = await process.ask(saveText, { input: { ...input, name: 'y', variables: { ids: ['y'] } } })
    const theirs = await process.ask(saveText, { input }, partner('globex'))
    const { cursor } = foreign.data.saveDurableSubscription
    expect(codeOf(await process.ask(acknowledgeText, { name: 'own', cursor }))).toBe('CURSOR_INVALID')
    const stolen = theirs.data.saveDurableSubscription.cursor
    expect(codeOf(await process.ask(acknowledgeText, { name: 'own', cursor: stolen }))).toBe('CURSOR_INVALID')
    expect(codeOf(await process.ask(acknowledgeText, { name: 'none', cursor }))).toBe('NOT_FOUND')
  })

  it('is gone once deleted', async () => {
    await process.ask(saveText, { input: { name: 'gone', operation: orderQuery, variables: { ids: ['x'] } } })
    const deleteText = 'mutation { deleteDurableSubscription(name: "gone") }'
    expect((await process.ask(deleteText)).data.deleteDurableSubscription).toBe('gone')
    expect(codeOf(await process.ask(deleteText))).toBe('NOT_FOUND')
    const { data } = await process.ask('{ durableSubscriptions { name } }')
    expect(data.durableSubscriptions).not.toContainEqual({ name: 'gone' })
  })
})
