import { randomUUID } from 'node:crypto'
import { AppError } from '../platform/errors/app-error.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import { isCorrelationId } from '../platform/telemetry/correlation.ts'
import { inSpan, isTraced, withTraceHeaders } from '../platform/telemetry/trace.ts'
import type { Answer, Exchange, GatewayRequest, GraphQLResult } from './exchange.ts'
import { type FormatError, refuse } from './mask-errors.ts'
import type { GatewayObserver } from './metrics.ts'
import type { Handler } from './pipeline.ts'
import type { SupergraphHolder } from './supergraph.ts'

export type ReceiveDeps = {
  readonly pipeline: Handler
  readonly supergraphs: SupergraphHolder
  readonly format: FormatError
  readonly observer: GatewayObserver
  readonly deadlineMs: number
  /** Who a request is until `identify` has looked. */
  readonly anonymous: Viewer
}

/** After the deadline, how long the stages may take to answer with what they have. */
const graceMs = 500

/** Opens the exchange, runs the stages under the deadline, turns a refusal into an answer. Never rejects. */
export function createReceiver(deps: ReceiveDeps): (request: GatewayRequest) => Promise<Answer> {
  return (request) =>
    deps.supergraphs.use((supergraph) => {
      const startedMs = performance.now()
      const aborter = request.aborter ?? new AbortController()
      const correlationId = correlationIdOf(request.headers)
      const exchange: Exchange = {
        request,
        correlationId,
        traceparent: traceparentOf(request.headers),
        signal: aborter.signal,
        supergraph,
        answerHeaders: { 'x-correlation-id': correlationId },
        takeParts: request.takeParts ?? null,
        viewer: deps.anonymous,
        version: supergraph.unversioned,
        operation: null,
        requestedCost: 0,
        payForEvent: null,
        lane: 'P2',
      }
      return traced(exchange, () => underDeadline(exchange, aborter, deps)).then((result) => {
        deps.observer.answered({ exchange, result, durationMs: performance.now() - startedMs })
        return { result, headers: exchange.answerHeaders }
      })
    })
}

/** One span per request, below the client's own when it tells of one. */
function traced(exchange: Exchange, run: () => Promise<GraphQLResult>): Promise<GraphQLResult> {
  if (!isTraced()) return run()
  return withTraceHeaders(exchange.request.headers, () =>
    inSpan('graphql request', { 'storeloom.correlation_id': exchange.correlationId }, async (span) => {
      const result = await run()
      const { operation } = exchange
      span.setAttribute('graphql.operation.type', operation?.kind ?? 'none')
      span.setAttribute('storeloom.errors', result.errors?.length ?? 0)
      return result
    }),
  )
}

function underDeadline(exchange: Exchange, aborter: AbortController, deps: ReceiveDeps): Promise<GraphQLResult> {
  const { signal } = exchange.request
  const isOwn = signal !== aborter.signal
  return new Promise((resolve) => {
    let timer = setTimeout(() => {
      aborter.abort()
      timer = setTimeout(() => refuseWith(tooLate(deps.deadlineMs)), graceMs)
    }, deps.deadlineMs)
    const clientGone = () => aborter.abort()
    if (isOwn) {
      if (signal.aborted) clientGone()
      else signal.addEventListener('abort', clientGone, { once: true })
    }
    const finish = (result: GraphQLResult) => {
      clearTimeout(timer)
      if (isOwn) signal.removeEventListener('abort', clientGone)
      resolve(result)
    }
    const refuseWith = (error: unknown) => finish(refuse(error, exchange, deps.format))
    // A stage that throws at once is a refusal like one that rejects.
    try {
      deps.pipeline(exchange).then(finish, refuseWith)
    } catch (error) {
      refuseWith(error)
    }
  })
}

function tooLate(deadlineMs: number): AppError {
  return new AppError('DEADLINE_EXCEEDED', `Cannot answer in time: allowed is ${deadlineMs} ms`)
}

const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

/** The client's own id, else its trace's, else a new one. */
export function correlationIdOf(headers: Readonly<Record<string, string>>): string {
  const asked = headers['x-correlation-id']
  if (isCorrelationId(asked)) return asked
  return traceparentPattern.exec(headers.traceparent ?? '')?.[1] ?? randomUUID()
}

function traceparentOf({ traceparent }: Readonly<Record<string, string>>): string | undefined {
  return traceparent !== undefined && traceparentPattern.test(traceparent) ? traceparent : undefined
}
