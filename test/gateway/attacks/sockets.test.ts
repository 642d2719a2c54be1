import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alongside, expectHarmless, sendRaw, startTarget, statusIn } from '../../support/attack.ts'
import type { StartedGateway } from '../../support/start-gateway.ts'

const head = (...lines: string[]) => `${['POST /graphql HTTP/1.1', 'host: a', ...lines].join('\r\n')}\r\n\r\n`
const json = 'content-type: application/json'

describe('attacks by raw socket', () => {
  let target: StartedGateway
  const raw = async (...parts: readonly (string | Uint8Array)[]) => {
    const [text] = await alongside(target, () => sendRaw(target.url, ...parts))
    expectHarmless(statusIn(text), text)
    return text
  }

  beforeAll(async () => {
    target = await startTarget()
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it('headers of 100 KB, and 1,500 of them', async () => {
    const large = await raw(head(`x-large: ${'a'.repeat(100_000)}`))
    expect(statusIn(large)).toBe(431)
    expect(large).toContain('"code":"BAD_REQUEST"')
    expect(large).toContain('"status":431')
    const many = await raw(head(...Array.from({ length: 1_500 }, (_, index) => `x-header-${index}: ${index}`)))
    expect(statusIn(many)).toBe(431)
  })

  it('bodies of 20 MB, announced and in chunks', async () => {
    const announced = await raw(head(json, 'content-length: 20000000'), Buffer.alloc(1_000_000))
    expect(statusIn(announced)).toBe(413)
    const chunk = `${(100_000).toString(16)}\r\n${'a'.repeat(100_000)}\r\n`
    const chunked = await raw(head(json, 'transfer-encoding: chunked'), ...Array<string>(200).fill(chunk))
    expect(statusIn(chunked)).toBe(413)
  })

  it('requests smuggled in others', async () => {
    const inner = 'GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n'
    const both = await raw(head(json, 'content-length: 4', 'transfer-encoding: chunked'), `0\r\n\r\n${inner}`)
    expect(both.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(statusIn(both)).toBe(400)
    const twice = await raw(head(json, 'content-length: 2', 'content-length: 40'), `{}${inner}`)
    expect(statusIn(twice)).toBe(400)
    const odd = await raw(head(json, 'transfer-encoding: xchunked'), `0\r\n\r\n${inner}`)
    expect(statusIn(odd)).toBe(400)
    const spaced = await raw('POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length : 5\r\n\r\n12345')
    expect(statusIn(spaced)).toBe(400)
    const folded = await raw(
      'POST /graphql HTTP/1.1\r\nhost: a\r\nx: a\r\n b\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(statusIn(folded)).toBe(400)
  })

  it('what is not HTTP at all', async () => {
    expect(statusIn(await raw('\u0016\u0003\u0001\u0002\u0000'))).toBe(400)
    expect(statusIn(await raw('BREW /graphql HTCPCP/1.0\r\n\r\n'))).toBe(400)
    expect(statusIn(await raw(Buffer.alloc(5_000, 0)))).toBe(400)
    expect(statusIn(await raw('GET /\u0000 HTTP/1.1\r\nhost: a\r\n\r\n'))).toBe(400)
  })

  it('headers and bodies that never end are cut', async () => {
    const slowHead = await raw('POST /graphql HTTP/1.1\r\nhost: a\r\nx-slow: ')
    expect(statusIn(slowHead)).toBe(408)
    expect(slowHead).toContain('it did not arrive in time')
    expect(statusIn(await raw(head(json, 'content-length: 100'), '{"query":"'))).toBe(408)
    expect(statusIn(await raw(head(json, 'transfer-encoding: chunked'), '5\r\n{"que'))).toBe(408)
  })

  it('connections that say nothing are cut', async () => {
    const { port } = new URL(target.url)
    const idle = Array.from({ length: 100 }, () => connect(Number(port), '127.0.0.1'))
    const closed = idle.map((socket) => {
      socket.on('error', () => {})
      socket.resume()
      return once(socket, 'close')
    })
    await alongside(target, () => Promise.all(closed))
    expect(idle.every((socket) => socket.destroyed)).toBe(true)
  })

  it('clients that go away in the middle, by the hundred', async () => {
    const { port } = new URL(target.url)
    const body = '{"query":"{ slow(ms: 5000) }"}'
    const request = `${head(json, `content-length: ${body.length}`)}${body}`
    await alongside(target, async () => {
      const sockets = await Promise.all(Array.from({ length: 200 }, () => open(Number(port), request)))
      for (const socket of sockets) socket.resetAndDestroy()
    })
    expect(target.internal).toEqual([])
  })
})

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}
