import type { Exchange, GraphQLResult } from '../exchange.ts'
import type { FormatError } from '../mask-errors.ts'
import type { Stage } from '../pipeline.ts'
import { ResultData } from '../result-data.ts'
import type { Restricted } from './authorizer.ts'

/** Takes out of the operation what the viewer may not have, and tells so in the answer. Nothing of it is planned, priced or fetched. */
export function createAuthorizeStage({ format }: { readonly format: FormatError }): Stage {
  return {
    name: 'authorize',
    handle(exchange, next) {
      const { operation, supergraph, viewer } = exchange
      if (operation === null) throw new TypeError('Cannot authorize the request: no operation was parsed')
      const restricted = supergraph.authorizer.restrict(operation, viewer)
      if (restricted === null) return next(exchange)
      if (restricted.operation === null)
        return Promise.resolve(complete({ data: ResultData.of({}) }, restricted, exchange, format))
      exchange.operation = restricted.operation
      // Parts would lack what is denied: the answer is told whole.
      exchange.takeParts = null
      return next(exchange).then((result) => complete(result, restricted, exchange, format))
    },
  }
}

function complete(
  result: GraphQLResult,
  restricted: Restricted,
  exchange: Exchange,
  format: FormatError,
): GraphQLResult {
  const pruned = result.data?.value
  if (pruned == null) return result
  const { data: filled, errors } = restricted.complete(pruned, exchange.request.variables ?? {})
  const data = ResultData.of(filled)
  if (errors.length === 0) return { ...result, data }
  const denied = errors.map(({ error, path }) => ({ ...format(error, exchange), path }))
  return { ...result, errors: [...(result.errors ?? []), ...denied], data }
}
