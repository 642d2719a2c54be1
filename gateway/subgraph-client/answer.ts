import { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphError, SubgraphResponse } from '../../platform/subgraph/transport.ts'
import type { HttpAnswer } from './exchange.ts'

/**
 * Reads a GraphQL response from an HTTP answer. A body that is one counts whatever the status: GraphQL over HTTP
 * allows errors with 4xx and 5xx.
 *
 * @throws AppError `UPSTREAM_UNAVAILABLE` (retryable) for status 429 and 5xx without a GraphQL body,
 * `UPSTREAM_INVALID_RESPONSE` for anything else that is no GraphQL response
 */
export const parseAnswer = ({ status, text }: HttpAnswer, name: string): SubgraphResponse => {
  const body = parseJson(text)
  if (isGraphQLBody(body)) return toResponse(body)
  if (status === 429 || status >= 500) {
    throw new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it answered with status ${status}`, {
      retryable: true,
    })
  }
  throw new AppError('UPSTREAM_INVALID_RESPONSE', `Cannot read ${name}: its answer is not a GraphQL response`, {
    cause: { status },
  })
}

type GraphQLBody = { readonly data?: Record<string, unknown> | null; readonly errors?: unknown }

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isGraphQLBody = (body: unknown): body is GraphQLBody => {
  if (typeof body !== 'object' || body === null) return false
  const data = 'data' in body ? body.data : undefined
  if (data !== undefined && (typeof data !== 'object' || Array.isArray(data))) return false
  const errors = 'errors' in body ? body.errors : undefined
  return data !== undefined || (Array.isArray(errors) && errors.length > 0)
}

const toResponse = (body: GraphQLBody): SubgraphResponse => {
  const { data, errors } = body
  if (!Array.isArray(errors) || errors.length === 0) return data === undefined ? {} : { data }
  const known = errors.map(toError)
  return data === undefined ? { errors: known } : { data, errors: known }
}

const toError = (error: unknown): SubgraphError => {
  if (typeof error !== 'object' || error === null) return { message: 'Unknown error' }
  const message = 'message' in error && typeof error.message === 'string' ? error.message : 'Unknown error'
  const path = 'path' in error && Array.isArray(error.path) && error.path.every(isPathElement) ? error.path : undefined
  const extensions = 'extensions' in error && isRecord(error.extensions) ? error.extensions : undefined
  return { message, ...(path === undefined ? {} : { path }), ...(extensions === undefined ? {} : { extensions }) }
}

const isPathElement = (element: unknown): element is string | number =>
  typeof element === 'string' || typeof element === 'number'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
