import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpAnswer, Poster } from '../../gateway/subgraph-client/exchange.ts'

export type PosterOptions = { readonly url: URL; readonly maxConnections: number; readonly maxBodyBytes: number }

/** What every way of posting to a subgraph does. */
export const describePoster = (name: string, create: (options: PosterOptions) => Poster): void => {
  const open: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  const start = async (listener: RequestListener, options: Partial<PosterOptions> = {}) => {
    const sockets = new Set<Socket>()
    const server = createServer(listener)
    let opened = 0
    server.on('connection', (socket) => {
      opened += 1
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const poster = create({
      url: new URL(`http://127.0.0.1:${port}/graphql?a=b`),
      maxConnections: 4,
      maxBodyBytes: 100_000,
      ...options,
    })
    open.push(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    open.push(() => poster.destroy())
    return { poster, sockets, opened: () => opened }
  }

  const post = (poster: Poster, body = '{}', headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> =>
    new Promise((answer, fail) => void poster.post(body, headers, { answer, fail }))

  const echo: RequestListener = async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    response.end(JSON.stringify([request.method, request.url, request.headers['x-name'], body]))
  }

  describe(name, () => {
    it('sends method, path, headers in latin-1 and body in UTF-8', async () => {
      const { poster } = await start(echo)
      const answer = await post(poster, '{"é":"✓"}', { 'x-name': 'Zoë' })
      expect([answer.status, JSON.parse(answer.text)]).toEqual([200, ['POST', '/graphql?a=b', 'Zoë', '{"é":"✓"}']])
      expect(JSON.parse((await post(poster, '{}', { 'x-name': 'Zoë' })).text)).toEqual([
        'POST',
        '/graphql?a=b',
        'Zoë',
        '{}',
      ])
    })

    it('gives status and body, told in length or in chunks', async () => {
      const long = '✓'.repeat(20_000)
      const { poster } = await start((request, response) => {
        if (request.headers['x-name'] === 'length')
          response.writeHead(418, { 'content-length': Buffer.byteLength(long) })
        response.write(long.slice(0, 7))
        response.end(long.slice(7))
      })
      expect(await post(poster, '{}', { 'x-name': 'length' })).toEqual({ status: 418, text: long })
      expect(await post(poster, '{}', { 'x-name': 'chunks' })).toEqual({ status: 200, text: long })
    })

    it('keeps connections and uses them again', async () => {
      const { poster, opened } = await start(echo)
      for (let call = 0; call < 10; call++) await post(poster)
      expect(opened()).toBeLessThan(5)
    })

    it('opens no more connections than allowed, and answers all the same', async () => {
      const { poster, opened } = await start(echo, { maxConnections: 2 })
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => post(poster, `{"i":${index}}`)))
      expect(answers.map(({ text }) => JSON.parse(text)[3])).toEqual(answers.map((_, index) => `{"i":${index}}`))
      expect(opened()).toBe(2)
    })

    it('refuses a body larger than allowed, whether or not its length is told', async () => {
      const { poster } = await start(
        (request, response) => {
          if (request.headers['x-name'] === 'length') response.setHeader('content-length', 5_000)
          response.write('x'.repeat(2_500))
          response.end('x'.repeat(2_500))
        },
        { maxBodyBytes: 1_000 },
      )
      await expect(post(poster, '{}', { 'x-name': 'length' })).rejects.toThrow('too large')
      await expect(post(poster)).rejects.toThrow('too large')
    })

    it('fails when the connection is cut before the end of the body', async () => {
      const { poster } = await start((request, response) => {
        if (request.headers['x-name'] === 'length') response.setHeader('content-length', 5_000)
        response.write('half', () => response.socket?.end())
      })
      await expect(post(poster, '{}', { 'x-name': 'length' })).rejects.toThrow()
      await expect(post(poster)).rejects.toThrow()
    })

    it('fails when a header could end the head', async () => {
      const { poster, opened } = await start(echo)
      await expect(post(poster, '{}', { 'x-name': 'a\r\nx-other: b' })).rejects.toThrow()
      await expect(post(poster, '{}', { 'x\nname': 'a' })).rejects.toThrow()
      expect(opened()).toBe(0)
    })

    it('fails when nobody listens', async () => {
      const { poster } = await start(echo)
      for (const close of open.splice(0)) await close()
      await expect(post(poster)).rejects.toThrow()
    })

    it('cuts the connection of a call that is given up, and no other', async () => {
      const cut: unknown[] = []
      const answers: (() => void)[] = []
      const { poster } = await start((request, response) => {
        request.socket.once('close', () => cut.push(request.headers['x-name']))
        answers.push(() => response.end('{}'))
      })
      const giveUp = poster.post('{}', { 'x-name': 'slow' }, { answer: () => {}, fail: () => {} })
      const kept = post(poster, '{}', { 'x-name': 'kept' })
      await expect.poll(() => answers.length).toBe(2)
      giveUp()
      await expect.poll(() => cut).toEqual(['slow'])
      for (const answer of answers) answer()
      expect(await kept).toEqual({ status: 200, text: '{}' })
    })

    it('never sends a call that was given up while it waited', async () => {
      const seen: unknown[] = []
      let release = (): void => {}
      const { poster } = await start(
        (request, response) => {
          seen.push(request.headers['x-name'])
          release = () => response.end('{}')
          if (seen.length > 1) release()
        },
        { maxConnections: 1 },
      )
      const first = post(poster, '{}', { 'x-name': 'first' })
      await expect.poll(() => seen.length).toBe(1)
      poster.post('{}', { 'x-name': 'second' }, { answer: () => {}, fail: () => {} })()
      const third = post(poster, '{}', { 'x-name': 'third' })
      release()
      await Promise.all([first, third])
      expect(seen).toEqual(['first', 'third'])
    })

    it('ends what is under way when it is destroyed, and refuses what comes after', async () => {
      const { poster, sockets } = await start(() => {}, { maxConnections: 1 })
      const waiting = Promise.allSettled([post(poster), post(poster)])
      await expect.poll(() => sockets.size).toBe(1)
      await poster.destroy()
      expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      await expect(post(poster)).rejects.toThrow()
    })
  })
}
