import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { meros } from 'meros/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BareGateway, startBareGateway } from '../../gateway/bare.ts'
import { createSubgraphClient } from '../../gateway/subgraph-client.ts'
import type { SwapOutcome } from '../../gateway/supergraph.ts'
import { serveSubgraph } from '../../platform/subgraph/http-server.ts'
import { apolloAccept, type Payload } from '../support/read-parts.ts'
import { catalogue, composeRetail, host } from '../support/retail-subgraphs.ts'
import { ask } from '../support/start-gateway.ts'

describe('bare gateway', () => {
  let folder: string
  const options = {
    port: 0,
    createTransport: ({ name, url }: { name: string; url: string }) =>
      createSubgraphClient({ name, url, timeoutMs: 3_000 }),
    onInternal: () => {},
    onSwap: () => {},
  }
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storeloom-bare-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('starts and answers though no subgraph is there, on /graphql and on /', async () => {
    await using bare = await startBareGateway({ ...options, supergraphFile: await write('a.graphql', composeRetail()) })
    expect(new URL(bare.url).hostname).toBe('127.0.0.1')
    expect((await ask(bare.url, '{ __typename }')).body).toEqual({ data: { __typename: 'Query' } })
    const root = await fetch(bare.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ shelves __typename }"}',
    })
    expect(await root.json()).toMatchObject({ data: null, errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] })
  })

  it('tells the first part of an answer while a subgraph still owes what is deferred', async () => {
    const held: ServerResponse[] = []
    const own = createServer((request, response) => {
      request.resume()
      held.push(response)
    })
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
    await using served = await serveSubgraph(host(catalogue), {
      host: '127.0.0.1',
      port: 0,
      bodyLimitBytes: 100_000,
      notReadyBecause: async () => null,
      onInternal: () => {},
    })
    const sdl = composeRetail({
      catalogue: `${served.url}/graphql`,
      stock: `http://127.0.0.1:${(own.address() as AddressInfo).port}/graphql`,
    })
    await using bare = await startBareGateway({ ...options, supergraphFile: await write('deferred.graphql', sdl) })
    const response = await fetch(`${bare.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: apolloAccept },
      body: JSON.stringify({ query: '{ item(id: "a") { title ... @defer { onHand } } }' }),
    })
    const parts = await meros<Payload>(response)
    if (parts instanceof Response) throw new TypeError('Not in parts')
    expect((await parts.next()).value?.body).toEqual({ data: { item: { title: 'Anorak' } }, hasNext: true })
    await expect.poll(() => held.length).toBe(1)
    held[0]?.setHeader('content-type', 'application/json').end('{"data":{"_entities":[{"onHand":5}]}}')
    const incremental = [{ data: { onHand: 5 }, path: ['item'] }]
    expect((await parts.next()).value?.body).toEqual({ incremental, hasNext: false })
    own.close()
  })

  it('reaches the subgraphs at the addresses in the supergraph and passes on their own errors', async () => {
    const own = createServer((request, response) => {
      request.resume()
      response.setHeader('content-type', 'application/json')
      response.end('{"data":{"shelves":null},"errors":[{"message":"no shelf","extensions":{"code":"SHELF"}}]}')
    })
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
    await using served = await serveSubgraph(host(catalogue), {
      host: '127.0.0.1',
      port: 0,
      bodyLimitBytes: 100_000,
      notReadyBecause: async () => null,
      onInternal: () => {},
    })
    const sdl = composeRetail({
      catalogue: `${served.url}/graphql`,
      stock: `http://127.0.0.1:${(own.address() as AddressInfo).port}/graphql`,
    })
    await using bare = await startBareGateway({ ...options, supergraphFile: await write('b.graphql', sdl) })
    expect((await ask(bare.url, '{ item(id: "a") { title } who }')).body).toEqual({
      data: { item: { title: 'Anorak' }, who: 'anonymous of test' },
    })
    expect((await ask(bare.url, '{ shelves }')).body).toMatchObject({
      data: null,
      errors: [{ message: 'no shelf', extensions: { code: 'SHELF' } }, {}],
    })
    own.closeAllConnections()
    own.close()
  })

  it('tells the subgraphs who asks as they said it, and never joins two of them', async () => {
    const seen: (string | undefined)[] = []
    const own = createServer((request, response) => {
      request.resume()
      seen.push(request.headers.authorization)
      response.setHeader('content-type', 'application/json')
      response.end('{"data":{"shelves":["A"]}}')
    })
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}/graphql`
    const supergraphFile = await write('who.graphql', composeRetail({ catalogue: url, stock: url }))
    await using bare = await startBareGateway({ ...options, supergraphFile })
    const asked = ['Bearer a', 'Bearer b', 'Bearer c']
    await Promise.all(
      asked.map((authorization) =>
        fetch(`${bare.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization },
          body: '{"query":"{ shelves }"}',
        }),
      ),
    )
    expect(seen.sort()).toEqual(asked)
    own.close()
    own.closeAllConnections()
  })

  it('takes a changed file into service, over the addresses in it, and refuses a wrong one', async () => {
    const own = createServer((request, response) => {
      request.resume()
      response.setHeader('content-type', 'application/json').end('{"data":{"shelves":["new"]}}')
    })
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
    const supergraphFile = await write('followed.graphql', composeRetail())
    const outcomes: SwapOutcome[] = []
    await using bare = await startBareGateway({
      ...options,
      supergraphFile,
      pollMs: 10,
      onSwap: (outcome) => outcomes.push(outcome),
    })
    expect((await ask(bare.url, '{ shelves }')).body).toMatchObject({ data: null })
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}/graphql`
    await write('followed.graphql', composeRetail({ stock: url }))
    await expect.poll(() => outcomes.at(-1)?.kind, { timeout: 10_000 }).toBe('serving')
    expect((await ask(bare.url, '{ shelves }')).body).toEqual({ data: { shelves: ['new'] } })

    await write('followed.graphql', 'type Query { wrong: Int }')
    const refusal = { kind: 'refused', reason: expect.stringContaining('it has no enum join__Graph') }
    await expect.poll(() => outcomes.at(-1), { timeout: 10_000 }).toEqual(refusal)
    expect((await ask(bare.url, '{ shelves }')).body).toEqual({ data: { shelves: ['new'] } })
    own.close()
    own.closeAllConnections()
  })

  it('is closed within 3 s though a request hangs', async () => {
    const silent = createServer((request) => request.resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/graphql`
    const bare = await startBareGateway({
      ...options,
      supergraphFile: await write('c.graphql', composeRetail({ catalogue: url })),
    })
    const hanging = ask(bare.url, '{ now }').catch((error: unknown) => error)
    await expect.poll(() => new Promise((resolve) => silent.getConnections((_, count) => resolve(count)))).toBe(1)
    const began = performance.now()
    await bare[Symbol.asyncDispose]()
    expect(performance.now() - began).toBeLessThan(3_000)
    await hanging
    silent.closeAllConnections()
    silent.close()
  })

  it('says what is wrong with the file or the port', async () => {
    const start = async (supergraphFile: string, port = 0): Promise<BareGateway> =>
      startBareGateway({ ...options, port, supergraphFile })
    await expect(start('nowhere.graphql')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'Cannot read the supergraph: nowhere.graphql is not a file that can be read',
    })
    await expect(start(await write('d.graphql', 'type Query {'))).rejects.toThrow('it is not GraphQL SDL')
    await expect(start(await write('e.graphql', 'type Query { a: Int }'))).rejects.toThrow('it has no enum join__Graph')
    await using bare = await start(await write('f.graphql', composeRetail()))
    const port = Number(new URL(bare.url).port)
    await expect(start(join(folder, 'f.graphql'), port)).rejects.toThrow(`Cannot listen on port ${port}`)
  })
})
