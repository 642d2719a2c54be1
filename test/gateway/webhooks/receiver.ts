import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  readonly id: string
  readonly timestamp: string
  readonly signatures: readonly string[]
  readonly attempt: string
  readonly kind: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Receiver = AsyncDisposable & {
  readonly url: string
  readonly received: Received[]
  /** Decides how requests are answered from now on. Default: 204. */
  answer(how: (received: Received, response: ServerResponse) => void): void
}

/** A partner's endpoint on loopback. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  let answer: (received: Received, response: ServerResponse) => void = (_, response) => response.writeHead(204).end()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = toReceived(request.headers, Buffer.concat(chunks).toString('utf8'))
      received.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    received,
    answer(how) {
      answer = how
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Written apart from the code under test: what Standard Webhooks says a receiver checks. */
export function isSignedWith(secret: string, { id, timestamp, body, signatures }: Received): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return signatures.includes(`v1,${expected}`)
}

function toReceived(headers: IncomingMessage['headers'], body: string): Received {
  const text = (name: string) => String(headers[name] ?? '')
  return {
    id: text('webhook-id'),
    timestamp: text('webhook-timestamp'),
    signatures: text('webhook-signature').split(' '),
    attempt: text('storeloom-attempt'),
    kind: text('storeloom-kind'),
    headers,
    body,
  }
}
