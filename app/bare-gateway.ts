import { type BareGateway, startBareGateway } from '../gateway/bare.ts'
import { createSubgraphClient } from '../gateway/subgraph-client.ts'
import type { Log } from '../platform/telemetry/log.ts'

/** A gateway for any supergraph, over HTTP, with the same deadlines as the product's own. */
export function openBareGateway(
  options: { readonly supergraphFile: string; readonly port: number },
  log: Log,
): Promise<BareGateway> {
  return startBareGateway({
    ...options,
    createTransport: ({ name, url }) => createSubgraphClient({ name, url, timeoutMs: 3_000 }),
    onSwap(outcome) {
      if (outcome.kind === 'serving') log.info('The supergraph file has changed and is in service')
      else log.error('The supergraph file has changed and is refused; the old one goes on', { reason: outcome.reason })
    },
    onInternal: (error, facts) => log.error('A request failed', { error, ...facts }),
  })
}
