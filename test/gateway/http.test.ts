import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createInProcessTransport } from '../../platform/subgraph/in-process.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import { describeBothRoads } from '../support/both-roads.ts'
import { catalogue, host } from '../support/retail-subgraphs.ts'
import {
  ask,
  defaultLimits,
  inProcessTransports,
  post,
  type StartedGateway,
  startGateway,
} from '../support/start-gateway.ts'
import { until } from '../support/until.ts'

describeBothRoads('gateway over HTTP', () => {
  let started: StartedGateway
  const refusal = async (body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await post(started.url, body, headers)
    const [error] = answer.body.errors
    return [answer.status, error.extensions.code, error.message]
  }

  beforeAll(async () => {
    started = await startGateway()
  })
  afterAll(() => started[Symbol.asyncDispose]())

  it('says what is wrong with a body and what is allowed', async () => {
    const shape = 'allowed is {"query": text, "variables"?: object, "operationName"?: text, "extensions"?: object}'
    expect(await refusal('')).toEqual([400, 'BAD_REQUEST', `Cannot read the request: its body is empty, ${shape}`])
    expect(await refusal('{"query"')).toEqual([
      400,
      'BAD_REQUEST',
      `Cannot read the request: its body is not JSON, ${shape}`,
    ])
    expect(await refusal('7')).toEqual([400, 'BAD_REQUEST', `Cannot read the request: its body is 7, ${shape}`])
    expect(await refusal('null')).toEqual([400, 'BAD_REQUEST', `Cannot read the request: its body is null, ${shape}`])
    expect(await refusal('[{"query":"{now}"}]')).toEqual([
      400,
      'BAD_REQUEST',
      'Cannot read the request: several operations in one body, allowed is one',
    ])
    expect(await refusal(new Uint8Array([123, 34, 0xff, 34, 125]))).toEqual([
      400,
      'BAD_REQUEST',
      'Cannot read the request: its body is not UTF-8',
    ])
  })

  it('says what is wrong with a parameter', async () => {
    expect(await refusal('{}')).toEqual([
      400,
      'BAD_REQUEST',
      'Cannot read query: it is missing, allowed is a GraphQL document as text',
    ])
    expect((await refusal('{"query":"  "}')).slice(0, 2)).toEqual([400, 'BAD_REQUEST'])
    expect(await refusal('{"query":"{now}","variables":[1,2]}')).toEqual([
      400,
      'BAD_REQUEST',
      'Cannot read variables: it is a list of 2, allowed is an object',
    ])
    expect(await refusal('{"query":"{now}","operationName":3}')).toEqual([
      400,
      'BAD_REQUEST',
      'Cannot read operationName: it is 3, allowed is text',
    ])
    expect(await refusal('{"query":"query A{now}","operationName":"B"}')).toEqual([
      400,
      'BAD_REQUEST',
      'Cannot choose an operation: the document has none named "B", allowed is A',
    ])
    expect((await refusal('{"query":"fragment F on Item { id }"}')).slice(0, 2)).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ])
  })

  it('refuses a body over 128 KB, however it is sent', async () => {
    const huge = JSON.stringify({ query: `{now}${' '.repeat(131_072)}` })
    const message = 'Cannot read the request: its body is too large, allowed is 131072 bytes'
    expect(await refusal(huge)).toEqual([413, 'PAYLOAD_TOO_LARGE', message])
    const chunked = await fetch(`${started.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([huge]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(413)
    const fits = JSON.stringify({ query: `{now}${' '.repeat(131_072 - 17)}` })
    expect((await post(started.url, fits)).status).toBe(200)
  })

  it('refuses an answer over 2 MB whole, and lets one below pass', async () => {
    const query = 'query($n: Int!) { repeat(text: "äöüß", times: $n) }'
    const big = await ask(started.url, query, { n: 262_144 })
    expect([big.status, big.body.errors[0].extensions.code, 'data' in big.body]).toEqual([
      400,
      'QUERY_TOO_COSTLY',
      false,
    ])
    expect(big.body.errors[0].message).toContain('allowed is 2097152; ask for fewer')
    expect((await ask(started.url, query, { n: 262_000 })).status).toBe(200)
  })

  it('refuses other media types, charsets and compressed bodies', async () => {
    const body = '{"query":"{now}"}'
    expect(await refusal(body, { 'content-type': 'text/plain' })).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Cannot read content-type "text/plain": allowed is application/json',
    ])
    expect((await refusal(body, { 'content-type': 'application/json; charset=utf-16' })).slice(0, 1)).toEqual([415])
    expect(await refusal(new Uint8Array(gzipSync(body)), { 'content-encoding': 'gzip' })).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Cannot read content-encoding "gzip": allowed is identity',
    ])
  })

  it('says what is wrong with a document and its variables', async () => {
    const codes = async (query: string, variables?: Record<string, unknown>) => {
      const { status, body } = await ask(started.url, query, variables)
      return [status, body.errors[0].extensions.code, body.errors[0].message, 'data' in body]
    }
    expect(await codes('{ now')).toEqual([400, 'GRAPHQL_PARSE_FAILED', expect.stringContaining('Syntax Error'), false])
    expect((await codes('{ nowhere }')).slice(0, 2)).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
    expect(await codes('query($n: Int!) { repeat(text: "a", times: $n) }', { n: 'x' })).toEqual([
      400,
      'BAD_USER_INPUT',
      'Variable "$n" got invalid value "x"; Int cannot represent non-integer value: "x"',
      false,
    ])
    const gtin = 'Cannot read GTIN: got "4006381333932", allowed is 8, 12, 13 or 14 digits with a valid GS1 check digit'
    expect(await codes('{ now gtin(value: "4006381333932") }')).toEqual([400, 'BAD_USER_INPUT', gtin, false])
    expect(await codes('query($g: GTIN!) { now gtin(value: $g) }', { g: '4006381333932' })).toEqual([
      400,
      'BAD_USER_INPUT',
      expect.stringContaining(gtin),
      false,
    ])
  })

  it('answers at most 20 mistakes of a document and does not echo it back', async () => {
    const { body } = await ask(
      started.url,
      `{ items { ${Array.from({ length: 1_000 }, (_, index) => `nope${index}`).join(' ')} } }`,
    )
    expect(body.errors).toHaveLength(20)
    const long = await ask(started.url, `{ ${'n'.repeat(100_000)} }`)
    expect(JSON.stringify(long.body).length).toBeLessThan(3_000)
  })

  it('lets GET read but not write, and only with a sign that no other site sent it', async () => {
    const get = async (query: string, headers: Record<string, string>) => {
      const answer = await fetch(`${started.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { accept: 'application/graphql-response+json', ...headers },
      })
      return [answer.status, answer.headers.get('allow'), await answer.json()]
    }
    const sign = { 'apollo-require-preflight': 'yes' }
    expect(await get('{ shelves }', sign)).toEqual([200, null, { data: { shelves: ['A1', 'B2'] } }])
    expect(await get('{ shelves }', {})).toMatchObject([
      400,
      null,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ])
    expect((await get('{ shelves }', { 'content-type': 'text/plain' })).slice(0, 1)).toEqual([400])
    expect(await get('mutation { rename(id: "a", title: "x") { id } }', sign)).toMatchObject([
      405,
      'POST',
      { errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] },
    ])
  })

  it('refuses other methods and paths with what is allowed', async () => {
    const put = await fetch(`${started.url}/graphql`, { method: 'PUT', body: 'x' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST'])
    expect(await put.json()).toMatchObject({ errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] })
    const lost = await fetch(`${started.url}/grafql`)
    expect([lost.status, await lost.json()]).toMatchObject([
      404,
      { errors: [{ message: 'Cannot find /grafql: GraphQL is at /graphql', extensions: { code: 'NOT_FOUND' } }] },
    ])
  })

  it('keeps variables named like object internals as plain data', async () => {
    const body = '{"query":"query($t: String!) { repeat(text: $t) }","variables":{"t":"x","__proto__":{"t":"y"}}}'
    expect(await post(started.url, body)).toMatchObject({ status: 200, body: { data: { repeat: 'x' } } })
  })

  it('carries a correlation id from the client to the subgraph and back', async () => {
    const own = await ask(started.url, '{ correlation }', {}, { 'x-correlation-id': 'till-7.42' })
    expect([own.headers.get('x-correlation-id'), own.body.data.correlation]).toEqual(['till-7.42', 'till-7.42'])
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const traced = await ask(started.url, '{ correlation }', {}, { traceparent: `00-${trace}-00f067aa0ba902b7-01` })
    expect(traced.body.data.correlation).toBe(trace)
    const forged = await ask(started.url, '{ correlation }', {}, { 'x-correlation-id': 'a b;c' })
    expect(forged.body.data.correlation).toMatch(/^[0-9a-f-]{36}$/)
    expect(forged.headers.get('x-correlation-id')).toBe(forged.body.data.correlation)
  })

  it('tells clients nothing of what broke inside, and the log everything', async () => {
    const { status, body } = await ask(started.url, '{ broken now }')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      data: { broken: null, now: '2026-10-01T09:30:00.000Z' },
      errors: [{ message: 'Internal error', path: ['broken'], extensions: { code: 'INTERNAL' } }],
    })
    expect(JSON.stringify(body)).not.toContain('10.1.2.3')
    expect(started.internal.map(String).join()).toContain('10.1.2.3')
  })

  it('stops the work for a client that is gone', async () => {
    let signal: AbortSignal | undefined
    const hangs = (_: unknown, __: unknown, call: SubgraphCall) => {
      signal = call.signal()
      return new Promise(() => {})
    }
    const hanging = host({ ...catalogue, resolvers: { ...catalogue.resolvers, Query: { hangs } } })
    const transports = new Map(inProcessTransports([])).set(
      'catalogue',
      createInProcessTransport(hanging, { timeoutMs: 60_000 }),
    )
    await using patient = await startGateway({ transports })
    const aborter = new AbortController()
    const pending = fetch(`${patient.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ hangs }"}',
      signal: aborter.signal,
    })
    await until('the work has begun', () => signal !== undefined)
    aborter.abort()
    await expect(pending).rejects.toThrow('abort')
    await until('the work is stopped', () => signal?.aborted === true, 5_000)
  })

  it('cuts a client that never ends its request', async () => {
    await using impatient = await startGateway({
      limits: { ...defaultLimits, headersTimeoutMs: 200, bodyTimeoutMs: 300 },
    })
    const socket = connect(Number(new URL(impatient.url).port), '127.0.0.1')
    const received: string[] = []
    socket.on('data', (chunk) => received.push(chunk.toString()))
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{')
    await once(socket, 'close')
    expect(received.join()).toMatch(/^HTTP\/1\.1 408 /)
  })
})
