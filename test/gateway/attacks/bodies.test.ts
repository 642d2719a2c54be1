import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contain, expectHarmless, outcomeOf, startTarget } from '../../support/attack.ts'
import { post, type StartedGateway } from '../../support/start-gateway.ts'

describe('attacks by body', () => {
  let target: StartedGateway
  const outcome = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    outcomeOf(await contain(target, () => post(target.url, body, headers)))

  beforeAll(async () => {
    target = await startTarget()
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it('batches of operations', async () => {
    const batch = JSON.stringify(Array(1_000).fill({ query: '{ dear }' }))
    expect(await outcome(batch)).toEqual([400, 'BAD_REQUEST'])
  })

  it('JSON that is broken, empty, scalar or deep', async () => {
    expect(await outcome('{"query":')).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome('')).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome('null')).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome('"{ dear }"')).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome('['.repeat(130_000))).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome(`{"query":"{ dear }","extensions":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`)).toEqual([
      200,
      'ok',
    ])
    expect(await outcome('{"query":{"toString":"x"}}')).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome('{"query":"{ dear }","query":["x"]}')).toEqual([400, 'BAD_REQUEST'])
  })

  it('bytes that are no UTF-8, and NUL', async () => {
    expect(await outcome(new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]))).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome(new Uint8Array(100_000).fill(0xff))).toEqual([400, 'BAD_REQUEST'])
    expect(await outcome('{"query":"{ dear \\u0000 }"}')).toEqual([400, 'GRAPHQL_PARSE_FAILED'])
    expect(await outcome('{"query":"{ thing(id: \\"\\ud800\\") { id } }"}')).toEqual([400, 'GRAPHQL_PARSE_FAILED'])
    expect(await outcome('{"query":"query($id: ID!) { thing(id: $id) { id } }","variables":{"id":"\\u0000"}}')).toEqual(
      [200, 'ok'],
    )
    expect(await outcome('\u0000'.repeat(1_000))).toEqual([400, 'BAD_REQUEST'])
  })

  it('a gzip bomb', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50_000_000)))
    expect(await outcome(bomb, { 'content-encoding': 'gzip' })).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    expect(await outcome(bomb)).toEqual([400, 'BAD_REQUEST'])
  })

  it('1 MB of commas', async () => {
    expect(await outcome(JSON.stringify({ query: `{ dear ${','.repeat(1_000_000)} }` }))).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
    ])
  })

  it('content types of other sites, and mutations by GET', async () => {
    expect(await outcome('{"query":"{ dear }"}', { 'content-type': 'text/plain' })).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ])
    expect(await outcome('query=%7Bdear%7D', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ])
    expect(await outcome('{}', { 'content-type': 'application/json; charset=utf-7' })).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ])
    const get = async (query: string, headers: Record<string, string>) => {
      const answer = await fetch(`${target.url}/graphql?query=${encodeURIComponent(query)}`, { headers })
      const text = await answer.text()
      expectHarmless(answer.status, text)
      return answer.status
    }
    expect(await get('mutation { reserve(id: 1) { id } }', { 'apollo-require-preflight': '1' })).toBe(405)
    expect(await get('{ dear }', {})).toBe(400)
    expect(await get('{ dear }', { 'apollo-require-preflight': '1' })).toBe(200)
  })

  it('an answer larger than an answer may be', async () => {
    const query =
      '{ things(first: 100) { a: name b: name c: name d: name e: name f: name g: name h: name i: name parts(first: 10) { id name label a: name b: name c: name d: name e: name f: name } } }'
    const answer = await contain(target, () => post(target.url, JSON.stringify({ query })))
    expect(outcomeOf(answer)).toEqual([400, 'QUERY_TOO_COSTLY'])
    expect(answer.body.errors[0].extensions.details).toMatchObject({ limit: 'responseBytes', allowed: 40_000 })
  })

  it('paths that are no paths', async () => {
    for (const path of ['/..%2f..%2fetc/passwd', '/graphql/../../x', '/%00', '/%zz', `/${'a'.repeat(5_000)}/graphql`]) {
      const answer = await fetch(target.url + path, { method: 'POST', body: '{}' })
      expectHarmless(answer.status, await answer.text())
      expect(answer.status).toBeGreaterThanOrEqual(400)
    }
  })
})
