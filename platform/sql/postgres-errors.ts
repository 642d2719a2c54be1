import { AppError } from '../errors/app-error.ts'

/**
 * What a failed statement means to its caller: connection faults become `UPSTREAM_UNAVAILABLE`, deadlines
 * `UPSTREAM_TIMEOUT`, serialisation failures and deadlocks `CONFLICT`; all three retryable. Anything else (a
 * constraint, a bad statement) is returned as it came, with its SQLSTATE in `code`.
 */
export function toStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error
  if (isConnectionFault(error)) {
    return new AppError('UPSTREAM_UNAVAILABLE', 'Cannot reach the durable store: the connection failed', {
      cause: error,
      retryable: true,
    })
  }
  const code = codeOf(error)
  if (code === '57014' || messageOf(error) === 'Query read timeout') {
    return new AppError('UPSTREAM_TIMEOUT', 'Cannot finish the statement: the durable store took too long', {
      cause: error,
      retryable: true,
    })
  }
  if (code === '40001' || code === '40P01') {
    return new AppError('CONFLICT', 'Cannot commit: another transaction changed the same rows', {
      cause: error,
      retryable: true,
    })
  }
  return error
}

/** True when the connection is of no use any more, so it must leave the pool. */
export function isConnectionFault(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== '' && (code.startsWith('08') || unavailableStates.has(code) || socketFaults.has(code))) return true
  return connectionMessages.test(messageOf(error))
}

/** @returns the SQLSTATE or system error code, or an empty string */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

// admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout, too_many_connections
const unavailableStates = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '53300', '25P03'])

const socketFaults = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])

const connectionMessages =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|Cannot use a pool after calling end|Client was closed/

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
