import type { Clock } from '../../platform/clock.ts'
import type { HostableSubgraph } from '../../platform/subgraph/host.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import { readSubgraphSdl } from '../../schema/load.ts'
import type { VersionCalendar } from '../versions/calendar.ts'
import { isDeprecatedIn, type Lifecycles } from '../versions/lifecycle.ts'
import type { UsageStore } from './usage-store.ts'

export type GatewaySubgraphDeps = {
  readonly lifecycles: Lifecycles
  readonly calendar: VersionCalendar
  readonly clock: Clock
  readonly usage: UsageStore
}

/** What a client may ask about itself: the one part of the graph that the gateway answers on its own. */
export function createGatewaySubgraph({ lifecycles, calendar, clock, usage }: GatewaySubgraphDeps): HostableSubgraph {
  async function myDeprecations(_parent: unknown, _args: unknown, { viewer: { tenant, clientId } }: SubgraphCall) {
    const newest = calendar.newest(clock()).name
    const deprecated = new Map([...lifecycles].filter(([, lifecycle]) => isDeprecatedIn(lifecycle, newest)))
    if (deprecated.size === 0) return []
    const entries = await usage.read({ tenant, clientId, coordinates: [...deprecated.keys()] })
    return entries.map(({ coordinate, version, uses, lastSeenAt }) => {
      const lifecycle = deprecated.get(coordinate)
      return {
        coordinate,
        version,
        deprecatedIn: lifecycle?.deprecated,
        removedIn: lifecycle?.removed ?? null,
        replacement: lifecycle?.replacement ?? null,
        uses: Math.min(uses, maxInt),
        lastSeenAt,
        sunsetAt: calendar.find(version)?.sunsetAt ?? null,
      }
    })
  }

  return {
    name: 'gateway',
    typeDefs: readSubgraphSdl('gateway'),
    resolvers: { Query: { myDeprecations } },
    createContext: (call) => call,
  }
}

/** Largest Int of GraphQL. */
const maxInt = 2_147_483_647
