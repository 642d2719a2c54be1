import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readJoinGraph } from '../../../gateway/join-graph.ts'
import { readSupergraphRules } from '../../../gateway/supergraph-rules.ts'
import { createGatewaySubgraph } from '../../../gateway/usage/gateway-subgraph.ts'
import { createPostgresUsageStore, usageMigrations } from '../../../gateway/usage/postgres.ts'
import { createUsageRecorder } from '../../../gateway/usage/usage-recorder.ts'
import { assetPath } from '../../../platform/assets.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import type { SubgraphTransport } from '../../../platform/subgraph/transport.ts'
import { describeBothRoads } from '../../support/both-roads.ts'
import { clientOf, governed, testCalendar, testNow } from '../../support/governed-gateway.ts'
import { openMigratedDatabase, type TestDatabase } from '../../support/postgres.ts'
import { host } from '../../support/retail-subgraphs.ts'
import { ask, startGateway } from '../../support/start-gateway.ts'

const empty = (name: string): SubgraphTransport => ({
  name,
  call: async () => ({ data: {} }),
  async [Symbol.asyncDispose]() {},
})

describeBothRoads('myDeprecations', () => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await openMigratedDatabase(usageMigrations())
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  it('lists what the client itself still uses, over the real graph, and nobody else', async () => {
    const store = createPostgresUsageStore(opened.database)
    const supergraphSdl = readFileSync(assetPath('schema/supergraph.graphql'), 'utf8')
    await using usage = createUsageRecorder({
      store,
      clock: () => testNow,
      onFailure: () => {},
      flushIntervalMs: 60_000,
    })
    const { lifecycles } = readSupergraphRules(supergraphSdl)
    const own = createGatewaySubgraph({ lifecycles, calendar: testCalendar, clock: () => testNow, usage: store })
    const { versions, ...rest } = governed()
    await using started = await startGateway({
      supergraphSdl,
      transports: new Map([
        ...[...readJoinGraph(supergraphSdl).keys()].map((name) => [name, empty(name)] as const),
        ['gateway', createInProcessTransport(host(own), { timeoutMs: 5_000 })],
      ]),
      identify: ({ headers }) => clientOf(headers['x-client'] ?? 'none'),
      governance: { ...rest, ...(versions === undefined ? {} : { versions: { ...versions, usage } }) },
    })
    const as = (client: string, query: string) => ask(started.url, query, {}, { 'x-client': client })
    const query =
      '{ myDeprecations { coordinate version deprecatedIn removedIn replacement uses lastSeenAt sunsetAt } }'
    const stock = '{ availability(channelId: "web", items: [{ sku: "a" }]) { asOf } }'

    const answer = await as('acme', stock)
    expect(answer.headers.get('deprecation')).toBe(`@${Date.UTC(2026, 9, 1, 17) / 1_000}`)
    await as('acme', stock)
    await usage.flush()
    expect((await as('acme', query)).body.data).toEqual({
      myDeprecations: [
        {
          coordinate: 'Availability.asOf',
          version: '2026-10',
          deprecatedIn: '2026-10',
          removedIn: null,
          replacement: 'Availability.provenance.asOf',
          uses: 2,
          lastSeenAt: testNow.toISOString(),
          sunsetAt: null,
        },
      ],
    })
    expect((await as('other', query)).body.data).toEqual({ myDeprecations: [] })
  })
})
