import { Pool } from 'undici'
import { AppError } from '../platform/errors/app-error.ts'
import { type Breaker, createBreaker } from '../platform/resilience/breaker.ts'
import { createRetryBudget, type RetryBudget } from '../platform/resilience/retry.ts'
import type { SubgraphRequest, SubgraphTransport } from '../platform/subgraph/transport.ts'
import { parseAnswer } from './subgraph-client/answer.ts'
import { createExchange, type Exchange, type HttpAnswer } from './subgraph-client/exchange.ts'
import { createJoinInFlight } from './subgraph-client/in-flight.ts'

export type SubgraphClientOptions = {
  readonly name: string
  /** Absolute, http or https. */
  readonly url: string
  /** Longest a call may take, its retry included. */
  readonly timeoutMs: number
  /** Default 128. */
  readonly maxConnections?: number
  /** Default 16 MiB. */
  readonly maxResponseBytes?: number
  /** Whether identical queries under way are sent once. Default true. */
  readonly deduplicate?: boolean
  /** Headers that cannot change an answer, so calls that differ in them alone are identical. Lower-case names. */
  readonly neutralHeaders?: readonly string[]
  readonly breaker?: Breaker
  readonly retryBudget?: RetryBudget
}

/**
 * Reaches one subgraph over HTTP: kept connections, one deadline, one retry for queries, a breaker, joined calls.
 *
 * @throws TypeError when `url` is no URL
 */
export const createSubgraphClient = (options: SubgraphClientOptions): SubgraphTransport => {
  const { name, timeoutMs } = options
  const url = new URL(options.url)
  const pool = new Pool(url.origin, {
    connections: options.maxConnections ?? 128,
    connect: { timeout: timeoutMs },
    keepAliveTimeout: 30_000,
  })
  const breaker = options.breaker ?? createBreaker({ windowMs: 10_000, minCalls: 20, failureRatio: 0.5, openMs: 2_000 })
  const retryBudget = options.retryBudget ?? createRetryBudget({ ratio: 0.1, minPerSecond: 2, maxSaved: 50 })
  const exchange = createExchange({
    dispatcher: pool,
    name,
    origin: url.origin,
    path: url.pathname + url.search,
    maxResponseBytes: options.maxResponseBytes ?? 16 * 1024 * 1024,
  })
  const send = createGuardedSend(exchange, name, breaker)
  const neutral = new Set(options.neutralHeaders ?? ['x-correlation-id', 'traceparent', 'tracestate'])
  const join = options.deduplicate === false ? undefined : createJoinInFlight<HttpAnswer>()
  let isClosed = false

  const sendTwice = async (body: string, request: SubgraphRequest): Promise<HttpAnswer> => {
    const startMs = performance.now()
    retryBudget.deposit()
    try {
      return await send(body, request, timeoutMs)
    } catch (error) {
      const restMs = timeoutMs - (performance.now() - startMs)
      if (!isWorthRetrying(error) || restMs <= 0 || isClosed || !retryBudget.withdraw()) throw error
      return send(body, request, restMs)
    }
  }

  const exchangeQuery = (body: string, request: SubgraphRequest): Promise<HttpAnswer> =>
    join === undefined
      ? sendTwice(body, request)
      : join(keyOf(body, request, neutral), request.signal, () => sendTwice(body, request))

  return {
    name,
    takesText: true,
    call: async (request) => {
      if (isClosed) throw new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it is shutting down`)
      const body = bodyOf(request)
      const answer = request.kind === 'mutation' ? send(body, request, timeoutMs) : exchangeQuery(body, request)
      return parseAnswer(await answer, name)
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      await pool.destroy()
    },
  }
}

type Send = (body: string, request: SubgraphRequest, deadlineMs: number) => Promise<HttpAnswer>

/** A call under the breaker. A 5xx without a JSON body is the failure of what stands before the subgraph. */
const createGuardedSend =
  (exchange: Exchange, name: string, breaker: Breaker): Send =>
  async (body, request, deadlineMs) => {
    if (!breaker.enter()) {
      throw new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it failed too often and is left alone`, {
        retryable: true,
        retryAfterMs: Math.ceil(breaker.openForMs()),
      })
    }
    try {
      const answer = await exchange(body, headersOf(request), deadlineMs, request.signal)
      if (answer.status >= 500 && !answer.text.startsWith('{')) {
        throw new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it answered with status ${answer.status}`, {
          retryable: true,
        })
      }
      breaker.succeed()
      return answer
    } catch (error) {
      if (request.signal.aborted) breaker.forget()
      else breaker.fail()
      throw error
    }
  }

const isWorthRetrying = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'UPSTREAM_UNAVAILABLE' && error.retryAfterMs === undefined

const fixedHeaders: readonly string[] = [
  'content-type',
  'application/json',
  'accept',
  'application/graphql-response+json, application/json;q=0.9',
]

const headersOf = (request: SubgraphRequest): string[] => {
  const headers = [...fixedHeaders]
  for (const name in request.headers) {
    const value = request.headers[name]
    if (value !== undefined) headers.push(name, value)
  }
  return headers
}

const bodyOf = (request: SubgraphRequest): string => {
  const query = request.queryJson ?? JSON.stringify(request.query)
  const variables = request.variablesJson ?? (request.variables && JSON.stringify(request.variables))
  const operationName =
    request.operationName === undefined ? '' : `,"operationName":${JSON.stringify(request.operationName)}`
  return variables === undefined || variables === '{}'
    ? `{"query":${query}${operationName}}`
    : `{"query":${query},"variables":${variables}${operationName}}`
}

/** Everything that can change the answer: the body and all headers but the neutral ones, whoever the caller is. */
const keyOf = (body: string, request: SubgraphRequest, neutral: ReadonlySet<string>): string => {
  let key = body
  for (const name in request.headers) {
    if (!neutral.has(name)) key += `\n${name}: ${request.headers[name]}`
  }
  return key
}
