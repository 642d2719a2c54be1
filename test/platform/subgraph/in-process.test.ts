import { describe, expect, it } from 'vitest'
import type { HostableSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import type { SubgraphCall } from '../../../platform/subgraph/subgraph.ts'
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

  it('tells so too whoever asks for the signal only after the deadline', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const seen: boolean[] = []
    const slow: HostableSubgraph = {
      ...catalogue,
      typeDefs: 'type Query { slow: Boolean }',
      resolvers: {
        Query: {
          async slow(_: unknown, __: unknown, { signal }: SubgraphCall) {
            await gate
            seen.push(signal().aborted)
          },
        },
      },
    }
    const transport = createInProcessTransport(host(slow), { timeoutMs: 30 })
    await expect(transport.call({ ...request, query: '{ slow }' })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    open()
    await expect.poll(() => seen).toEqual([true])
  })

  it('refuses calls once it is closed', async () => {
    const transport = createInProcessTransport(host(catalogue), { timeoutMs: 3_000 })
    await transport[Symbol.asyncDispose]()
    await expect(transport.call({ ...request, query: '{ now }' })).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    })
  })
})
