import type { GraphQLSchema } from 'graphql'
import { createSubgraphClient } from '../gateway/subgraph-client.ts'
import type { Config } from '../platform/config.ts'
import type { ViewerCodec } from '../platform/identity/viewer-header.ts'
import type { Closer } from '../platform/lifecycle.ts'
import { type HostableSubgraph, hostSubgraph } from '../platform/subgraph/host.ts'
import { createInProcessTransport } from '../platform/subgraph/in-process.ts'
import { subgraphNames } from '../platform/subgraph/subgraph.ts'
import type { SubgraphTransport } from '../platform/subgraph/transport.ts'
import type { Log } from '../platform/telemetry/log.ts'
import { guardSchema } from '../policies/guard-schema.ts'
import { guards } from '../policies/guards.ts'
import { policies } from '../policies/index.ts'

/** The policies before a subgraph's resolvers. */
export function guardsOf(name: string): (schema: GraphQLSchema) => GraphQLSchema {
  const own = guards[name]
  return (schema) => (own === undefined ? schema : guardSchema(schema, own, policies))
}

/** The way to each subgraph: in this process, or over HTTP to where the configuration says it runs. */
export function openTransports(
  subgraphs: readonly HostableSubgraph[],
  { config, viewerCodec, closer, log }: { config: Config; viewerCodec: ViewerCodec; closer: Closer; log: Log },
): ReadonlyMap<string, SubgraphTransport> {
  const timeoutMs = config.server.subgraphDeadlineMs
  return new Map(
    subgraphs.map((subgraph) => {
      const name = subgraphNames.find((candidate) => candidate === subgraph.name)
      const url = name === undefined ? undefined : config.subgraphUrls[name]
      const transport =
        url === undefined
          ? createInProcessTransport(
              hostSubgraph(subgraph, {
                viewerCodec,
                transformSchema: guardsOf(subgraph.name),
                onInternal: (error, call) => log.error('A subgraph failed', { error, ...call }),
              }),
              { timeoutMs },
            )
          : createSubgraphClient({ name: subgraph.name, url, timeoutMs })
      return [subgraph.name, closer.add(transport, { name: `subgraph ${subgraph.name}` })]
    }),
  )
}
