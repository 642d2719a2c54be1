import type { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphError } from '../../platform/subgraph/transport.ts'
import type { ResponsePath } from './places.ts'

/** An error as the client gets it: its own keys in the path, a code, the subgraph's name; nothing of the inside. */
export type ClientError = {
  readonly message: string
  readonly path?: ResponsePath
  readonly extensions: Readonly<Record<string, unknown>>
}

const inside = new Set(['exception', 'stacktrace', 'stackTrace', 'stack', 'originalError', 'serviceName', 'debug'])

/** What a subgraph said, without what only its developers should see; a missing code becomes INTERNAL. */
export const fromSubgraphError = (
  error: SubgraphError,
  service: string,
  path: ResponsePath | undefined,
): ClientError => {
  const kept = Object.entries(error.extensions ?? {}).filter(([key]) => !inside.has(key))
  return withPath(
    { message: error.message, extensions: { code: 'INTERNAL', ...Object.fromEntries(kept), service } },
    path,
  )
}

/** A call that got no usable answer. */
export const fromFailure = (error: AppError, service: string, path: ResponsePath | undefined): ClientError =>
  withPath(
    {
      message: error.message,
      extensions: {
        code: error.code,
        service,
        ...(error.retryable ? { retryable: true } : {}),
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      },
    },
    path,
  )

export const fromViolation = (message: string, path: ResponsePath): ClientError => ({
  message,
  path,
  extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
})

/**
 * Tells which paths an error already speaks of: itself, what it nulled above, and what is missing below.
 * A null there needs no second error.
 */
export const createExplained = (errors: readonly ClientError[]): ((path: ResponsePath) => boolean) => {
  const whole = new Set<string>()
  const prefixes = new Set<string>()
  for (const { path } of errors) {
    if (path === undefined) continue
    whole.add(JSON.stringify(path))
    for (let length = 0; length <= path.length; length++) prefixes.add(JSON.stringify(path.slice(0, length)))
  }
  return (path) => {
    if (prefixes.has(JSON.stringify(path))) return true
    for (let length = 1; length < path.length; length++) {
      if (whole.has(JSON.stringify(path.slice(0, length)))) return true
    }
    return false
  }
}

/** Two subgraphs may fail at the same field; the client is told once. */
export const oncePerPath = (errors: readonly ClientError[]): readonly ClientError[] => {
  if (errors.length < 2) return errors
  const told = new Set<string>()
  return errors.filter(({ path }) => {
    if (path === undefined) return true
    const key = JSON.stringify(path)
    return !told.has(key) && told.add(key)
  })
}

const withPath = (error: ClientError, path: ResponsePath | undefined): ClientError =>
  path === undefined ? error : { message: error.message, path, extensions: error.extensions }
