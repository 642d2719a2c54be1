import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../../gateway/subgraph-client/exchange.ts'
import { createUndiciPool } from '../../../gateway/subgraph-client/undici-pool.ts'
import { describePoster, type PosterOptions } from '../../contracts/poster.ts'

const create = (options: PosterOptions) =>
  createUndiciPool({
    ...options,
    keepAliveMs: 30_000,
    connectTimeoutMs: 10_000,
    tooLarge: () => new Error('too large'),
  })

describePoster("undici's pool", create)

describe('an answer in a coding', () => {
  const text = JSON.stringify({ data: { names: Array.from({ length: 200 }, () => 'Zoë') } })
  const bodies: Readonly<Record<string, readonly [coding: string, body: Buffer]>> = {
    gzip: ['gzip', gzipSync(text)],
    shouted: ['GZIP', gzipSync(text)],
    identity: ['identity', Buffer.from(text)],
    cut: ['gzip', gzipSync(text).subarray(0, 40)],
    br: ['br', brotliCompressSync(text)],
    bomb: ['gzip', gzipSync(Buffer.alloc(50_000_000))],
  }
  const accepted: unknown[] = []
  const server = createServer((request, response) => {
    accepted.push(request.headers['accept-encoding'])
    const [coding, body] = bodies[String(request.headers['x-name'])] ?? ['', Buffer.alloc(0)]
    response.writeHead(200, { 'Content-Encoding': coding }).end(body)
  })
  let poster: ReturnType<typeof create>
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    poster = create({ url, maxConnections: 1, maxBodyBytes: 100_000 })
  })
  afterAll(async () => {
    await poster.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  const post = (name: string): Promise<HttpAnswer> =>
    new Promise((answer, fail) => void poster.post('{}', { 'x-name': name }, { answer, fail }))

  it.each(['gzip', 'shouted', 'identity'])('is read: %s', async (name) => {
    expect(await post(name)).toEqual({ status: 200, text })
    expect(accepted.at(-1)).toBe('gzip')
  })

  it.each([
    ['cut', 'unexpected end of file'],
    ['br', 'its coding is not gzip'],
    ['bomb', 'too large'],
  ])('fails: %s', (name, why) => expect(post(name)).rejects.toThrow(why))
})
