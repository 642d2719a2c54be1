import { AppError } from '../platform/errors/app-error.ts'
import { type Breaker, createBreaker } from '../platform/resilience/breaker.ts'
import { createRetryBudget, type RetryBudget } from '../platform/resilience/retry.ts'
import type { SubgraphRequest, SubgraphTransport } from '../platform/subgraph/transport.ts'
import { parseAnswer } from './subgraph-client/answer.ts'
import { createExchange, type Ended, type Exchange, type Poster } from './subgraph-client/exchange.ts'
import { createHttpPool } from './subgraph-client/http-pool.ts'
import { createJoinInFlight } from './subgraph-client/in-flight.ts'
import { createUndiciPool } from './subgraph-client/undici-pool.ts'

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
  const breaker = options.breaker ?? createBreaker({ windowMs: 10_000, minCalls: 20, failureRatio: 0.5, openMs: 2_000 })
  const retryBudget = options.retryBudget ?? createRetryBudget({ ratio: 0.1, minPerSecond: 2, maxSaved: 50 })
  const poster = createPoster(url, options)
  const exchange = createExchange(poster, name)
  const send = createGuardedSend(exchange, name, breaker)
  const neutral = new Set(options.neutralHeaders ?? ['x-correlation-id', 'traceparent', 'tracestate'])
  const join = options.deduplicate === false ? undefined : createJoinInFlight(() => late(name))
  let isClosed = false

  const sendTwice = (body: string, request: SubgraphRequest, ended: Ended): void => {
    const startMs = performance.now()
    retryBudget.deposit()
    send(body, request, timeoutMs, {
      answer: ended.answer,
      fail: (error) => {
        const restMs = timeoutMs - (performance.now() - startMs)
        const isAgain = isWorthRetrying(error) && restMs > 0 && !isClosed && retryBudget.withdraw()
        if (isAgain) send(body, request, restMs, ended)
        else ended.fail(error)
      },
    })
  }

  const start = (request: SubgraphRequest, ended: Ended): void => {
    const body = bodyOf(request)
    if (request.kind === 'mutation') send(body, request, timeoutMs, ended)
    else if (join === undefined) sendTwice(body, request, ended)
    else {
      join(keyOf(body, request, neutral), request.signal, ended, (joined) => sendTwice(body, request, joined))
    }
  }

  return {
    name,
    takesText: true,
    call: (request) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it is shutting down`))
          return
        }
        start(request, {
          answer: (answer) => {
            try {
              resolve(parseAnswer(answer, name))
            } catch (error) {
              reject(error)
            }
          },
          fail: reject,
        })
      }),
    async [Symbol.asyncDispose]() {
      isClosed = true
      await poster.destroy()
    },
  }
}

/** TLS and whatever may come of it is undici's. */
const createPoster = (url: URL, options: SubgraphClientOptions): Poster => {
  const maxBodyBytes = options.maxResponseBytes ?? 16 * 1024 * 1024
  const pooling = {
    url,
    maxConnections: options.maxConnections ?? 128,
    keepAliveMs: 30_000,
    maxBodyBytes,
    tooLarge: () =>
      new AppError(
        'UPSTREAM_INVALID_RESPONSE',
        `Cannot read ${options.name}: its answer is larger than the ${maxBodyBytes} bytes allowed`,
      ),
  }
  return url.protocol === 'http:'
    ? createHttpPool(pooling)
    : createUndiciPool({ ...pooling, connectTimeoutMs: options.timeoutMs })
}

type Send = (body: string, request: SubgraphRequest, deadlineMs: number, ended: Ended) => void

/** A call under the breaker. A 5xx without a JSON body is the failure of what stands before the subgraph. */
const createGuardedSend =
  (exchange: Exchange, name: string, breaker: Breaker): Send =>
  (body, request, deadlineMs, ended) => {
    if (!breaker.enter()) {
      const openForMs = Math.ceil(breaker.openForMs())
      const details = { retryable: true, retryAfterMs: openForMs }
      ended.fail(
        new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it failed too often and is left alone`, details),
      )
      return
    }
    const fail = (error: AppError): void => {
      if (request.signal.aborted) breaker.forget()
      else breaker.fail()
      ended.fail(error)
    }
    exchange(body, request.headers, deadlineMs, request.signal, {
      answer: (answer) => {
        if (answer.status >= 500 && !answer.text.startsWith('{')) {
          fail(
            new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it answered with status ${answer.status}`, {
              retryable: true,
            }),
          )
          return
        }
        breaker.succeed()
        ended.answer(answer)
      },
      fail,
    })
  }

const late = (name: string): AppError =>
  new AppError('UPSTREAM_TIMEOUT', `Cannot read ${name}: it did not answer in time`)

const isWorthRetrying = (error: AppError): boolean =>
  error.code === 'UPSTREAM_UNAVAILABLE' && error.retryAfterMs === undefined

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
