import { describe, expect, it } from 'vitest'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import { describeSubgraphTransport } from '../../contracts/subgraph.ts'
import { catalogue, host } from '../../support/retail-subgraphs.ts'

describeSubgraphTransport('in process', async () => {
  const transport = createInProcessTransport(host(catalogue), { timeoutMs: 3_000 })
  return { transport, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() }
})

describe('in-process transport', () => {
  const request = { kind: 'query', headers: {}, signal: new AbortController().signal } as const

  it('gives up at its deadline and tells the resolvers so', async () => {
    const internal: unknown[] = []
    const transport = createInProcessTransport(host(catalogue, internal), { timeoutMs: 30 })
    await expect(transport.call({ ...request, query: '{ hangs }' })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    await expect.poll(() => internal.map(String)).toEqual([expect.stringContaining('given up')])
  })

  it('refuses calls once it is closed', async () => {
    const transport = createInProcessTransport(host(catalogue), { timeoutMs: 3_000 })
    await transport[Symbol.asyncDispose]()
    await expect(transport.call({ ...request, query: '{ now }' })).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    })
  })
})
