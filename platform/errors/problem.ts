import { AppError, type ErrorCode } from './app-error.ts'
import { httpStatus } from './http-status.ts'

/** RFC 9457 members with ours. The body of `application/problem+json` and the `extensions` of a GraphQL error. */
export type Problem = {
  readonly code: ErrorCode
  /** `urn:storeloom:error:<code>`: names the entry of docs/errors.md. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Path of the request or of the thing it is about; absent when the correlation id says enough. */
  readonly instance?: string
  readonly retryable: boolean
  /** null: no particular wait is asked for. */
  readonly retryAfterMs: number | null
  readonly correlationId: string
  readonly details?: Readonly<Record<string, unknown>>
}

export type ProblemContext = {
  readonly correlationId: string
  readonly instance?: string
}

/** Longest text a client is answered with, in characters: an error must not echo a large request back. */
export const maxDetailLength = 500

/** @returns what a client may know of `error`; anything but an AppError tells nothing but its correlation id. */
export function toProblem(error: unknown, context: ProblemContext): Problem {
  const known = AppError.from(error)
  return {
    code: known.code,
    type: `urn:storeloom:error:${known.code.toLowerCase().replaceAll('_', '-')}`,
    title: errorTitles[known.code],
    status: httpStatus[known.code],
    detail: truncate(known.message),
    ...(context.instance === undefined ? {} : { instance: context.instance }),
    retryable: known.retryable,
    retryAfterMs: known.retryAfterMs ?? null,
    correlationId: context.correlationId,
    ...(known.details === undefined ? {} : { details: known.details }),
  }
}

/** Cuts a client-visible text at `maxDetailLength` characters. */
export function truncate(text: string): string {
  return text.length <= maxDetailLength ? text : `${text.slice(0, maxDetailLength - 1)}…`
}

/** The `title` member: constant for a code, so that it may be grouped by. */
export const errorTitles: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'Not signed in',
  FORBIDDEN: 'Not allowed',
  BAD_USER_INPUT: 'Invalid input',
  GRAPHQL_PARSE_FAILED: 'Document is not GraphQL',
  GRAPHQL_VALIDATION_FAILED: 'Document does not fit the schema',
  BAD_REQUEST: 'Malformed request',
  PAYLOAD_TOO_LARGE: 'Request too large',
  UNSUPPORTED_MEDIA_TYPE: 'Unsupported media type',
  METHOD_NOT_ALLOWED: 'Method not allowed',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Conflict',
  RATE_LIMITED: 'Too many requests',
  OVERLOADED: 'Overloaded',
  QUERY_TOO_COSTLY: 'Query costs too much',
  QUERY_TOO_COMPLEX: 'Query is too complex',
  PERSISTED_QUERY_NOT_FOUND: 'Persisted query not found',
  PERSISTED_QUERY_REQUIRED: 'Persisted query required',
  UPSTREAM_UNAVAILABLE: 'A part of the graph is unavailable',
  UPSTREAM_TIMEOUT: 'A part of the graph did not answer in time',
  UPSTREAM_INVALID_RESPONSE: 'A part of the graph answered wrongly',
  CURSOR_INVALID: 'Invalid cursor',
  VERSION_RETIRED: 'API version retired',
  VERSION_UNKNOWN: 'API version unknown',
  CONFIG_INVALID: 'Invalid configuration',
  SOURCE_DATA_INVALID: 'Source data cannot be used',
  SEQUENCE_CONFLICT: 'Changed by another writer',
  SHUTTING_DOWN: 'Shutting down',
  DEADLINE_EXCEEDED: 'Deadline exceeded',
  INTERNAL: 'Internal error',
}
