import { Counter, Histogram, type Registry } from 'prom-client'
import type { Exchange, GraphQLResult } from './exchange.ts'

/** Told what the gateway did. */
export type GatewayObserver = {
  answered(facts: { readonly exchange: Exchange; readonly result: GraphQLResult; readonly durationMs: number }): void
}

export const silentObserver: GatewayObserver = { answered() {} }

/** Counts requests by kind and outcome: `ok`, `partial` (data and errors) or the code that refused it. */
export function createGatewayMetrics(registry: Registry): GatewayObserver {
  const duration = new Histogram({
    name: 'storeloom_gateway_request_duration_seconds',
    help: 'Time from receiving a GraphQL request to its answer',
    labelNames: ['kind', 'outcome'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10],
    registers: [registry],
  })
  const errors = new Counter({
    name: 'storeloom_gateway_errors_total',
    help: 'Errors told to clients, by code',
    labelNames: ['code'] as const,
    registers: [registry],
  })
  return {
    answered({ exchange, result, durationMs }) {
      const kind = exchange.operation?.kind ?? 'none'
      duration.observe({ kind, outcome: outcomeOf(result) }, durationMs / 1_000)
      for (const error of result.errors ?? []) errors.inc({ code: codeOf(error.extensions) })
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
