import { durationBuckets, type Metrics } from '../platform/telemetry/metrics.ts'
import type { Exchange, GraphQLResult } from './exchange.ts'

/** Told what the gateway did. */
export type GatewayObserver = {
  answered(facts: { readonly exchange: Exchange; readonly result: GraphQLResult; readonly durationMs: number }): void
}

export const silentObserver: GatewayObserver = { answered() {} }

/** Counts requests by kind and outcome: `ok`, `partial` (data and errors) or the code that refused it. */
export function createGatewayMetrics(metrics: Metrics): GatewayObserver {
  const observeDuration = metrics.histogram({
    name: 'gateway_request_duration_seconds',
    help: 'Time from receiving a GraphQL request to its answer',
    labels: ['kind', 'outcome'],
    buckets: durationBuckets,
  })
  const countError = metrics.counter({
    name: 'gateway_errors_total',
    help: 'Errors told to clients, by code',
    labels: ['code'],
  })
  return {
    answered({ exchange, result, durationMs }) {
      const kind = exchange.operation?.kind ?? 'none'
      observeDuration({ kind, outcome: outcomeOf(result) }, durationMs / 1_000)
      for (const error of result.errors ?? []) countError({ code: codeOf(error.extensions) })
    },
  }
}

function outcomeOf({ data, errors }: GraphQLResult): string {
  if (errors === undefined || errors.length === 0) return 'ok'
  return data === undefined ? codeOf(errors[0]?.extensions) : 'partial'
}

/** Codes of foreign subgraphs are unbounded, label values must not be. */
function codeOf(extensions: Readonly<Record<string, unknown>> | undefined): string {
  const { code, type } = extensions ?? {}
  return typeof code === 'string' && typeof type === 'string' ? code : 'FOREIGN'
}
