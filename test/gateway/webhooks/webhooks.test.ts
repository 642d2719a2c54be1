import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { composePush } from '../push/push-graph.ts'
import { isSignedWith, type Received, type Receiver, startReceiver } from './receiver.ts'
import {
  openWebhookWorld,
  orderSubscription,
  partner,
  registerText,
  type WebhookProcess,
  type WebhookWorld,
} from './webhook-world.ts'

let world: WebhookWorld
let receiver: Receiver
beforeEach(async () => {
  world = await openWebhookWorld()
  receiver = await startReceiver()
}, 60_000)
afterEach(async () => {
  await world[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  expect(world.faults).toEqual([])
})

const erp = { kind: 'service', tenant: 'test', clientId: 'acme', scopes: [], system: 'acme' } as const

async function register(process: WebhookProcess, input: Record<string, unknown> = {}) {
  const { data, errors } = await process.ask(registerText, {
    input: { url: receiver.url, operation: orderSubscription, ...input },
  })
  expect(errors).toBeUndefined()
  const { secret, webhook } = data.registerWebhook
  return { secret: String(secret), id: String(webhook.id), cursor: String(webhook.cursor) }
}

const stateOf = async (process: WebhookProcess, id: string) => {
  const { data } = await process.ask('query ($id: ID!) { webhook(id: $id) { state stateReason pending } }', { id })
  return data.webhook
}
const isActive = (process: WebhookProcess, id: string) =>
  until('it is active', async () => (await stateOf(process, id)).state === 'ACTIVE')
const told = (list: readonly Received[]) =>
  list.filter(({ kind }) => kind === 'event').map(({ body }) => JSON.parse(body).data.orderChanged.to)
const codeOf = ({ errors }: { errors?: readonly { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code

describe('a webhook', () => {
  it('is told by signed POST what a subscription would be told, once it has taken a ping', async () => {
    const process = world.start()
    const { secret, id } = await register(process)
    await world.push.change('o1', 'NEW')
    await world.push.change('o2', 'NEW', 'shop')
    await world.push.change('o1', 'PACKED')
    await until('both are told', () => told(receiver.received).length === 2)
    const [ping, first, second] = receiver.received
    expect(ping).toMatchObject({ kind: 'ping' })
    expect(JSON.parse(ping?.body ?? '')).toEqual({ data: null, extensions: { kind: 'PING', webhook: id } })
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      data: { orderChanged: { __typename: 'OrderEvent', to: 'NEW', order: { id: 'o1', packer: 'packer of o1' } } },
      extensions: { cursor: first?.headers['storeloom-cursor'] },
    })
    expect(told(receiver.received)).toEqual(['NEW', 'PACKED'])
    expect([ping, first, second].every((one) => one !== undefined && isSignedWith(secret, one))).toBe(true)
    await until('nothing waits', async () => (await stateOf(process, id)).pending === 0)
    expect(await stateOf(process, id)).toMatchObject({ state: 'ACTIVE', stateReason: null })
  })

  it('is sent nothing before its receiver has taken the ping, and is disabled when it never does', async () => {
    const process = world.start()
    receiver.answer((_, response) => response.writeHead(404).end())
    const { id } = await register(process)
    await world.push.change('o1', 'NEW')
    await until('it is disabled', async () => (await stateOf(process, id)).state === 'DISABLED')
    expect(new Set(receiver.received.map(({ kind }) => kind))).toEqual(new Set(['ping']))
    expect(await stateOf(process, id)).toMatchObject({ stateReason: 'The first ping was never taken' })
    receiver.answer((_, response) => response.writeHead(200).end())
    const resumed = await process.ask('mutation ($id: ID!) { resumeWebhook(id: $id) { state } }', { id })
    expect(resumed.data.resumeWebhook).toEqual({ state: 'VERIFYING' })
    await until('what happened since the registration is told', () => told(receiver.received).length === 1)
    expect(await stateOf(process, id)).toMatchObject({ state: 'ACTIVE', stateReason: null })
  })

  it('goes on in another process without a gap and without telling anything twice', async () => {
    const first = world.start()
    const { id } = await register(first)
    await isActive(first, id)
    for (const to of ['A', 'B', 'C']) await world.push.change('o1', to)
    await until('some is told', () => told(receiver.received).length > 0)
    await first[Symbol.asyncDispose]()
    for (const to of ['D', 'E']) await world.push.change('o1', to)
    const second = world.start()
    await until('the rest is told', () => new Set(told(receiver.received)).size === 5)
    expect([...new Set(told(receiver.received))]).toEqual(['A', 'B', 'C', 'D', 'E'])
    const { data } = await second.ask(
      'query ($id: ID!) { webhook(id: $id) { deliveries { edges { node { kind } } } } }',
      {
        id,
      },
    )
    expect(data.webhook.deliveries.edges).toHaveLength(6)
  })

  it('is told what happened while it was paused', async () => {
    const process = world.start()
    const { id } = await register(process)
    await isActive(process, id)
    const paused = await process.ask('mutation ($id: ID!) { pauseWebhook(id: $id) { state stateReason } }', { id })
    expect(paused.data.pauseWebhook).toEqual({ state: 'PAUSED', stateReason: 'You paused it' })
    await world.push.change('o1', 'A')
    await world.push.change('o1', 'B')
    expect(told(receiver.received)).toEqual([])
    const resumed = await process.ask('mutation ($id: ID!) { resumeWebhook(id: $id) { state } }', { id })
    expect(resumed.data.resumeWebhook).toEqual({ state: 'ACTIVE' })
    await until('both are told', () => told(receiver.received).length === 2)
    expect(told(receiver.received)).toEqual(['A', 'B'])
  })

  it('is told again from a cursor, under the same ids', async () => {
    const process = world.start()
    const { id } = await register(process)
    await isActive(process, id)
    for (const to of ['A', 'B', 'C']) await world.push.change('o1', to)
    await until('all are told', () => told(receiver.received).length === 3)
    const cursor = receiver.received.find(({ body }) => body.includes('"to":"A"'))?.headers['storeloom-cursor']
    const replayed = await process.ask(
      'mutation ($id: ID!, $cursor: EventCursor) { replayWebhook(id: $id, cursor: $cursor) { count } }',
      { id, cursor },
    )
    expect(replayed).toEqual({ data: { replayWebhook: { count: null } } })
    await until('two are told again', () => told(receiver.received).length === 5)
    expect(told(receiver.received)).toEqual(['A', 'B', 'C', 'B', 'C'])
    const ids = receiver.received.filter(({ kind }) => kind === 'event').map((one) => one.id)
    expect(ids.slice(3)).toEqual(ids.slice(1, 3))
  })

  it('keeps a log that shows each delivery, page by page', async () => {
    const process = world.start()
    const { id } = await register(process)
    await isActive(process, id)
    receiver.answer((_, response) => response.writeHead(500).end())
    await world.push.change('o1', 'A')
    const page = (after: string | null) =>
      process.ask(
        `query ($id: ID!, $after: String) { webhook(id: $id) { deliveries(first: 1, after: $after) {
          edges { node { kind state attempts lastStatus lastError payload } } pageInfo { hasNextPage endCursor }
        } } }`,
        { id, after },
      )
    const dead = await until('it is a dead letter', async () => {
      const { data } = await page(null)
      return data.webhook.deliveries.edges[0].node.state === 'DEAD' && data.webhook.deliveries
    })
    expect(dead.edges[0].node).toMatchObject({ kind: 'EVENT', attempts: 8, lastStatus: 500, lastError: 'answered 500' })
    expect(dead.pageInfo.hasNextPage).toBe(true)
    const next = await page(dead.pageInfo.endCursor)
    expect(next.data.webhook.deliveries).toMatchObject({
      edges: [{ node: { kind: 'PING', state: 'DELIVERED' } }],
      pageInfo: { hasNextPage: false },
    })
    receiver.answer((_, response) => response.writeHead(200).end())
    const replayed = await process.ask(
      'mutation ($id: ID!) { replayWebhook(id: $id, onlyDeadLetters: true) { count } }',
      { id },
    )
    expect(replayed.data.replayWebhook.count).toBe(1)
    await until(
      'it is taken',
      async () => (await page(null)).data.webhook.deliveries.edges[0].node.state === 'DELIVERED',
    )
  })

  it('queues no more than is allowed while the receiver is away; the log keeps the rest', async () => {
    const process = world.start({ limits: { mostPending: 2 } })
    const { id } = await register(process)
    await isActive(process, id)
    let isAway = true
    receiver.answer((_, response) => response.writeHead(isAway ? 503 : 200, { 'retry-after': '0' }).end())
    await world.push.change('o1', '0')
    await until('it is being tried', async () => (await stateOf(process, id)).pending >= 1)
    for (let index = 1; index < 12; index += 1) {
      await world.push.change('o1', String(index))
      await stateOf(process, id)
    }
    expect((await stateOf(process, id)).pending).toBeLessThan(12)
    isAway = false
    await until('all are told', () => new Set(told(receiver.received)).size === 12)
    expect([...new Set(told(receiver.received))]).toEqual(Array.from({ length: 12 }, (_, index) => String(index)))
  })

  it('begins with how things stand when that is asked for', async () => {
    await world.push.change('s1', 'OLD')
    const process = world.start()
    await register(process, { variables: { ids: ['s1'], initial: 'SNAPSHOT' } })
    await until('the snapshot is told', () => receiver.received.some(({ kind }) => kind === 'snapshot'))
    await world.push.change('s1', 'NEW')
    await until('the event is told', () => told(receiver.received).length === 1)
    expect(receiver.received.map(({ kind }) => kind)).toEqual(['ping', 'snapshot', 'event'])
  })

  it('pauses with a reason when the graph no longer has what it selects', async () => {
    const process = world.start()
    const { id } = await register(process)
    await isActive(process, id)
    await world.push.change('o1', 'A')
    await until('it is told', () => told(receiver.received).length === 1)
    const outcome = await world.push.gateway.swapSupergraph(
      composePush((sdl) => sdl.replace('  to: String!', '  became: String! @fromEvent(path: "data.to")')),
    )
    expect(outcome.kind).toBe('serving')
    await until('it is paused', async () => (await stateOf(process, id)).state === 'PAUSED')
    expect((await stateOf(process, id)).stateReason).toContain('GRAPHQL_VALIDATION_FAILED')
  })

  it('signs with both secrets after one was replaced', async () => {
    const process = world.start()
    const { id, secret } = await register(process)
    await isActive(process, id)
    const { data } = await process.ask('mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret } }', { id })
    const fresh = String(data.rotateWebhookSecret.secret)
    await world.push.change('o1', 'A')
    await until('it is told', () => told(receiver.received).length === 1)
    const last = receiver.received.at(-1)
    if (last === undefined) throw new Error('one was sent')
    expect(fresh).not.toBe(secret)
    expect([isSignedWith(secret, last), isSignedWith(fresh, last)]).toEqual([true, true])
  })
})

describe('registering', () => {
  it('refuses what a subscription would be refused', async () => {
    const process = world.start()
    const ask = (input: object) =>
      process.ask(registerText, { input: { url: receiver.url, operation: orderSubscription, ...input } })
    expect(codeOf(await ask({ operation: 'subscription { orderChanged { nothing } }' }))).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    )
    expect(codeOf(await ask({ operation: '{ shelves }' }))).toBe('BAD_USER_INPUT')
    expect(codeOf(await ask({ operation: 'subscription {' }))).toBe('GRAPHQL_PARSE_FAILED')
    expect(codeOf(await ask({ variables: { ids: 'x'.repeat(3), initial: 'LATER' } }))).toBe('BAD_USER_INPUT')
    expect(codeOf(await ask({ after: 'forged' }))).toBe('CURSOR_INVALID')
    expect(codeOf(await ask({ url: 'ftp://127.0.0.1/' }))).toBe('BAD_USER_INPUT')
    expect(receiver.received).toEqual([])
  })

  it('refuses addresses that are not public, and names that lead to such', async () => {
    const process = world.start({ allowPrivate: false })
    const ask = (url: string) => process.ask(registerText, { input: { url, operation: orderSubscription } })
    expect(codeOf(await ask(receiver.url))).toBe('BAD_USER_INPUT')
    expect(codeOf(await ask('https://hooks.partner.example/'))).toBe('BAD_USER_INPUT')
    const { data } = await process.ask('{ webhooks { id } }')
    expect(data.webhooks).toEqual([])
  })

  it('tells a system, signed, what it subscribed to', async () => {
    const process = world.start()
    const input = { url: receiver.url, operation: orderSubscription }
    const { data } = await process.ask(registerText, { input }, erp)
    const { secret, webhook } = data.registerWebhook
    const query = 'query ($id: ID!) { webhook(id: $id) { state } }'
    await until('it is active', async () => (await process.ask(query, webhook, erp)).data.webhook.state === 'ACTIVE')
    await world.push.change('o1', 'PACKED')
    await until('it is told', () => told(receiver.received).length === 1)
    expect(receiver.received.every((one) => isSignedWith(String(secret), one))).toBe(true)
  })

  it('is for partners and systems, and each sees their own alone', async () => {
    const process = world.start()
    const { id } = await register(process)
    const anonymous = { kind: 'anonymous', tenant: 'test', clientId: 'none', scopes: [] } as const
    const shopper = { kind: 'shopper', tenant: 'test', clientId: 'app', scopes: [], customerId: 'c1' } as const
    expect(codeOf(await process.ask('{ webhooks { id } }', {}, anonymous))).toBe('UNAUTHENTICATED')
    expect(codeOf(await process.ask('{ webhooks { id } }', {}, shopper))).toBe('FORBIDDEN')
    expect((await process.ask('{ webhooks { id } }')).data.webhooks).toEqual([{ id }])
    expect((await process.ask('{ webhooks { id } }', {}, erp)).data.webhooks).toEqual([])
    const other = partner('globex')
    expect((await process.ask('{ webhooks { id } }', {}, other)).data.webhooks).toEqual([])
    expect((await process.ask('query ($id: ID!) { webhook(id: $id) { id } }', { id }, other)).data.webhook).toBeNull()
    const changes = ['pauseWebhook(id: $id) { id }', 'deleteWebhook(id: $id)', 'replayWebhook(id: $id) { count }']
    const answers = await Promise.all(
      changes.map((field) => process.ask(`mutation ($id: ID!) { ${field} }`, { id }, other)),
    )
    expect(answers.map(codeOf)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'])
    expect((await process.ask('mutation ($id: ID!) { deleteWebhook(id: $id) }', { id })).data.deleteWebhook).toBe(id)
    expect((await process.ask('{ webhooks { id } }')).data.webhooks).toEqual([])
  })

  it('is bounded per client', async () => {
    const process = world.start({ limits: { mostPerClient: 1 } })
    await register(process)
    const refused = await process.ask(registerText, { input: { url: receiver.url, operation: orderSubscription } })
    expect(codeOf(refused)).toBe('RATE_LIMITED')
  })
})
