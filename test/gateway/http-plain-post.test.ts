import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGoverned } from '../support/governed-gateway.ts'
import type { StartedGateway } from '../support/start-gateway.ts'

/** As most clients write it, and the same meaning in a spelling that only Fastify's way reads. */
const spellings = ['application/json', 'application/json;charset=UTF-8'] as const

const seen = async (url: string, type: string, body: string, headers: Readonly<Record<string, string>>) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, 'x-correlation-id': 'till-7.42', ...headers },
    body,
  })
  const { date: _, ...rest } = Object.fromEntries(answer.headers)
  return { status: answer.status, headers: rest, text: await answer.text() }
}

describe('a plain POST, taken before Fastify', () => {
  let started: StartedGateway
  beforeAll(async () => {
    started = await startGoverned(undefined, {
      corsOrigins: ['https://shop.example'],
      limits: {
        bodyLimitBytes: 2_000,
        headersTimeoutMs: 10_000,
        bodyTimeoutMs: 15_000,
        responseLimitBytes: 1_000,
        compressFromBytes: 100,
        requestDeadlineMs: 10_000,
        drainTimeoutMs: 2_000,
      },
    })
  })
  afterAll(() => started[Symbol.asyncDispose]())

  it.each([
    ['an answer', '/graphql', '{"query":"{ count }"}', {}, 200],
    ['a version in the path', '/2026-10/graphql', '{"query":"{ oldCount }"}', {}, 200],
    ['a version there is not', '/1999-01/graphql', '{"query":"{ count }"}', {}, 400],
    ['a page of another site', '/graphql', '{"query":"{ count }"}', { origin: 'https://shop.example' }, 200],
    ['a body that is no JSON', '/graphql', '{"query', { origin: 'https://shop.example' }, 400],
    ['a mistaken document', '/graphql', '{"query":"{ nothing }"}', {}, 200],
    ['the other media type', '/graphql', '{"query":"{ x }"}', { accept: 'application/graphql-response+json' }, 400],
    ['an answer too large', '/graphql', '{"query":"{ things(first: 90) { id name } }"}', {}, 400],
    ['a body too large', '/graphql', JSON.stringify({ query: `{ count }${' '.repeat(2_000)}` }), {}, 413],
  ])('is answered as Fastify would: %s', async (_, path, body, headers, status) => {
    const [plain, whole] = await Promise.all(spellings.map((type) => seen(started.url + path, type, body, headers)))
    expect(plain).toEqual(whole)
    expect(plain).toMatchObject({ status, headers: { 'x-correlation-id': 'till-7.42', 'cache-control': 'no-store' } })
  })

  it('is finished while the gateway closes, and the connection with it', async () => {
    const closing = await startGoverned()
    const socket = connect(Number(new URL(closing.url).port), '127.0.0.1')
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString()
    })
    const body = '{"query":"{ slow(ms: 300) }"}'
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    socket.write(head + body)
    // It is under way once another request that came after it is answered.
    await seen(`${closing.url}/graphql`, spellings[0], '{"query":"{ count }"}', {})
    const closed = once(socket, 'close')
    await closing[Symbol.asyncDispose]()
    await closed
    expect(received).toContain('{"data":{"slow":300}')
    expect(received).toMatch(/^connection: close\r$/im)
  })
})
