import type { GraphQLFormattedError } from 'graphql'
import { AppError } from '../platform/errors/app-error.ts'
import type { EntityCache, Tally } from './entity-cache/entity-cache.ts'
import type { Exchange, GraphQLResult, TakeParts } from './exchange.ts'
import type { Executor, ExecutorCall } from './executor-port.ts'
import type { FormatError } from './mask-errors.ts'
import type { Stage } from './pipeline.ts'
import { ResultData } from './result-data.ts'

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

export type RunDeps = {
  readonly subgraphHeaders: SubgraphHeaders
  readonly format: FormatError
  /** Null: nothing is kept between requests. */
  readonly entityCache: EntityCache | null
}

/** The end of both roads, Apollo Server's and the short one. */
export async function runOperation(executor: Executor, exchange: Exchange, deps: RunDeps): Promise<GraphQLResult> {
  const { operation, request, signal } = exchange
  if (operation === null) throw new AppError('INTERNAL', 'Cannot execute: no operation was parsed')
  const plain: Format = (error) => deps.format(error, exchange)
  const format = exchange.takeParts === null ? plain : formatOnce(plain)
  // What a mutation answers is told by whoever made the change, before any event is.
  const tally: Tally = {}
  const kept = operation.kind === 'query' ? deps.entityCache?.for(exchange.viewer, tally) : undefined
  const {
    data,
    errors,
    extensions: own,
  } = await executor.execute({
    operation,
    schema: exchange.version.schema,
    variables: request.variables ?? {},
    headers: deps.subgraphHeaders(exchange),
    signal,
    takeParts: exchange.takeParts && formatParts(exchange.takeParts, exchange.answerHeaders, format),
    kept,
  })
  const isTold = kept !== undefined && request.extensions?.entityCache === true
  const extensions = isTold ? { ...own, entityCache: tally } : own
  // The commonest by far, as one literal: see docs/decisions/012-executor-text.md.
  if (data !== undefined && extensions === undefined && (errors === undefined || errors.length === 0)) return { data }
  return {
    ...formatAll(errors, format),
    ...(data === undefined ? {} : { data }),
    ...(extensions === undefined ? {} : { extensions }),
  }
}

type Format = (error: unknown) => GraphQLFormattedError

/** What is told in a part and again in the whole is logged once. */
function formatOnce(format: Format): Format {
  const known = new Map<unknown, GraphQLFormattedError>()
  return (error) => {
    const formatted = known.get(error) ?? format(error)
    known.set(error, formatted)
    return formatted
  }
}

function formatAll(errors: readonly unknown[] | undefined, format: Format): Pick<GraphQLResult, 'errors'> {
  return errors === undefined || errors.length === 0 ? {} : { errors: errors.map(format) }
}

function formatParts(take: TakeParts, headers: Exchange['answerHeaders'], format: Format): ExecutorCall['takeParts'] {
  return {
    initial: ({ data, errors }) => take.initial({ data: ResultData.of(data), ...formatAll(errors, format) }, headers),
    later: (parts, isLast) =>
      take.later(
        parts.map(({ data, path, label, errors }) => ({
          data,
          path,
          ...(label === undefined ? {} : { label }),
          ...formatAll(errors, format),
        })),
        isLast,
      ),
  }
}
