import type { GovernanceOptions } from '../../gateway/governance.ts'
import type { GatewayDeps } from '../../gateway/index.ts'
import { createLanes } from '../../gateway/lanes/lanes.ts'
import { type Plans, parsePlans } from '../../gateway/plans/plans.ts'
import { createMemoryRateLimiter } from '../../gateway/rate-limit/memory.ts'
import { createVersionCalendar, type VersionCalendar } from '../../gateway/versions/calendar.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { HostableSubgraph } from '../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../platform/subgraph/in-process.ts'
import { composeRetail, host } from './retail-subgraphs.ts'
import { type StartedGateway, startGateway } from './start-gateway.ts'

/** A subgraph that says everything a gateway can govern by. */
export const shop: HostableSubgraph = {
  name: 'shop',
  typeDefs: /* GraphQL */ `
    extend schema
      @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@cost", "@listSize", "@composeDirective"])
      @link(url: "https://storeloom.dev/lifecycle/v1.0", import: ["@lifecycle"])
      @link(url: "https://storeloom.dev/lane/v1.0", import: ["@lane"])
      @composeDirective(name: "@lifecycle")
      @composeDirective(name: "@lane")
    directive @lifecycle(added: String, deprecated: String, removed: String, replacement: String) on OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | ENUM_VALUE | INPUT_FIELD_DEFINITION
    directive @lane(name: String!) on FIELD_DEFINITION
    type Query {
      things(first: Int = 25): [Thing!]! @listSize(slicingArguments: ["first"]) @lane(name: "P1")
      thing(id: ID!): Thing
      exported: [Thing!]! @listSize(assumedSize: 50) @lane(name: "P3")
      dear: Int @cost(weight: 500)
      oldCount: Int @lifecycle(deprecated: "2026-10", replacement: "count")
      count(of: String @lifecycle(added: "unstable")): Int @lifecycle(added: "2026-10")
      gone: Int @lifecycle(removed: "2026-10")
      draft: Int @lifecycle(added: "unstable")
      slow(ms: Int!): Int
      nested(value: Nest): Int
    }
    type Mutation {
      reserve(id: ID!): Thing @lane(name: "P0")
    }
    input Nest { inner: Nest, list: [Nest], number: Int }
    type Thing @key(fields: "id") {
      id: ID!
      name: String
      parent: Thing
      parts(first: Int = 10): [Thing!]! @listSize(slicingArguments: ["first"])
      label: String @lifecycle(deprecated: "2026-10", replacement: "Thing.name")
    }
  `,
  resolvers: {
    Query: {
      things: (_: unknown, { first }: { first: number }) => makeThings(first),
      thing: (_: unknown, { id }: { id: string }) => makeThing(id),
      exported: () => makeThings(3),
      dear: () => 1,
      oldCount: () => 7,
      count: () => 7,
      gone: () => 0,
      draft: () => 1,
      slow: (_: unknown, { ms }: { ms: number }) => new Promise((resolve) => setTimeout(() => resolve(ms), ms)),
      nested: () => 1,
    },
    Mutation: { reserve: (_: unknown, { id }: { id: string }) => makeThing(id) },
    Thing: {
      parent: () => makeThing('parent'),
      parts: (_: unknown, { first }: { first: number }) => makeThings(Math.min(first, 2)),
    },
  },
  createContext: (call) => call,
}

const makeThing = (id: string) => ({ id, name: `Thing ${id}`, label: `Label ${id}` })
const makeThings = (count: number) => Array.from({ length: Math.max(0, count) }, (_, index) => makeThing(`t${index}`))

export const shopSdl = (subgraph: HostableSubgraph = shop): string => composeRetail({}, [subgraph])

const wide = { maximum: 100_000, restoreRate: 1_000 }

/** Plans under which nothing is refused, with whatever a test wants otherwise for everyone. */
export function widePlans(changes: Readonly<Record<string, unknown>> = {}, clients: object = {}): Plans {
  const plan = { maxCost: 50_000, buckets: { P0: wide, P1: wide, P2: wide, P3: wide }, ...changes }
  const kinds = { anonymous: 'wide', shopper: 'wide', staff: 'wide', partner: 'wide', service: 'wide' }
  return parsePlans(JSON.stringify({ plans: { wide: plan }, kinds, clients }))
}

export const testCalendar: VersionCalendar = createVersionCalendar(['2026-07', '2026-10'], {
  '2026-07': '2027-10-01T17:00:00Z',
})
export const testNow = new Date('2026-11-21T09:00:00Z')

export function governed(changes: GovernanceOptions = {}): GovernanceOptions {
  return {
    versions: {
      calendar: testCalendar,
      clock: () => testNow,
      documentationUrl: 'https://shop.example/changes',
      usage: { record() {} },
    },
    plans: widePlans(),
    limiter: createMemoryRateLimiter({ clock: () => new Date() }),
    lanes: createLanes(64),
    ...changes,
  }
}

/** A listening gateway over `shop` that governs; the viewer is whom the header `x-client` names. */
export function startGoverned(
  governance: GovernanceOptions = governed(),
  changes: Partial<GatewayDeps> = {},
  subgraph: HostableSubgraph = shop,
): Promise<StartedGateway> {
  const internal: unknown[] = []
  return startGateway({
    supergraphSdl: shopSdl(subgraph),
    transports: new Map([[subgraph.name, createInProcessTransport(host(subgraph, internal), { timeoutMs: 5_000 })]]),
    identify: ({ headers }) => clientOf(headers['x-client'] ?? 'none'),
    governance,
    ...changes,
  })
}

export const clientOf = (clientId: string): Viewer =>
  clientId === 'none'
    ? { kind: 'anonymous', tenant: 'test', clientId, scopes: [] }
    : { kind: 'partner', tenant: 'test', clientId, scopes: [], partnerId: clientId, channelIds: [] }
