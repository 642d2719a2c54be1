import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createSubgraphClient, type SubgraphClientOptions } from '../../gateway/subgraph-client.ts'
import { createBreaker } from '../../platform/resilience/breaker.ts'
import { createRetryBudget } from '../../platform/resilience/retry.ts'
import type { SubgraphRequest, SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { createDeferred } from '../support/deferred.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part[Symbol.asyncDispose]()
})

const start = async (
  listener: RequestListener,
  options: Partial<SubgraphClientOptions> = {},
): Promise<SubgraphTransport> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  const { port } = server.address() as AddressInfo
  const client = createSubgraphClient({
    name: 'stock',
    url: `http://127.0.0.1:${port}/graphql`,
    timeoutMs: 10_000,
    ...options,
  })
  open.push(client)
  return client
}

const query = (text: string, more: Partial<SubgraphRequest> = {}): SubgraphRequest => ({
  query: text,
  kind: 'query',
  headers: {},
  signal: new AbortController().signal,
  ...more,
})

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

const answer = (text: string, status = 200): RequestListener => {
  return (_request, response) => void response.writeHead(status).end(text)
}

test('sends document, variables and headers, and gives data and errors back', async () => {
  const seen: unknown[] = []
  const client = await start(async (request, response) => {
    seen.push([request.method, request.url, request.headers['x-viewer'], JSON.parse(await bodyOf(request))])
    response.end(JSON.stringify({ data: { a: 'é' }, errors: [{ message: 'no b', path: ['b', 0] }] }))
  })
  const response = await client.call(query('{a b}', { variablesJson: '{"first":2}', headers: { 'x-viewer': 'v1' } }))
  expect(response).toEqual({ data: { a: 'é' }, errors: [{ message: 'no b', path: ['b', 0] }] })
  expect(seen).toEqual([['POST', '/graphql', 'v1', { query: '{a b}', variables: { first: 2 } }]])
})

test('takes variables as an object too', async () => {
  const client = await start(async (request, response) => {
    response.end(JSON.stringify({ data: JSON.parse(await bodyOf(request)).variables }))
  })
  expect(await client.call(query('{a}', { variables: { id: 'x' } }))).toEqual({ data: { id: 'x' } })
})

test('gives up at the deadline with UPSTREAM_TIMEOUT and without the address', async () => {
  const client = await start(() => {}, { timeoutMs: 50 })
  const failure = await Promise.resolve(client.call(query('{a}'))).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'UPSTREAM_TIMEOUT', message: 'Cannot read stock: it did not answer in time' })
})

test('gives up when the signal aborts', async () => {
  const controller = new AbortController()
  const client = await start(() => controller.abort())
  await expect(client.call(query('{a}', { signal: controller.signal }))).rejects.toMatchObject({
    code: 'UPSTREAM_TIMEOUT',
  })
})

test('refuses an answer larger than allowed', async () => {
  const client = await start(answer(JSON.stringify({ data: { a: 'x'.repeat(5000) } })), { maxResponseBytes: 1000 })
  await expect(client.call(query('{a}'))).rejects.toMatchObject({ code: 'UPSTREAM_INVALID_RESPONSE' })
})

test('refuses what is no GraphQL response', async () => {
  const client = await start(answer('<html>'))
  await expect(client.call(query('{a}'))).rejects.toMatchObject({ code: 'UPSTREAM_INVALID_RESPONSE' })
})

test('reads GraphQL errors whatever the status', async () => {
  const client = await start(answer(JSON.stringify({ errors: [{ message: 'bad' }] }), 400))
  expect(await client.call(query('{a}'))).toEqual({ errors: [{ message: 'bad' }] })
})

test('tries a query once more when the way to the subgraph failed', async () => {
  let calls = 0
  const client = await start((_request, response) => {
    calls += 1
    if (calls === 1) response.writeHead(503).end('upstream down')
    else response.end('{"data":{"a":1}}')
  })
  expect(await client.call(query('{a}'))).toEqual({ data: { a: 1 } })
  expect(calls).toBe(2)
})

test('never tries a mutation again', async () => {
  let calls = 0
  const client = await start((_request, response) => {
    calls += 1
    response.writeHead(503).end('upstream down')
  })
  await expect(client.call(query('mutation {a}', { kind: 'mutation' }))).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
  })
  expect(calls).toBe(1)
})

test('tries nothing again once the budget is spent', async () => {
  let calls = 0
  const retryBudget = createRetryBudget({ ratio: 0, minPerSecond: 1, maxSaved: 1, now: () => 0 })
  const client = await start(
    (_request, response) => {
      calls += 1
      response.writeHead(503).end('upstream down')
    },
    { retryBudget },
  )
  await Promise.resolve(client.call(query('{a}'))).catch(() => {})
  await Promise.resolve(client.call(query('{b}'))).catch(() => {})
  expect(calls).toBe(3)
})

test('leaves a failing subgraph alone and says for how long', async () => {
  let calls = 0
  const breaker = createBreaker({ windowMs: 60_000, minCalls: 2, failureRatio: 0.5, openMs: 60_000 })
  const client = await start(
    (_request, response) => {
      calls += 1
      response.writeHead(503).end('upstream down')
    },
    { breaker },
  )
  await Promise.resolve(client.call(query('{a}'))).catch(() => {})
  const failure = await Promise.resolve(client.call(query('{a}'))).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfterMs: expect.any(Number) })
  expect(calls).toBe(2)
})

test('sends identical queries under way once, and gives each caller objects of its own', async () => {
  let calls = 0
  const release = createDeferred<void>()
  const client = await start(async (_request, response) => {
    calls += 1
    await release.promise
    response.end('{"data":{"a":{"b":1}}}')
  })
  const headers = { authorization: 'one', 'x-correlation-id': 'c1' }
  const both = [
    client.call(query('{a}', { headers })),
    client.call(query('{a}', { headers: { ...headers, 'x-correlation-id': 'c2' } })),
  ]
  release.resolve(undefined)
  const [first, second] = await Promise.all(both)
  expect(calls).toBe(1)
  expect(second).toEqual(first)
  expect(second?.data?.a).not.toBe(first?.data?.a)
})

test('never joins calls of different principals', async () => {
  const seen: unknown[] = []
  const release = createDeferred<void>()
  const client = await start(async (request, response) => {
    seen.push(request.headers.authorization)
    if (seen.length === 2) release.resolve(undefined)
    await release.promise
    response.end(JSON.stringify({ data: { me: request.headers.authorization } }))
  })
  const answers = await Promise.all(
    ['one', 'two'].map((authorization) => client.call(query('{me}', { headers: { authorization } }))),
  )
  expect(answers).toEqual([{ data: { me: 'one' } }, { data: { me: 'two' } }])
})

test('who joined gets an answer though who went first went away', async () => {
  let calls = 0
  const leader = new AbortController()
  const client = await start((_request, response) => {
    calls += 1
    if (calls === 1) leader.abort()
    else response.end('{"data":{"a":1}}')
  })
  const first = Promise.resolve(client.call(query('{a}', { signal: leader.signal }))).catch((error: unknown) => error)
  const second = client.call(query('{a}'))
  expect(await second).toEqual({ data: { a: 1 } })
  expect(await first).toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
})

test('refuses calls after it is closed', async () => {
  const client = await start(answer('{"data":{}}'))
  await client[Symbol.asyncDispose]()
  await expect(client.call(query('{a}'))).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
})
