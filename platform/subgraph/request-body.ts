import { AppError } from '../errors/app-error.ts'

/** The body of a GraphQL-over-HTTP call between gateway and subgraph. */
export type SubgraphBody = {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
}

/**
 * @param text the body as it came, of any content
 * @throws AppError `BAD_REQUEST` naming what is wrong
 */
export function readSubgraphBody(text: unknown): SubgraphBody {
  const body = parseObject(text)
  const { query, variables, operationName } = body
  if (typeof query !== 'string') throw malformed('query is not text')
  if (variables != null && !isObject(variables)) throw malformed('variables is not an object')
  if (operationName != null && typeof operationName !== 'string') throw malformed('operationName is not text')
  return {
    query,
    ...(isObject(variables) ? { variables } : {}),
    ...(typeof operationName === 'string' ? { operationName } : {}),
  }
}

function parseObject(text: unknown): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(typeof text === 'string' ? text : '')
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'Cannot read the request: its body is not JSON', { cause })
  }
  if (!isObject(value)) throw malformed('its body is not a JSON object')
  return value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(why: string): AppError {
  return new AppError('BAD_REQUEST', `Cannot read the request: ${why}`)
}
