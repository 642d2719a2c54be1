import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { plainViewerCodec } from '../../platform/identity/viewer-header.ts'
import { type HostableSubgraph, hostSubgraph, type SubgraphHost } from '../../platform/subgraph/host.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import { composeSubgraphs } from '../../schema/compose.ts'

/** Two small subgraphs that share an entity, for tests of what stands around them. */

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])`

export const anonymous: Viewer = { kind: 'anonymous', tenant: 'test', clientId: 'none', scopes: [] }

const items = new Map([
  ['a', { id: 'a', title: 'Anorak', size: 3 }],
  ['b', { id: 'b', title: 'Boots', size: 42 }],
])

export const catalogue: HostableSubgraph = {
  name: 'catalogue',
  typeDefs: `${link}
    scalar GTIN
    scalar DateTime
    type Query {
      items: [Item!]!
      item(id: ID!): Item
      repeat(text: String!, times: Int = 1): String
      gtin(value: GTIN!): GTIN
      now: DateTime
      who: String
      correlation: String
      broken: String
      refused: String
      hangs: String
    }
    type Mutation { rename(id: ID!, title: String!): Item }
    type Item @key(fields: "id") { id: ID!, title: String!, size: Int }
  `,
  resolvers: {
    Query: {
      items: () => [...items.values()],
      item: (_: unknown, { id }: { id: string }) => items.get(id) ?? null,
      repeat: (_: unknown, { text, times }: { text: string; times: number }) => text.repeat(times),
      gtin: (_: unknown, { value }: { value: string }) => value,
      now: (_: unknown, __: unknown, { now }: SubgraphCall) => now,
      who: (_: unknown, __: unknown, { viewer }: SubgraphCall) => `${viewer.kind} of ${viewer.tenant}`,
      correlation: (_: unknown, __: unknown, { correlationId }: SubgraphCall) => correlationId,
      broken: () => {
        throw new Error('connect ECONNREFUSED 10.1.2.3:5432 as user erp')
      },
      refused: () => {
        throw new AppError('FORBIDDEN', 'Cannot read refused: nobody may', { details: { rule: 'none' } })
      },
      hangs: (_: unknown, __: unknown, { signal }: SubgraphCall) =>
        new Promise((_resolve, reject) => signal().addEventListener('abort', () => reject(new Error('given up')))),
    },
    Mutation: {
      rename: (_: unknown, { id, title }: { id: string; title: string }) => ({ ...items.get(id), title }),
    },
    Item: { __resolveReference: ({ id }: { id: string }) => items.get(id) ?? null },
  },
  createContext: (call) => call,
}

export const stock: HostableSubgraph = {
  name: 'stock',
  typeDefs: `${link}
    type Query { shelves: [String!]! }
    type Item @key(fields: "id") { id: ID!, onHand: Int, restock: String }
  `,
  resolvers: {
    Query: { shelves: () => ['A1', 'B2'] },
    Item: {
      __resolveReference: ({ id }: { id: string }) => ({ id, onHand: id === 'a' ? 7 : 0 }),
      restock: (item: { id: string }) => {
        if (item.id === 'b') throw new AppError('UPSTREAM_UNAVAILABLE', 'Cannot read restock: the warehouse is away')
        return 'tomorrow'
      },
    },
  },
  createContext: (call) => call,
}

export function host(subgraph: HostableSubgraph, internal: unknown[] = []): SubgraphHost {
  return hostSubgraph(subgraph, {
    viewerCodec: plainViewerCodec,
    defaultViewer: anonymous,
    onInternal: (error) => internal.push(error),
    now: () => new Date('2026-10-01T09:30:00.000Z'),
  })
}

/** @param urls where each subgraph is reached, by name */
export function composeRetail(
  urls: Readonly<Record<string, string>> = {},
  subgraphs: readonly HostableSubgraph[] = [catalogue, stock],
): string {
  const { supergraphSdl, errors } = composeSubgraphs(
    subgraphs.map(({ name, typeDefs }) => ({ name, typeDefs, url: urls[name] ?? `http://127.0.0.1:1/${name}` })),
  )
  if (supergraphSdl === null) throw new TypeError(errors.join('; '))
  return supergraphSdl
}
