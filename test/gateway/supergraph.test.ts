import { buildSchema } from 'graphql'
import { expect, it } from 'vitest'
import { defaultQueryLimits } from '../../gateway/limits/index.ts'
import { createOperationStore } from '../../gateway/operations.ts'
import { holdSupergraph, type LoadSupergraph } from '../../gateway/supergraph.ts'
import { readSupergraphRules } from '../../gateway/supergraph-rules.ts'
import { createInProcessTransport } from '../../platform/subgraph/in-process.ts'
import { describeBothRoads } from '../support/both-roads.ts'
import { catalogue, composeRetail, host, stock } from '../support/retail-subgraphs.ts'
import { ask, startGateway } from '../support/start-gateway.ts'

const next = composeRetail({}, [
  {
    ...catalogue,
    typeDefs: catalogue.typeDefs.replace('now: DateTime', 'now: DateTime fresh: String').replace('refused: String', ''),
    resolvers: {},
  },
  stock,
])

describeBothRoads('swap of the supergraph', () => {
  it('loses no request and mixes no schemas under load', async () => {
    await using started = await startGateway()
    let stopped = false
    const failures: unknown[] = []
    let answers = 0
    const client = async () => {
      while (!stopped) {
        const { status, body } = await ask(started.url, '{ items { id title onHand } }')
        answers += 1
        if (status !== 200 || body.errors !== undefined || body.data.items[0].onHand !== 7) failures.push(body)
      }
    }
    const clients = [client(), client(), client(), client()]
    const before = composeRetail()
    for (let round = 0; round < 6; round++) {
      const outcome = await started.gateway.swapSupergraph(round % 2 === 0 ? next : before)
      expect(outcome.kind).toBe('serving')
      const seen = answers
      await expect.poll(() => answers, { timeout: 10_000 }).toBeGreaterThan(seen + 8)
    }
    stopped = true
    await Promise.all(clients)
    expect(failures).toEqual([])
  })

  it('serves the new schema to requests that begin after it', async () => {
    await using started = await startGateway()
    expect((await ask(started.url, '{ fresh }')).body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
    await started.gateway.swapSupergraph(next)
    expect((await ask(started.url, '{ fresh: __typename }')).body).toEqual({ data: { fresh: 'Query' } })
    expect((await ask(started.url, '{ refused }')).body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  it('lets a request finish on the supergraph it began with', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let called = () => {}
    const reached = new Promise<void>((resolve) => {
      called = resolve
    })
    const inner = createInProcessTransport(host(catalogue), { timeoutMs: 20_000 })
    const slow = {
      ...inner,
      async call(request: Parameters<typeof inner.call>[0]) {
        called()
        await held
        return inner.call(request)
      },
    }
    const other = createInProcessTransport(host(stock), { timeoutMs: 20_000 })
    await using started = await startGateway({
      transports: new Map([
        ['catalogue', slow],
        ['stock', other],
      ]),
    })
    // `items` on the first plan, `onHand` on the second: the swap falls between them.
    const pending = ask(started.url, '{ items { id onHand } refused }')
    await reached
    expect((await started.gateway.swapSupergraph(next)).kind).toBe('serving')
    release()
    const { body } = await pending
    expect(body.data).toEqual({
      items: [
        { id: 'a', onHand: 7 },
        { id: 'b', onHand: 0 },
      ],
      refused: null,
    })
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN')
  })

  it('closes a supergraph when its last request has ended, and not before', async () => {
    const closed: string[] = []
    const load: LoadSupergraph = async (sdl, id) => ({
      id,
      apiSchema: buildSchema(sdl),
      unversioned: { name: 'unversioned', schema: buildSchema(sdl) },
      versions: new Map(),
      rules: readSupergraphRules(sdl),
      authorizer: { restrict: () => null },
      operations: createOperationStore({ limits: defaultQueryLimits }),
      ready() {},
      run: async () => ({}),
      async [Symbol.asyncDispose]() {
        closed.push(sdl)
      },
    })
    const one = 'type Query { a: Int }'
    const two = 'type Query { b: Int }'
    const holder = await holdSupergraph(one, load, () => {})
    let end = () => {}
    const pending = holder.use(
      () =>
        new Promise<void>((resolve) => {
          end = resolve
        }),
    )
    await holder.swap(two)
    expect(closed).toEqual([])
    end()
    await pending
    await expect.poll(() => closed).toEqual([one])
    await holder[Symbol.asyncDispose]()
    expect(closed).toEqual([one, two])
  })

  it('refuses a bad one with a reason and keeps the old', async () => {
    await using started = await startGateway()
    const reasons = []
    for (const sdl of [
      '',
      'type Query {',
      'type Query { a: Int }',
      composeRetail({}, [{ ...stock, name: 'unreachable' }]),
    ]) {
      const outcome = await started.gateway.swapSupergraph(sdl)
      reasons.push(outcome.kind === 'refused' ? outcome.reason : outcome.kind)
    }
    expect(reasons).toEqual([
      expect.stringContaining('Cannot serve the supergraph: Syntax Error'),
      expect.stringContaining('Cannot serve the supergraph: Syntax Error'),
      expect.stringContaining('Cannot serve the supergraph: '),
      expect.stringContaining('subgraph unreachable has no transport'),
    ])
    expect((await ask(started.url, '{ shelves }')).body).toEqual({ data: { shelves: ['A1', 'B2'] } })
  })

  it('stops the start when the first one is bad', async () => {
    await expect(startGateway({ supergraphSdl: 'type Query { a: Int }' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})
