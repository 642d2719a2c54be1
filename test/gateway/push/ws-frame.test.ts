import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Delivery } from '../../../gateway/push/registration.ts'
import { nextFrame, nextHead } from '../../../gateway/push/ws-frame.ts'

describe('a next message as a frame', () => {
  const server = createServer()
  const acceptor = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  let wire: Duplex
  let client: WebSocket
  beforeAll(async () => {
    server.on('upgrade', (request, socket, head) => {
      wire = socket
      acceptor.handleUpgrade(request, socket, head, () => {})
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    client = new WebSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
    await once(client, 'open')
  })
  afterAll(() => {
    client.terminate()
    server.close()
  })

  const deliveryOf = (value: string): Delivery => ({
    kind: 'event',
    text: JSON.stringify({ data: { value } }),
    cursor: 'c',
    key: 'k',
    event: null,
    recordedMs: null,
    sameness: '',
  })

  async function received(id: string, delivery: Delivery): Promise<unknown> {
    const arriving = once(client, 'message')
    wire.write(nextFrame(nextHead(id), delivery))
    const [data, isBinary] = await arriving
    expect(isBinary).toBe(false)
    return JSON.parse(String(data))
  }

  it.each(['1', '__proto__', '"}{\\', 'größe 🧵', '\u2028\u0000', 'x'.repeat(3_000)])('keeps the id %j', async (id) => {
    expect(await received(id, deliveryOf('é'))).toEqual({ id, type: 'next', payload: { data: { value: 'é' } } })
  })

  it('holds its length at each border between the three ways to write it', async () => {
    const around = nextHead('1').length + deliveryOf('').text.length + 1
    for (const length of [125, 126, 65_535, 65_536, 200_000]) {
      const value = 'x'.repeat(length - around)
      expect(await received('1', deliveryOf(value))).toMatchObject({ payload: { data: { value } } })
    }
  })

  it('is one buffer for all of the same id, and another for others', async () => {
    const delivery = deliveryOf('shared')
    expect(nextFrame(nextHead('1'), delivery)).toBe(nextFrame(nextHead('1'), delivery))
    expect(await received('2', delivery)).toMatchObject({ id: '2' })
    expect(await received('1', delivery)).toMatchObject({ id: '1' })
  })
})
