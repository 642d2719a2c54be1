import { isErrorCode } from '../platform/errors/app-error.ts'
import { httpStatus } from '../platform/errors/http-status.ts'
import type { GraphQLResult } from './exchange.ts'

/** The two media types of GraphQL over HTTP. */
export type MediaType = 'application/graphql-response+json' | 'application/json'

/**
 * @param accept the header; whatever it asks for beyond the two is answered with `application/json`
 */
export function chooseMediaType(accept: string | undefined): MediaType {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return 'application/json'
  let response = 0
  let json = 0
  for (const range of accept.split(',', 50)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const quality = qualityOf(parameters)
    if (type === 'application/graphql-response+json') response = Math.max(response, quality)
    if (type === 'application/json') json = Math.max(json, quality)
  }
  return response > 0 && response >= json ? 'application/graphql-response+json' : 'application/json'
}

/**
 * The status of an answer. Executed, however incompletely: 200. Refused: by the code of the first error, except
 * that with `application/json` a document that does not parse, validate or get fitting variables is a 200, as
 * GraphQL over HTTP asks.
 */
export function statusOf(result: GraphQLResult, mediaType: MediaType): number {
  if (result.data !== undefined) return 200
  const code = result.errors?.[0]?.extensions?.code
  if (!isErrorCode(code)) return 500
  return mediaType === 'application/json' && ownToGraphQL.has(code) ? 200 : httpStatus[code]
}

/** @returns seconds to wait before a refused request is worth sending again, as `Retry-After` has it. */
export function retryAfterOf({ data, errors }: GraphQLResult): string | undefined {
  if (data !== undefined) return undefined
  const waitMs = errors?.[0]?.extensions?.retryAfterMs
  return typeof waitMs === 'number' ? String(Math.max(1, Math.ceil(waitMs / 1_000))) : undefined
}

const ownToGraphQL: ReadonlySet<string> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
])

/** @param parameters of one choice of an Accept header, e.g. `q=0.5`; 1 without, 0 where it cannot be read */
export function qualityOf(parameters: readonly string[]): number {
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
  return Number.isFinite(quality) ? quality : 0
}
