import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../../gateway/subgraph-client/exchange.ts'
import { createHttpPool } from '../../../gateway/subgraph-client/http-pool.ts'
import { describePoster } from '../../contracts/poster.ts'

const more = { keepAliveMs: 30_000, tooLarge: () => new Error('too large') }

describePoster('the pool for plain HTTP', (options) => createHttpPool({ ...options, ...more }))

describe('the pool for plain HTTP, before a server that is not one', () => {
  const open: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  /** @param answer what a socket writes to each request, counted over all */
  const start = async (answer: (request: number, socket: Socket) => void, keepAliveMs = 30_000) => {
    const sockets: Socket[] = []
    let requests = 0
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', () => answer(requests++, socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = new URL(`http://127.0.0.1:${port}/`)
    const pool = createHttpPool({ url, maxConnections: 4, maxBodyBytes: 1_000, ...more, keepAliveMs })
    open.push(() => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    })
    open.push(() => pool.destroy())
    const post = (): Promise<HttpAnswer> =>
      new Promise((resolve, fail) => void pool.post('{}', {}, { answer: resolve, fail }))
    return { post, sockets }
  }
  const response = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`

  it('gives nobody the answer that came behind another', async () => {
    const { post, sockets } = await start((request, socket) => {
      socket.write(request === 0 ? response('own') + response('forged') : response('next'))
    })
    expect(await post()).toEqual({ status: 200, text: 'own' })
    expect(await post()).toEqual({ status: 200, text: 'next' })
    expect(sockets.length).toBe(2)
  })

  it('gives nobody the answer that came unasked', async () => {
    const { post, sockets } = await start((request, socket) => {
      socket.write(response(request === 0 ? 'own' : 'next'))
    })
    expect((await post()).text).toBe('own')
    const [first] = sockets
    if (first === undefined) throw new Error('nobody connected')
    const closed = once(first, 'close')
    first.write(response('forged'))
    await closed
    expect((await post()).text).toBe('next')
    expect(sockets.length).toBe(2)
  })

  it('passes over interim responses', async () => {
    const { post } = await start((_request, socket) => {
      socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${response('own')}`)
    })
    expect(await post()).toEqual({ status: 200, text: 'own' })
  })

  it('fails on what is no HTTP, and goes on with another connection', async () => {
    const { post } = await start((request, socket) => {
      socket.write(request === 0 ? 'SSH-2.0-OpenSSH_9.6\r\n\r\n' : response('own'))
    })
    await expect(post()).rejects.toThrow('head')
    expect((await post()).text).toBe('own')
  })

  it('uses no connection again that its server says it closes', async () => {
    const { post, sockets } = await start((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nown')
    })
    await post()
    await post()
    expect(sockets.length).toBe(2)
  })

  it('uses no connection again that lay idle for as long as its server keeps it', async () => {
    const { post, sockets } = await start((_request, socket) => {
      // Two seconds less are none.
      socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=2\r\ncontent-length: 3\r\n\r\nown')
    })
    await post()
    await post()
    expect(sockets.length).toBe(2)
  })

  it('answers with what came before the end of the connection where no length is told', async () => {
    const { post } = await start((_request, socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\nown'))
    expect(await post()).toEqual({ status: 200, text: 'own' })
  })
})
