import { AppError } from '../platform/errors/app-error.ts'
import type { FormatError } from './mask-errors.ts'
import type { Stage } from './pipeline.ts'

/** Text to operation: known ones come from the supergraph's own store without being parsed again. */
export function createParseStage(format: FormatError): Stage {
  return {
    name: 'parse',
    async handle(exchange, next) {
      const { query, operationName, mayMutate } = exchange.request
      const found = exchange.supergraph.operations.find(query, operationName)
      if (found.kind === 'invalid') {
        return { errors: found.errors.slice(0, maxErrors).map((error) => format(error, exchange)) }
      }
      const { operation } = found
      if (operation.kind === 'subscription') {
        throw new AppError('BAD_REQUEST', 'Cannot run a subscription here: allowed are queries and mutations')
      }
      if (operation.kind === 'mutation' && !mayMutate) {
        exchange.answerHeaders.allow = 'POST'
        throw new AppError('METHOD_NOT_ALLOWED', 'Cannot run a mutation by GET: allowed is POST')
      }
      exchange.operation = operation
      return next(exchange)
    },
  }
}

/** A hostile document can hold thousands of mistakes; the first few tell what to mend. */
const maxErrors = 20
