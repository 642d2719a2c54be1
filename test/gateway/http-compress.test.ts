import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takesGzip } from '../../gateway/http-compress.ts'
import { defaultLimits, type StartedGateway, startGateway } from '../support/start-gateway.ts'

describe('what a client says of codings', () => {
  it.each([
    ['gzip', true],
    ['gzip, deflate, br, zstd', true],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
    ['GZIP ; Q=0.5', true],
    ['x-gzip', true],
    ['*', true],
    ['', false],
    ['identity', false],
    ['br', false],
    ['gzip;q=0', false],
    ['gzip;q=0, *', false],
    ['gzip;q=wrong', false],
    ['identity, gzip;q=0.5', false],
    [`${'br,'.repeat(20)}gzip`, false],
  ])('%s: %s', (header, takes) => expect(takesGzip(header)).toBe(takes))
})

describe('answers', () => {
  let started: StartedGateway
  beforeAll(async () => {
    started = await startGateway({ limits: { ...defaultLimits, compressFromBytes: 60 } })
  })
  afterAll(() => started[Symbol.asyncDispose]())

  /** Bytes as they came; fetch would read them. */
  const ask = async (query: string, headers: Readonly<Record<string, string>>) => {
    const body = JSON.stringify({ query })
    const sent = request(`${started.url}/graphql`, { method: 'POST', agent: false, headers })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return { headers: answer.headers, bytes: await buffer(answer) }
  }

  // As most clients write it, and a spelling that only Fastify's way reads.
  describe.each(['application/json', 'application/json;charset=UTF-8'])('to %s', (type) => {
    const long = '{ __schema { types { name } } }'
    it('are gzip for who accepts it, and say so', async () => {
      const plain = await ask(long, { 'content-type': type })
      const small = await ask(long, { 'content-type': type, 'accept-encoding': 'gzip, br' })
      expect(small.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(small.bytes.length) })
      expect(small.headers.vary).toContain('accept-encoding')
      expect(gunzipSync(small.bytes)).toEqual(plain.bytes)
      expect(small.bytes.length).toBeLessThan(plain.bytes.length / 2)
      expect(plain.headers['content-encoding']).toBeUndefined()
      expect(plain.headers.vary).toContain('accept-encoding')
    })

    it('go as they are when they are short', async () => {
      const { headers, bytes } = await ask('{ __typename }', { 'content-type': type, 'accept-encoding': 'gzip' })
      expect(headers['content-encoding']).toBeUndefined()
      expect(bytes.toString()).toContain('"__typename":"Query"')
    })
  })
})
