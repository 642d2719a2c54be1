import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSubgraphClient } from '../../gateway/subgraph-client.ts'
import { type SubgraphServer, serveSubgraph } from '../../platform/subgraph/http-server.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { describeBothRoads } from '../support/both-roads.ts'
import { catalogue, host, stock } from '../support/retail-subgraphs.ts'
import { ask, type StartedGateway, startGateway } from '../support/start-gateway.ts'

describeBothRoads('subgraphs in one process and apart', () => {
  let servers: SubgraphServer[]
  let transports: SubgraphTransport[]
  let together: StartedGateway
  let apart: StartedGateway
  const header = { 'x-correlation-id': 'the-same-one' }

  beforeAll(async () => {
    const options = {
      host: '127.0.0.1',
      port: 0,
      bodyLimitBytes: 1_000_000,
      notReadyBecause: async () => null,
      onInternal: () => {},
    }
    servers = [await serveSubgraph(host(catalogue), options), await serveSubgraph(host(stock), options)]
    transports = ['catalogue', 'stock'].map((name, index) =>
      createSubgraphClient({ name, url: `${servers[index]?.url}/graphql`, timeoutMs: 3_000 }),
    )
    const viewer = { kind: 'service', tenant: 'acme', clientId: 'erp', scopes: [], system: 'erp' } as const
    together = await startGateway({ identify: () => viewer })
    apart = await startGateway({
      identify: () => viewer,
      transports: new Map(transports.map((transport) => [transport.name, transport])),
    })
  })
  afterAll(async () => {
    await together[Symbol.asyncDispose]()
    await apart[Symbol.asyncDispose]()
    for (const opened of [...transports, ...servers]) await opened[Symbol.asyncDispose]()
  })

  async function both(query: string, variables?: Readonly<Record<string, unknown>>) {
    const [one, two] = [
      await ask(together.url, query, variables, header),
      await ask(apart.url, query, variables, header),
    ]
    return { together: [one.status, one.body], apart: [two.status, two.body], data: one.body.data }
  }

  it('give the same data', async () => {
    const answers = await both('query($id: ID!) { item(id: $id) { title size onHand } items { onHand } who now }', {
      id: 'a',
    })
    expect(answers.apart).toEqual(answers.together)
    expect(answers.data).toMatchObject({ item: { onHand: 7 }, who: 'service of acme' })
  })

  it('give the same errors at the same places', async () => {
    const answers = await both('{ items { id restock } refused broken gtin(value: "4006381333931") }')
    expect(answers.apart).toEqual(answers.together)
    expect(answers.data).toMatchObject({ items: [{ restock: 'tomorrow' }, { restock: null }], refused: null })
  })

  it('run mutations alike', async () => {
    const answers = await both('mutation { rename(id: "b", title: "Wellies") { title onHand } }')
    expect(answers.apart).toEqual(answers.together)
    expect(answers.data).toEqual({ rename: { title: 'Wellies', onHand: 0 } })
  })
})
