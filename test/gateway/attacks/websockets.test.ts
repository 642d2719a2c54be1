import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { alongside, expectHarmless, sendRaw, statusIn } from '../../support/attack.ts'
import { governed } from '../../support/governed-gateway.ts'
import { defaultLimits } from '../../support/start-gateway.ts'
import { until } from '../../support/until.ts'
import { openPushWorld, type PushWorld } from '../push/push-world.ts'
import { connect, follow, orderQuery, type WsClient } from '../push/ws-client.ts'

const ordinary = { query: '{ shelves }', data: { shelves: ['A'] } }
const limits = { initTimeoutMs: 400, beatMs: 600, stallMs: 2_000, mostConnections: 200 }

describe('attacks by WebSocket', () => {
  let target: PushWorld
  const meanwhile = async <T>(attack: () => Promise<T>): Promise<T> => {
    const [result] = await alongside(target, attack, ordinary)
    expect(target.internal.splice(0)).toEqual([])
    return result
  }
  /** The gateway still serves streams, too. */
  async function expectServing(): Promise<void> {
    using client = await connect(target.url)
    await follow(client, 'after', orderQuery, { ids: ['o9'] })
    await target.change('o9', 'NEW')
    await until('an event is told', () => client.told('after').length > 0, 15_000)
  }

  beforeAll(async () => {
    target = await openPushWorld({
      push: { limits },
      gateway: { governance: governed(), limits: { ...defaultLimits, headersTimeoutMs: 1_000 } },
    })
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it('sockets that never introduce themselves, and slow introductions', async () => {
    await meanwhile(async () => {
      const silent = await Promise.all(Array.from({ length: 60 }, () => connect(target.url, { init: null })))
      const codes = await Promise.all(silent.map(({ closed }) => closed.then(({ code }) => code)))
      expect(new Set(codes)).toEqual(new Set([4408]))
      // A message of which a byte comes now and then is no introduction either.
      const slow = await rawWebSocket(target.url)
      const drip = setInterval(() => slow.write(Buffer.from([0x81])), 150)
      await closeOf(slow)
      clearInterval(drip)
    })
    await expectServing()
  })

  it('idle sockets that answer no ping', async () => {
    await meanwhile(async () => {
      const dead = await Promise.all(Array.from({ length: 40 }, () => deaf(target.url)))
      await Promise.all(dead.map(closeOf))
    })
    await expectServing()
  })

  it('1,000 subscriptions on one socket', async () => {
    await meanwhile(async () => {
      using client = await connect(target.url)
      for (let index = 0; index < 1_000; index++) {
        client.send({ id: `s${index}`, type: 'subscribe', payload: { query: orderQuery, variables: { ids: ['o1'] } } })
      }
      const refused = () => client.messages.filter(({ type }) => type === 'error')
      await until('950 are refused', () => refused().length >= 950, 15_000)
      await until('50 are open', () => openOf(client).length >= 50, 15_000)
      expect(refused()).toHaveLength(950)
      expect(openOf(client)).toHaveLength(50)
      expect(refused()[0].payload[0].extensions).toEqual({ code: 'RATE_LIMITED', details: { allowed: 50 } })
      expect(client.socket.readyState).toBe(WebSocket.OPEN)
    })
    await expectServing()
  })

  it('floods of pings, by message and by frame', async () => {
    await meanwhile(async () => {
      const byMessage = await connect(target.url)
      for (let count = 0; count < 20_000; count++) byMessage.sendRaw('{"type":"ping"}')
      expect((await byMessage.closed).code).toBe(1008)
      const byFrame = await connect(target.url)
      for (let count = 0; count < 20_000; count++) byFrame.socket.ping('x')
      expect((await byFrame.closed).code).toBe(1008)
    })
    await expectServing()
  })

  it('pings whose pongs nobody reads', async () => {
    await meanwhile(async () => {
      const socket = await rawWebSocket(target.url)
      socket.write(textFrame('{"type":"connection_init"}'))
      await once(socket, 'data')
      socket.pause()
      const text = textFrame(JSON.stringify({ type: 'ping', payload: { filling: 'x'.repeat(100_000) } }))
      const closed = closeOf(socket)
      let taken = 0
      for (; taken < 600 && !socket.destroyed; taken++) {
        if (!socket.write(text)) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
      }
      await closed
      // Who does not read is not read: held for them is what fits into two sockets, not 60 MB.
      expect(taken).toBeLessThan(300)
    })
    await expectServing()
  })

  it('messages that are too long: whole, announced, in parts, as an introduction', async () => {
    await meanwhile(async () => {
      const whole = await connect(target.url)
      whole.sendRaw(`{"type":"ping","payload":{"a":"${'x'.repeat(200_000)}"}}`)
      expect((await whole.closed).code).toBe(1009)
      const announced = await rawWebSocket(target.url)
      announced.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]))
      expect(await closeCodeOf(announced)).toBe(1009)
      const parts = await rawWebSocket(target.url)
      parts.write(frame(0x01, Buffer.alloc(60_000, 'x')))
      for (let count = 0; count < 3; count++) parts.write(frame(0x00, Buffer.alloc(60_000, 'x')))
      expect(await closeCodeOf(parts)).toBe(1009)
      const introduction = await connect(target.url, { init: null })
      introduction.send({ type: 'connection_init', payload: { a: 'x'.repeat(100_000) } })
      expect(await introduction.closed).toEqual({
        code: 4400,
        reason: 'connection_init: longer than 16,384 characters',
      })
    })
    await expectServing()
  })

  it('frames that are none, and messages that are none', async () => {
    await meanwhile(async () => {
      const broken: readonly (readonly [string, Buffer, number])[] = [
        ['reserved bits', frame(0xf1, Buffer.from('x')), 1002],
        ['an opcode there is not', frame(0x83, Buffer.from('x')), 1002],
        ['no mask', Buffer.from([0x81, 0x01, 0x78]), 1002],
        ['a part of nothing', frame(0x80, Buffer.from('x')), 1002],
        ['a ping in parts', frame(0x09, Buffer.from('x')), 1002],
        ['a ping that is too long', frame(0x89, Buffer.alloc(126)), 1002],
        ['no UTF-8', frame(0x81, Buffer.from([0xc3, 0x28])), 1007],
        ['a close code there is not', frame(0x88, Buffer.from([0x00, 0x01])), 1002],
        ['NUL', textFrame('\u0000'), 4400],
        ['JSON deeper than any stack', textFrame('['.repeat(60_000)), 4400],
        ['__proto__ as its type', textFrame('{"type":"__proto__"}'), 4400],
      ]
      for (const [what, bytes, code] of broken) {
        const socket = await rawWebSocket(target.url)
        socket.write(bytes)
        expect([what, await closeCodeOf(socket)]).toEqual([what, code])
      }
    })
    await expectServing()
  })

  it('handshakes that are none, or do not end', async () => {
    const upgrade = (...lines: string[]) =>
      `${['GET /graphql HTTP/1.1', 'host: a', 'connection: upgrade', 'upgrade: websocket', ...lines].join('\r\n')}\r\n`
    const answers = await meanwhile(() =>
      Promise.all([
        sendRaw(target.url, `${upgrade('sec-websocket-version: 13')}\r\n`),
        sendRaw(target.url, `${upgrade('sec-websocket-version: 99', `sec-websocket-key: ${key}`)}\r\n`),
        sendRaw(target.url, `${upgrade('sec-websocket-version: 13', 'sec-websocket-key: short')}\r\n`),
        sendRaw(target.url, upgrade('sec-websocket-version: 13', `sec-websocket-key: ${key}`, 'x-never: ')),
      ]),
    )
    for (const text of answers) expectHarmless(statusIn(text), text)
    expect(answers.map(statusIn)).toEqual([400, 400, 400, 408])
  })

  it('a flood of connections, beyond what may be open', async () => {
    await meanwhile(async () => {
      const address = `${target.url.replace('http', 'ws')}/graphql`
      const asked: WebSocket[] = []
      const open = () =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(address, 'graphql-transport-ws')
          asked.push(socket)
          socket.once('open', () => {
            socket.send('{"type":"connection_init"}')
            resolve('open')
          })
          socket.once('unexpected-response', (request, { statusCode, headers }) => {
            request.destroy()
            resolve(`${statusCode}, again after ${headers['retry-after']} s`)
          })
          socket.on('error', () => {})
        })
      const outcomes: string[] = []
      // What the attacker itself takes of this process is not the gateway's to bound: 25 at a time.
      for (let count = 0; count < 320; count += 25)
        outcomes.push(...(await Promise.all(Array.from({ length: 25 }, open))))
      const refusal = '503, again after 5 s'
      expect(new Set(outcomes)).toEqual(new Set(['open', refusal]))
      expect(outcomes.filter((outcome) => outcome === refusal).length).toBeGreaterThan(50)
      for (const socket of asked) socket.terminate()
    })
    await expectServing()
  })

  it('clients that go away in the middle of subscribing, by the hundred', async () => {
    await meanwhile(async () => {
      for (let round = 0; round < 3; round++) {
        const clients = await Promise.all(Array.from({ length: 40 }, () => connect(target.url)))
        for (const client of clients) {
          client.send({ id: 'x', type: 'subscribe', payload: { query: orderQuery } })
          client.socket.terminate()
        }
      }
    })
    await expectServing()
  })
})

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const mask = Buffer.from([1, 2, 3, 4])

/** However it ends: `once` of Node would reject when the other side resets a socket that is being written to. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()))
}

/** A WebSocket of which the test writes every byte. */
async function rawWebSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connectTcp(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    `GET /graphql HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  expect(statusIn(String(answer))).toBe(101)
  return socket
}

/** @param first byte of the frame: its flags and opcode */
function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload
  const head =
    length < 126 ? Buffer.from([first, 0x80 | length]) : Buffer.from([first, 0xfe, length >> 8, length & 0xff])
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))])
}

/** Of at most 65,535 bytes in one frame, else of 64 bits of length. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  if (payload.length < 65_536) return frame(0x81, payload)
  const head = Buffer.alloc(10)
  head.set([0x81, 0xff])
  head.writeBigUInt64BE(BigInt(payload.length), 2)
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))])
}

/** The code of the close frame that ends a socket. */
async function closeCodeOf(socket: Socket): Promise<number | undefined> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await until('it is closed', () => closeCodeIn(Buffer.concat(chunks)), 8_000)
  socket.destroy()
  return closeCodeIn(Buffer.concat(chunks))
}

function closeCodeIn(bytes: Buffer): number | undefined {
  for (let offset = 0; offset + 1 < bytes.length; ) {
    const length = bytes[offset + 1] ?? 0
    if (bytes[offset] === 0x88) return length < 2 ? 1005 : bytes.readUInt16BE(offset + 2)
    // The gateway's other frames here are short ones.
    offset += 2 + length
  }
  return undefined
}

/** A socket that is introduced and then answers nothing. */
async function deaf(url: string): Promise<Socket> {
  const socket = await rawWebSocket(url)
  socket.write(textFrame('{"type":"connection_init"}'))
  socket.resume()
  return socket
}

function openOf({ messages }: WsClient): readonly string[] {
  const told = messages.flatMap(({ type, payload }) => (type === 'ping' ? Object.keys(payload?.cursors ?? {}) : []))
  return [...new Set(told)]
}
