import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { type Clock, systemClock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { EventLog, LogPosition } from '../../platform/event-log/event-log.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { buildCompiledExecutor } from '../compiled-executor.ts'
import type { Answer, GatewayRequest, Supergraph } from '../exchange.ts'
import type { SubgraphHeaders } from '../execute.ts'
import type { BuildExecutor } from '../executor-port.ts'
import type { StreamAnswers } from '../http.ts'
import type { Identify } from '../identify.ts'
import type { FormatError } from '../mask-errors.ts'
import type { SupergraphHolder } from '../supergraph.ts'
import { createAnswerPayloads } from './answer-payloads.ts'
import { createConnections } from './connections.ts'
import { createEventGraph } from './event-graph.ts'
import { createEventPages, type EventPages } from './event-pages.ts'
import { streamOverHttp } from './http-stream.ts'
import { createHub } from './hub.ts'
import type { Hub, HubGraph, HubLimits } from './hub-port.ts'
import { asksForParts, multipartSubscription } from './multipart.ts'
import { createOpenOperation, type StreamOrigin } from './open-operation.ts'
import { type PushObserver, silentPushObserver } from './push-observer.ts'
import type { Registration } from './registration.ts'
import type { RouteOf } from './route-of.ts'
import { asksForEvents, serverSentEvents } from './sse.ts'
import { createStreamCursors } from './stream-cursor.ts'
import { visibleOf } from './visible-events.ts'
import { addWebSockets } from './ws-server.ts'

export type PushLimits = HubLimits & {
  readonly mostConnections: number
  readonly mostStreamsPerSocket: number
  readonly messageLimitBytes: number
  /** How long a socket may take to introduce itself. */
  readonly initTimeoutMs: number
  /** How long a connection may leave unread what was written to it. */
  readonly stallMs: number
  readonly beatMs: number
}

export const defaultPushLimits: PushLimits = {
  mostPerClient: 20_000,
  retentionMs: 7 * 86_400_000,
  mostReplayed: 200_000,
  mostConnections: 20_000,
  mostStreamsPerSocket: 50,
  messageLimitBytes: 131_072,
  initTimeoutMs: 10_000,
  stallMs: 15_000,
  beatMs: 12_000,
}

/** What an app decides of subscriptions. */
export type PushOptions = {
  readonly eventLog: EventLog
  /** Resolves when what is read of the graph shows everything up to the position, or when waiting for it is given up. */
  readonly settle: (position: LogPosition, signal: AbortSignal) => Promise<void>
  /** The first signs cursors, all verify. */
  readonly cursorSecrets: readonly [string, ...string[]]
  readonly limits?: Partial<PushLimits>
  readonly observer?: PushObserver
  /** Asked every second of everyone who follows: false when what proved who they are was revoked. Default: always true. */
  readonly isStillValid?: (registration: Registration) => Promise<boolean>
  /** Longest time between two looks at the log without a wake-up. Default 500. */
  readonly pollMs?: number
  readonly clock?: Clock
}

export type PushDeps = {
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  readonly buildExecutor?: BuildExecutor
  readonly subgraphHeaders: SubgraphHeaders
  readonly format: FormatError
  readonly identify: Identify
  readonly onInternal: (error: unknown) => void
}

export type PushStart = {
  readonly receive: (request: GatewayRequest) => Promise<Answer>
  readonly supergraphs: Pick<SupergraphHolder, 'use'>
  readonly sdl: string
}

/** Subscriptions over every transport. Disposing it hands clients over: each is told where and when to go on. */
export type Push = AsyncDisposable &
  StreamAnswers & {
    readonly hub: Hub
    /** Goes on with another supergraph; streams that still fit it do not notice. */
    reload(supergraphSdl: string): Promise<void>
    addWebSockets(server: Server, routeOf: RouteOf): void
  }

export type PreparedPush = {
  /** For the loader of supergraphs: lets their queries page through streams. */
  eventPages(supergraphSdl: string): EventPages | null
  start(given: PushStart): Promise<Push>
}

/** Makes what a supergraph needs before there is one; `start` makes the rest. */
export function preparePush(options: PushOptions, deps: PushDeps): PreparedPush {
  const { eventLog } = options
  const limits = { ...defaultPushLimits, ...options.limits }
  const observer = options.observer ?? silentPushObserver
  const stopping = new AbortController()
  const cursors = createStreamCursors(options.cursorSecrets)
  const format = (error: unknown, correlationId = 'none') =>
    deps.format(error, { correlationId, request: { path: '/graphql' } })
  const answerPayloads = createAnswerPayloads({
    headersFor: ({ viewer }, correlationId = randomUUID()) =>
      deps.subgraphHeaders({ viewer, correlationId, traceparent: undefined }),
    format,
    timeoutMs: 5_000,
    retryForMs: 30_000,
    signal: stopping.signal,
  })
  let current: HubGraph | null = null

  async function toHubGraph(supergraphSdl: string, { unversioned, versions }: Supergraph): Promise<HubGraph> {
    const { transports, buildExecutor = buildCompiledExecutor } = deps
    return {
      graph: await createEventGraph({ supergraphSdl, transports, buildExecutor }),
      schemaOf: (name) => (name === unversioned.name ? unversioned : versions.get(name))?.schema ?? null,
    }
  }

  return {
    eventPages: (sdl) =>
      createEventPages(sdl, {
        eventLog,
        cursors,
        visibleOf: async (stream, events, { viewer, version }) =>
          current === null
            ? []
            : visibleOf(current.graph, stream, events, { viewer, version: version.name }, answerPayloads),
      }),

    async start({ receive, supergraphs, sdl }) {
      let served = await supergraphs.use((supergraph) => toHubGraph(sdl, supergraph))
      current = served
      const connections = createConnections(limits, observer)
      const sockets: Disposable[] = []
      const hub = createHub(
        {
          eventLog,
          settle: options.settle,
          cursors,
          answerPayloads,
          format,
          observer,
          clock: options.clock ?? systemClock,
          limits,
          pollMs: options.pollMs ?? 500,
          isStillValid: options.isStillValid ?? (async () => true),
          onInternal: deps.onInternal,
        },
        served,
      )
      const open = createOpenOperation(receive, hub)

      return {
        hub,
        reload: (nextSdl) =>
          supergraphs.use(async (supergraph) => {
            const before = served
            const next = await toHubGraph(nextSdl, supergraph)
            served = next
            current = next
            hub.reload(next, (registration) => findAgain(registration, next, supergraph))
            await before.graph[Symbol.asyncDispose]()
          }),
        addWebSockets(server, routeOf) {
          const { messageLimitBytes, initTimeoutMs, mostStreamsPerSocket: mostStreams } = limits
          const identify = async (origin: StreamOrigin) => deps.identify({ ...origin, ...nothingAsked })
          const given = { open, connections, identify, routeOf, messageLimitBytes, initTimeoutMs, mostStreams }
          sockets.push(addWebSockets(server, given))
        },
        isStream: ({ accept }) => asksForEvents(accept) || asksForParts(accept),
        async answerStream(reply, headers, request) {
          if (!connections.hasRoom()) throw full()
          const streamFormat = asksForEvents(headers.accept) ? serverSentEvents : multipartSubscription
          const last = headers['last-event-id']
          const lastCursor = typeof last === 'string' && last !== '' ? last : null
          await streamOverHttp(reply, streamFormat, request, lastCursor, { open, connections })
        },
        async [Symbol.asyncDispose]() {
          stopping.abort()
          for (const one of sockets) one[Symbol.dispose]()
          connections.handOver(handedOver)
          await hub[Symbol.asyncDispose]()
          await connections[Symbol.asyncDispose]()
          await served.graph[Symbol.asyncDispose]()
        },
      }
    },
  }
}

const nothingAsked = {
  query: undefined,
  operationName: undefined,
  variables: undefined,
  extensions: undefined,
  mayMutate: false,
}

/** What was admitted once is admitted again: the next supergraph may guard a field that the last one left open. */
function findAgain(
  { operation, version, viewer }: Registration,
  { schemaOf }: HubGraph,
  { operations, authorizer }: Supergraph,
) {
  const schema = schemaOf(version)
  if (schema === null) throw new AppError('VERSION_RETIRED', 'Cannot go on: the API version is no longer served')
  const found = operations.find(operation.text, operation.name, schema)
  if (found.kind === 'found') {
    // Of a subscription nothing is left out: it is refused when any of it is denied.
    authorizer.restrict(found.operation, viewer)
    return found.operation
  }
  const [{ code, message } = { code: 'GRAPHQL_VALIDATION_FAILED' as const, message: 'it no longer fits' }] =
    found.errors
  throw new AppError(code, message)
}

/** Spread over seconds, so that those who were handed over do not all come back at once. */
function handedOver(): AppError {
  return new AppError('SHUTTING_DOWN', 'Cannot go on here: the gateway is shutting down; go on from the cursor', {
    retryable: true,
    retryAfterMs: 250 + Math.floor(Math.random() * 4_750),
  })
}

function full(): AppError {
  return new AppError('OVERLOADED', 'Cannot open a stream: there are too many connections', {
    retryable: true,
    retryAfterMs: 5_000,
  })
}
