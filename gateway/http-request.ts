import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../platform/errors/app-error.ts'
import { describeValue } from '../platform/parse.ts'

/** GraphQL's parameters as a client sent them, each of the type it must have. */
export type GraphQLParams = {
  /** Absent only where `extensions.persistedQuery` names the document. */
  readonly query: string | undefined
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly extensions: Readonly<Record<string, unknown>> | undefined
}

const shape = 'allowed is {"query": text, "variables"?: object, "operationName"?: text, "extensions"?: object}'

/** @throws AppError `BAD_REQUEST` naming what is wrong with the body */
export function readPostBody(body: unknown): GraphQLParams {
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new AppError('BAD_REQUEST', `Cannot read the request: its body is empty, ${shape}`)
  }
  const value = parseJson(decode(body), 'its body')
  if (Array.isArray(value)) {
    throw new AppError('BAD_REQUEST', `Cannot read the request: several operations in one body, allowed is one`)
  }
  if (!isObject(value)) {
    throw new AppError('BAD_REQUEST', `Cannot read the request: its body is ${describeValue(value)}, ${shape}`)
  }
  return toParams(value)
}

/** @throws AppError `BAD_REQUEST` naming the parameter that is wrong */
export function readGetQuery(search: URLSearchParams): GraphQLParams {
  const json = (name: string) => {
    const text = search.get(name)
    return text === null || text === '' ? undefined : parseJson(text, name)
  }
  return toParams({
    query: search.get('query') ?? undefined,
    operationName: search.get('operationName') ?? undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  })
}

/**
 * Refuses what a page of another site can make a browser send without asking first: no custom header and one of the
 * three content types of HTML forms.
 * @throws AppError `BAD_REQUEST`
 */
export function refuseCrossSite(headers: IncomingHttpHeaders): void {
  const type = headers['content-type']
  if (type !== undefined && !formTypes.has(mediaTypeOf(type))) return
  if (preflightHeaders.some((name) => (headers[name] ?? '') !== '')) return
  throw new AppError(
    'BAD_REQUEST',
    `Cannot trust the request: a page of another site could have sent it; add the header ${preflightHeaders.join(' or ')}, or content-type application/json`,
  )
}

/**
 * As `refuseCrossSite`, for streams: a browser's EventSource cannot send a header, but every browser says of each
 * request where it comes from.
 * @throws AppError `BAD_REQUEST`
 */
export function refuseOtherSites(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return
  refuseCrossSite(headers)
}

const preflightHeaders = ['apollo-require-preflight', 'x-apollo-operation-name'] as const
const formTypes: ReadonlySet<string> = new Set([
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
])

/** @throws AppError `UNSUPPORTED_MEDIA_TYPE` unless it is uncompressed JSON in UTF-8 */
export function checkContentType(headers: IncomingHttpHeaders): void {
  const type = headers['content-type'] ?? ''
  if (mediaTypeOf(type) !== 'application/json') {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Cannot read content-type ${describeValue(type)}: allowed is application/json`,
    )
  }
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(type)?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', `Cannot read charset ${describeValue(charset)}: allowed is utf-8`)
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Cannot read content-encoding ${describeValue(encoding)}: allowed is identity`,
    )
  }
}

function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function toParams(value: Readonly<Record<string, unknown>>): GraphQLParams {
  const { query, operationName, variables, extensions } = value
  const isNamed = query == null && isObject(extensions) && extensions.persistedQuery !== undefined
  if (!isNamed && (typeof query !== 'string' || query.trim() === '')) {
    throw wrong('query', query, 'a GraphQL document as text')
  }
  if (operationName != null && typeof operationName !== 'string') throw wrong('operationName', operationName, 'text')
  if (variables != null && !isObject(variables)) throw wrong('variables', variables, 'an object')
  if (extensions != null && !isObject(extensions)) throw wrong('extensions', extensions, 'an object')
  return {
    query: typeof query === 'string' ? query : undefined,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  }
}

function wrong(name: string, got: unknown, allowed: string): AppError {
  const value = got === '' ? 'empty' : describeValue(got)
  return new AppError('BAD_REQUEST', `Cannot read ${name}: it is ${value}, allowed is ${allowed}`)
}

/** A `TextDecoder` does the same, byte order mark included, at several times the cost. */
function decode(body: Buffer): string {
  if (!isUtf8(body)) throw new AppError('BAD_REQUEST', 'Cannot read the request: its body is not UTF-8')
  const text = body.toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('BAD_REQUEST', `Cannot read the request: ${what} is not JSON, ${shape}`, { cause })
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lower-case names; of a repeated header the first value. */
export function plainHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (hasNoList(headers)) return headers
  const { 'set-cookie': _, ...rest } = headers
  return plainHeaders(rest)
}

/** Of all headers Node gives a list for this one alone; a request has no use for it. */
function hasNoList(headers: IncomingHttpHeaders): headers is Record<string, string> {
  return headers['set-cookie'] === undefined
}
