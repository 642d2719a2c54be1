/**
 * The closed list of error codes a client can meet. `docs/errors.md` explains each;
 * a test compares both ways. There are no user-defined codes.
 */
export const errorCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_REQUEST',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'METHOD_NOT_ALLOWED',
  'NOT_FOUND',
  'CONFLICT',
  'RATE_LIMITED',
  'OVERLOADED',
  'QUERY_TOO_COSTLY',
  'QUERY_TOO_COMPLEX',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_REQUIRED',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_INVALID_RESPONSE',
  'CURSOR_INVALID',
  'VERSION_RETIRED',
  'VERSION_UNKNOWN',
  'CONFIG_INVALID',
  'SOURCE_DATA_INVALID',
  'SEQUENCE_CONFLICT',
  'SHUTTING_DOWN',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** @returns whether `value` is one of the closed list, e.g. a code read from another process's answer. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(value)
}

/** Conditions that pass by themselves: the same request may succeed later unchanged. */
export const retryableCodes: ReadonlySet<ErrorCode> = new Set([
  'RATE_LIMITED',
  'OVERLOADED',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'SEQUENCE_CONFLICT',
  'SHUTTING_DOWN',
  'DEADLINE_EXCEEDED',
])

export type AppErrorOptions = {
  /** What really happened, for the log only; never shown to a client. */
  readonly cause?: unknown
  /** Facts a client may see and act on, e.g. `{ argument: 'first', got: -1, allowed: '1 to 100' }`. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Whether the same request may succeed later unchanged. Default: by code, see `retryableCodes`. */
  readonly retryable?: boolean
  readonly retryAfterMs?: number
}

/**
 * The one error class of the project. `message` is safe for clients: it names what was wrong and what is
 * allowed, and holds no secret, address, SQL or personal data.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details
    this.retryable = options.retryable ?? retryableCodes.has(code)
    this.retryAfterMs = options.retryAfterMs
  }

  /** @returns `error` itself when it is an AppError, else an INTERNAL one that keeps it as its cause. */
  static from(error: unknown): AppError {
    return error instanceof AppError ? error : new AppError('INTERNAL', 'Internal error', { cause: error })
  }
}
