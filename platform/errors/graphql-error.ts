import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { AppError, type ErrorCode, isErrorCode } from './app-error.ts'
import { type ProblemContext, toProblem, truncate } from './problem.ts'

export type GraphQLErrorContext = ProblemContext & {
  /** Told what really happened when a client is shown INTERNAL; writes it to the log. */
  readonly onInternal: (error: unknown) => void
}

/**
 * What a client sees of an error that a GraphQL engine reports: message, locations and path as the engine gives
 * them, `extensions` an RFC 9457 problem. Whatever is neither an AppError nor an error GraphQL itself defines
 * becomes INTERNAL. Never a stack trace.
 */
export function formatGraphQLError(error: unknown, context: GraphQLErrorContext): GraphQLFormattedError {
  const known = classify(error)
  if (known.code === 'INTERNAL') context.onInternal(error)
  const { locations, path } = error instanceof GraphQLError ? error : {}
  return {
    message: truncate(known.message),
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions: { ...toProblem(known, context) },
  }
}

/**
 * Reads back what `formatGraphQLError` wrote in another process.
 * @returns INTERNAL with the whole error as its cause when the code is none of ours, since then nothing says that its text is safe.
 */
export function fromFormattedError(error: {
  readonly message: string
  readonly extensions?: Readonly<Record<string, unknown>>
}): AppError {
  const { code, retryable, retryAfterMs, details } = error.extensions ?? {}
  if (!isErrorCode(code)) return new AppError('INTERNAL', 'Internal error', { cause: error })
  return new AppError(code, error.message, {
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    ...(isRecord(details) ? { details } : {}),
  })
}

function classify(error: unknown): AppError {
  const chain = chainOf(error)
  const origin = chain.at(-1)
  const coercion = chain.find(isCoercion)
  if (coercion !== undefined) {
    const code = origin instanceof AppError ? origin.code : 'BAD_USER_INPUT'
    return new AppError(code, coercion.message, { cause: error })
  }
  if (origin instanceof AppError) return origin
  if (!(origin instanceof GraphQLError)) return AppError.from(error)
  const code = codeOf(origin)
  return code === null || code === 'INTERNAL' ? AppError.from(error) : new AppError(code, origin.message)
}

/** From what the engine reports to what was thrown: execution wraps what a resolver threw, a scalar's parser once more. */
function chainOf(error: unknown): unknown[] {
  const chain = [error]
  for (let next = error; next instanceof GraphQLError && next.originalError != null; ) {
    next = next.originalError
    chain.push(next)
  }
  return chain
}

/** The engine's own text is better than the scalar's: it names the variable or the argument. */
function isCoercion(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && /^(Variable "\$|Argument ")/.test(error.message)
}

/** Apollo Server marks its own errors with a code; graphql-js marks none, so its fixed beginnings have to do. */
function codeOf(error: GraphQLError): ErrorCode | null {
  const marked = error.extensions.code
  if (isErrorCode(marked)) return marked
  if (marked === 'OPERATION_RESOLUTION_FAILURE' || marked === 'PERSISTED_QUERY_NOT_SUPPORTED') return 'BAD_REQUEST'
  if (marked !== undefined) return null
  // A resolver's own GraphQLError has a path; what precedes execution has none, and points into the document.
  if (error.path !== undefined || error.locations === undefined) return null
  return error.message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
