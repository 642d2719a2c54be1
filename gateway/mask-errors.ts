import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { AppError, isErrorCode } from '../platform/errors/app-error.ts'
import { formatGraphQLError, fromFormattedError } from '../platform/errors/graphql-error.ts'
import { toProblem } from '../platform/errors/problem.ts'

type Asked = { readonly correlationId: string; readonly request: { readonly path: string } }

/** What a client sees of an error; what really happened goes to the log. */
export type FormatError = (error: unknown, exchange: Asked) => GraphQLFormattedError

export type MaskOptions = {
  readonly onInternal: (error: unknown, facts: { readonly correlationId: string }) => void
  /**
   * What becomes of an error of a subgraph that carries none of our codes. Our own subgraphs never send one, so
   * `mask` it; before subgraphs of others `pass` its text and code: their errors are meant for their clients.
   */
  readonly foreignErrors: 'mask' | 'pass'
}

/** No stack trace, no address and no text of an unknown error passes. */
export function createFormatError(options: MaskOptions): FormatError {
  return (error, { correlationId, request }) => {
    const context = { correlationId, instance: request.path }
    const onInternal = (cause: unknown) => options.onInternal(cause, { correlationId })
    const told = fromSubgraph(error)
    if (told === null) return formatGraphQLError(error, { ...context, onInternal })
    const { code, type } = told.extensions ?? {}
    if (options.foreignErrors === 'pass' && (code === 'INTERNAL' || !isErrorCode(code))) return passOn(told)
    // With a problem type it comes from one of our subgraphs, which has logged it where it arose and made its text safe.
    const isUnknown = type === undefined && (code === 'INTERNAL' || !isErrorCode(code))
    if (isUnknown) onInternal(error)
    const known = isUnknown ? new AppError('INTERNAL', 'Internal error') : fromFormattedError(told)
    return {
      message: known.message,
      ...placeOf(told),
      extensions: { ...toProblem(known, context) },
    }
  }
}

/** An error as a subgraph wrote it, which may carry our own problem members. null: it arose here. */
function fromSubgraph(error: unknown): GraphQLFormattedError | null {
  if (error instanceof GraphQLError) {
    // graphql-js wraps what was thrown here in `originalError`, and marks what it finds itself with nodes.
    const { message, path, extensions } = error
    return error.originalError == null && error.nodes === undefined && path !== undefined
      ? { message, path, extensions }
      : null
  }
  if (typeof error !== 'object' || error === null || error instanceof Error) return null
  const { message, path, extensions } = error as Partial<GraphQLFormattedError>
  if (typeof message !== 'string') return null
  return { message, ...(path === undefined ? {} : { path }), ...(extensions === undefined ? {} : { extensions }) }
}

function passOn(told: GraphQLFormattedError): GraphQLFormattedError {
  const { code } = told.extensions ?? {}
  return {
    message: told.message.slice(0, 500),
    ...placeOf(told),
    extensions: { code: typeof code === 'string' && code !== 'INTERNAL' ? code : 'DOWNSTREAM_SERVICE_ERROR' },
  }
}

function placeOf({ path }: GraphQLFormattedError): { readonly path?: readonly (string | number)[] } {
  return path === undefined ? {} : { path }
}

/** Turns whatever a stage threw into a refusal. */
export function refuse(error: unknown, exchange: Asked, format: FormatError) {
  return { errors: [format(error instanceof GraphQLError ? error : AppError.from(error), exchange)] }
}
