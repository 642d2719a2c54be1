import { AppError } from '../platform/errors/app-error.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import type { Exchange, GraphQLResult } from './exchange.ts'
import type { FormatError } from './mask-errors.ts'
import type { DocumentError } from './operations.ts'
import type { PersistedOperations } from './persisted/persisted-operations.ts'
import type { Stage } from './pipeline.ts'

export type ParseStageDeps = {
  readonly format: FormatError
  readonly persisted: PersistedOperations
  /** Whether a viewer may ask what the schema is. */
  readonly mayIntrospect: (viewer: Viewer) => boolean
}

/** Text to operation: known ones come from the supergraph's own store without being parsed again. */
export function createParseStage({ format, persisted, mayIntrospect }: ParseStageDeps): Stage {
  return {
    name: 'parse',
    handle(exchange, next) {
      const { request, supergraph } = exchange
      const text = persisted.textOf(request, exchange.viewer)
      const found = supergraph.operations.find(text, request.operationName, exchange.version.schema)
      if (found.kind === 'refused') return Promise.resolve(refusal(found.errors, exchange, format))
      const { operation } = found
      persisted.keep(request, text)
      if (operation.kind === 'subscription' && request.subscribe === undefined) {
        throw new AppError(
          'BAD_REQUEST',
          'Cannot run a subscription here: ask by WebSocket, or accept text/event-stream or multipart/mixed;subscriptionSpec=1.0',
        )
      }
      if (operation.kind === 'mutation' && !request.mayMutate) {
        exchange.answerHeaders.allow = 'POST'
        throw new AppError('METHOD_NOT_ALLOWED', 'Cannot run a mutation by GET: allowed is POST')
      }
      if (operation.introspects && !mayIntrospect(exchange.viewer)) {
        throw new AppError('FORBIDDEN', 'Cannot tell the schema: allowed to clients that are signed in')
      }
      exchange.operation = operation
      return next(exchange)
    },
  }
}

function refusal(errors: readonly DocumentError[], exchange: Exchange, format: FormatError): GraphQLResult {
  return {
    errors: errors.map(({ code, message, locations, details }) => {
      const error = new AppError(code, message, details === undefined ? {} : { details })
      return { ...format(error, exchange), ...(locations === undefined ? {} : { locations }) }
    }),
  }
}
