import { AppError } from '../platform/errors/app-error.ts'
import type { Exchange, GraphQLResult } from './exchange.ts'
import type { Executor } from './executor-port.ts'
import type { FormatError } from './mask-errors.ts'
import type { Stage } from './pipeline.ts'

export function createExecuteStage(): Stage {
  return {
    name: 'execute',
    handle(exchange) {
      const { operation, request, supergraph } = exchange
      if (operation?.kind === 'subscription' && request.subscribe !== undefined) return request.subscribe(exchange)
      return supergraph.run(exchange)
    },
  }
}

/** What every call to a subgraph carries; lower-case names. There is no request where the gateway asks by itself. */
export type SubgraphHeaders = (
  asked: Pick<Exchange, 'viewer' | 'correlationId' | 'traceparent'> & Partial<Pick<Exchange, 'request'>>,
) => Readonly<Record<string, string>>

/** The end of both roads, Apollo Server's and the short one. */
export async function runOperation(
  executor: Executor,
  exchange: Exchange,
  deps: { readonly subgraphHeaders: SubgraphHeaders; readonly format: FormatError },
): Promise<GraphQLResult> {
  const { operation, request, signal } = exchange
  if (operation === null) throw new AppError('INTERNAL', 'Cannot execute: no operation was parsed')
  const { data, errors, extensions } = await executor.execute({
    operation,
    schema: exchange.version.schema,
    variables: request.variables ?? {},
    headers: deps.subgraphHeaders(exchange),
    signal,
  })
  return {
    ...(errors === undefined || errors.length === 0
      ? {}
      : { errors: errors.map((error) => deps.format(error, exchange)) }),
    ...(data === undefined ? {} : { data }),
    ...(extensions === undefined ? {} : { extensions }),
  }
}
