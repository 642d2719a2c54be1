import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSubgraphClient } from '../../gateway/subgraph-client.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { describeBothRoads } from '../support/both-roads.ts'
import { composeRetail } from '../support/retail-subgraphs.ts'
import { ask, inProcessTransports, type StartedGateway, startGateway } from '../support/start-gateway.ts'

/** `catalogue` answers in process; `stock` is a real server that misbehaves as each test says. */
describeBothRoads('gateway before a faulty subgraph', () => {
  let server: Server
  let behave: (response: ServerResponse) => void = () => {}
  let stock: SubgraphTransport
  let started: StartedGateway
  const query = '{ items { id title onHand } }'
  const whole = {
    items: [
      { id: 'a', title: 'Anorak', onHand: null },
      { id: 'b', title: 'Boots', onHand: null },
    ],
  }

  async function askWhile(next: (response: ServerResponse) => void) {
    behave = next
    const answer = await ask(started.url, query)
    return { ...answer, text: JSON.stringify(answer.body) }
  }

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume()
      request.on('end', () => behave(response))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
    stock = createSubgraphClient({ name: 'stock', url, timeoutMs: 3_000 })
    started = await startGateway({
      supergraphSdl: composeRetail({ stock: url }),
      transports: new Map([...inProcessTransports([]), ['stock', stock]]),
    })
  })
  afterAll(async () => {
    await started[Symbol.asyncDispose]()
    await stock[Symbol.asyncDispose]()
    server.closeAllConnections()
    server.close()
  })

  it('answers the rest when it hangs, within the time a call may take', async () => {
    const began = performance.now()
    const { status, body } = await askWhile(() => {})
    expect(performance.now() - began).toBeLessThan(8_000)
    expect([status, body.data]).toEqual([200, whole])
    expect(codes(body)).toEqual(['UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'])
    expect(body.errors[1].path).toEqual(['items', 1, 'onHand'])
  })

  it('answers the rest when it cuts the connection', async () => {
    const { body, text } = await askWhile((response) => response.destroy())
    expect(body.data).toEqual(whole)
    expect(codes(body)).toEqual(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'])
    expect(text).not.toMatch(/127\.0\.0\.1|ECONN|socket/)
  })

  it('answers the rest when it answers garbage', async () => {
    const { body, text } = await askWhile((response) => response.end('<html>Bad gateway at 10.0.0.7</html>'))
    expect(body.data).toEqual(whole)
    expect(codes(body)).toEqual(['UPSTREAM_INVALID_RESPONSE', 'UPSTREAM_INVALID_RESPONSE'])
    expect(text).not.toContain('10.0.0.7')
  })

  it('answers the rest when it answers JSON of another shape', async () => {
    const { body } = await askWhile((response) => json(response, { data: { _entities: 'none' } }))
    expect(body.data).toEqual(whole)
    expect(codes(body)).toEqual(['UPSTREAM_INVALID_RESPONSE', 'UPSTREAM_INVALID_RESPONSE'])
  })

  it('passes neither stack, address nor unknown text of its errors', async () => {
    const { body, text } = await askWhile((response) =>
      json(response, {
        data: null,
        errors: [
          {
            message: 'getaddrinfo ENOTFOUND wms.internal',
            extensions: { stacktrace: ['at wms.ts:1'], serviceName: 'wms', exception: { stacktrace: ['x'] } },
          },
        ],
      }),
    )
    expect(body.data).toEqual(whole)
    expect(codes(body)).toEqual(['INTERNAL', 'INTERNAL'])
    expect(text).not.toMatch(/wms|stacktrace|exception|ENOTFOUND/)
    expect(started.internal.map((error) => JSON.stringify(error)).join()).toContain('wms.internal')
  })

  it('passes the code and text of an error that is ours', async () => {
    const { body } = await askWhile((response) =>
      json(response, {
        data: { _entities: [{ onHand: 1 }, { onHand: null }] },
        errors: [
          {
            message: 'Cannot read stock: not yours',
            path: ['_entities', 1, 'onHand'],
            extensions: { code: 'FORBIDDEN', details: { location: 'L1' } },
          },
        ],
      }),
    )
    expect(body).toMatchObject({
      data: { items: [{ onHand: 1 }, { onHand: null }] },
      errors: [
        {
          message: 'Cannot read stock: not yours',
          path: ['items', 1, 'onHand'],
          extensions: { code: 'FORBIDDEN', status: 403, details: { location: 'L1' } },
        },
      ],
    })
  })

  it('answers what does not need it while it hangs', async () => {
    behave = () => {}
    const slow = ask(started.url, query)
    const quick = await ask(started.url, '{ now }')
    expect(quick.body).toEqual({ data: { now: '2026-10-01T09:30:00.000Z' } })
    expect((await slow).body.data).toEqual(whole)
  })
})

function codes(body: { readonly errors: readonly { readonly extensions: { readonly code: string } }[] }): unknown[] {
  return body.errors.map(({ extensions }) => extensions.code)
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(value))
}
