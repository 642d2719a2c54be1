import type { IncomingHttpHeaders } from 'node:http'
import type { GraphQLFormattedError } from 'graphql'
import { AppError } from '../platform/errors/app-error.ts'
import { httpStatus } from '../platform/errors/http-status.ts'
import { toProblem } from '../platform/errors/problem.ts'
import type { Answer } from './exchange.ts'
import { chooseMediaType, type MediaType, retryAfterOf, statusOf } from './http-answer.ts'
import { plainHeaders } from './http-request.ts'
import { correlationIdOf } from './receive.ts'
import { resultText } from './result-text.ts'

export type HttpLimits = {
  readonly bodyLimitBytes: number
  /** Longest a client may take to send its headers. */
  readonly headersTimeoutMs: number
  /** Longest a client may take to send a whole request. */
  readonly bodyTimeoutMs: number
  /** Largest answer; a larger one is refused whole. */
  readonly responseLimitBytes: number
  /** Shortest answer that is compressed for a client that reads it so; 0: none is. */
  readonly compressFromBytes: number
}

/** An HTTP answer, whoever writes it to the socket; lower-case names. */
export type HttpReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export type RefusalDeps = {
  readonly limits: HttpLimits
  readonly onInternal: (error: unknown, facts: { readonly correlationId: string }) => void
}

/** What one client is told must not be kept for another; nothing here is a page. */
export const commonHeaders = { 'cache-control': 'no-store', vary: 'accept, accept-encoding, origin' }

const contentTypes = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
} as const satisfies Record<MediaType, string>

/** @throws AppError `QUERY_TOO_COSTLY` when the answer is larger than allowed */
export function replyTo({ result, headers }: Answer, accept: string | undefined, limits: HttpLimits): HttpReply {
  const text = resultText(result)
  refuseTooLarge(text, limits.responseLimitBytes)
  const mediaType = chooseMediaType(accept)
  const retryAfter = retryAfterOf(result)
  return {
    status: statusOf(result, mediaType),
    headers: joinHeaders(headers, commonHeaders, retryAfter === undefined ? undefined : { 'retry-after': retryAfter }, {
      'content-type': contentTypes[mediaType],
    }),
    text,
  }
}

/**
 * All of them, of one name the last. What is spread together from several objects is of another hidden class each time (V8
 * 11.3): see docs/decisions/012-executor-text.md.
 */
export function joinHeaders<Value>(
  ...parts: readonly (Readonly<Record<string, Value>> | undefined)[]
): Record<string, Value> {
  const joined: Record<string, Value> = {}
  for (const part of parts) {
    for (const name in part) {
      const value = part[name]
      if (value !== undefined) joined[name] = value
    }
  }
  return joined
}

/** The answer to a request that was not answered, for whatever reason; tells of what nobody should have thrown. */
export function refusalOf(error: unknown, headers: IncomingHttpHeaders, url: string, deps: RefusalDeps): HttpReply {
  const known = toAppError(error, deps.limits)
  const correlationId = correlationIdOf(plainHeaders(headers))
  if (known.code === 'INTERNAL') deps.onInternal(error, { correlationId })
  return {
    status: httpStatus[known.code],
    headers: {
      'x-correlation-id': correlationId,
      ...commonHeaders,
      'content-type': contentTypes[chooseMediaType(headers.accept)],
    },
    text: JSON.stringify({ errors: [toFormatted(known, url, correlationId)] }),
  }
}

export function toFormatted(error: AppError, url: string, correlationId: string): GraphQLFormattedError {
  const extensions = { ...toProblem(error, { correlationId, instance: pathOf(url) }) }
  return { message: extensions.detail, extensions }
}

export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/'
}

export function tooLarge(bytes: number, allowedBytes: number): AppError {
  return new AppError(
    'QUERY_TOO_COSTLY',
    `Cannot answer: the answer has ${bytes} bytes, allowed is ${allowedBytes}; ask for fewer fields or items`,
    { details: { limit: 'responseBytes', allowed: allowedBytes, value: bytes } },
  )
}

function refuseTooLarge(text: string, allowedBytes: number): void {
  // A character is at most three bytes of UTF-8: most answers need not be measured.
  if (text.length * 3 <= allowedBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes > allowedBytes) throw tooLarge(bytes, allowedBytes)
}

function toAppError(error: unknown, limits: HttpLimits): AppError {
  if (error instanceof AppError) return error
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (status === 413) {
    const allowed = `${limits.bodyLimitBytes} bytes`
    return new AppError('PAYLOAD_TOO_LARGE', `Cannot read the request: its body is too large, allowed is ${allowed}`, {
      details: { limit: 'bodyBytes', allowed: limits.bodyLimitBytes },
    })
  }
  if (status === 415)
    return new AppError('UNSUPPORTED_MEDIA_TYPE', 'Cannot read the request: allowed is application/json')
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError('BAD_REQUEST', 'Cannot read the request: it is malformed', { cause: error })
  }
  return AppError.from(error)
}
