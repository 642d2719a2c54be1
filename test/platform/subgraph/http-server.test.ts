import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSubgraphClient } from '../../../gateway/subgraph-client.ts'
import { type SubgraphServer, serveSubgraph } from '../../../platform/subgraph/http-server.ts'
import { describeSubgraphTransport } from '../../contracts/subgraph.ts'
import { catalogue, host } from '../../support/retail-subgraphs.ts'

const options = {
  host: '127.0.0.1',
  port: 0,
  bodyLimitBytes: 10_000,
  notReadyBecause: async () => null,
  onInternal: () => {},
}

describeSubgraphTransport('HTTP', async () => {
  const server = await serveSubgraph(host(catalogue), options)
  const transport = createSubgraphClient({ name: 'catalogue', url: `${server.url}/graphql`, timeoutMs: 3_000 })
  return {
    transport,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
})

describe('subgraph over HTTP', () => {
  let server: SubgraphServer
  let reason: string | null = null
  const post = async (body: string, type = 'application/json') => {
    const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body })
    const { errors } = (await answer.json()) as { errors?: { extensions: { code: string } }[] }
    return [answer.status, errors?.[0]?.extensions.code]
  }

  beforeAll(async () => {
    server = await serveSubgraph(host(catalogue), { ...options, notReadyBecause: async () => reason })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('refuses what is no GraphQL request with a code', async () => {
    expect(await post('{')).toEqual([400, 'BAD_REQUEST'])
    expect(await post('')).toEqual([400, 'BAD_REQUEST'])
    expect(await post('[]')).toEqual([400, 'BAD_REQUEST'])
    expect(await post('{"query":1}')).toEqual([400, 'BAD_REQUEST'])
    expect(await post('{"query":"{now}","variables":[]}')).toEqual([400, 'BAD_REQUEST'])
    expect(await post('{"query":"{now}"}', 'text/plain')).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    expect(await post(`{"query":"{now}${' '.repeat(10_001)}"}`)).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  })

  it('says whether it is live and why it is not ready', async () => {
    expect(await (await fetch(`${server.url}/health/live`)).json()).toEqual({ status: 'live' })
    expect(await (await fetch(`${server.url}/health/ready`)).json()).toEqual({ status: 'ready' })
    reason = 'the first import is at 40 %'
    const answer = await fetch(`${server.url}/health/ready`)
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'not-ready', parts: [{ name: 'catalogue', ready: false, reason }] },
    ])
  })

  it('refuses to start on a taken port with a sentence', async () => {
    const port = Number(new URL(server.url).port)
    await expect(serveSubgraph(host(catalogue), { ...options, port })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `Cannot listen on port ${port}: it is taken or not allowed`,
    })
  })
})
