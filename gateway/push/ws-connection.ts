import { setMaxListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { AppError } from '../../platform/errors/app-error.ts'
import type { GraphQLResult } from '../exchange.ts'
import { resultText } from '../result-text.ts'
import type { Connection, Connections } from './connections.ts'
import type { Follower } from './hub-port.ts'
import type { OpenOperation, StreamOrigin } from './open-operation.ts'
import type { StreamEnd } from './registration.ts'
import { nextFrame, nextHead } from './ws-frame.ts'
import { type ClientMessage, readClientMessage } from './ws-message.ts'
import { createWsWriter } from './ws-writer.ts'

/** Close codes of the protocol, and 4008 of ours. */
export const closeCodes = {
  goingAway: 1001,
  tooManyMessages: 1008,
  notReading: 4008,
  invalidMessage: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  wrongSubprotocol: 4406,
  initialisationTimeout: 4408,
  duplicateId: 4409,
  initialisedTwice: 4429,
} as const

export type WsConnectionDeps = {
  readonly open: OpenOperation
  readonly connections: Connections
  /** @throws AppError when the connection claims to be someone it is not */
  readonly identify: (origin: StreamOrigin) => Promise<unknown>
  readonly initTimeoutMs: number
  readonly mostStreams: number
}

/** Messages and ping frames one socket may send in a second; 50 streams need a hundred. */
const mostMessagesPerSecond = 2_000

type Stream = { readonly head: string; follower: Follower | null; closed: boolean; hasTold: boolean }

/** Speaks graphql-transport-ws over one socket. @param wire the connection below it */
export function serveWebSocket(
  socket: WebSocket,
  wire: Duplex,
  origin: Omit<StreamOrigin, 'signal'>,
  deps: WsConnectionDeps,
): void {
  const aborter = new AbortController()
  // Each operation under way listens.
  setMaxListeners(0, aborter.signal)
  const streams = new Map<string, Stream>()
  const ready = new Set<string>()
  let headers = origin.headers
  let state: 'new' | 'initialising' | 'acknowledged' = 'new'
  let alive = true
  let heard = 0
  let secondEndsMs = 0
  const { send, sendFrame, blockedSinceMs } = createWsWriter(socket, wire, pump)
  const initTimer = setTimeout(() => {
    if (state !== 'acknowledged') socket.close(closeCodes.initialisationTimeout, 'Connection initialisation timeout')
  }, deps.initTimeoutMs)

  const connection: Connection = {
    transport: 'websocket',
    blockedSinceMs,
    cut() {
      socket.close(closeCodes.notReading, 'Not reading: go on from the last cursor')
      // The close frame stands behind all that is not read.
      setTimeout(() => socket.terminate(), 200).unref()
    },
    beat() {
      if (!alive) {
        socket.terminate()
        return
      }
      alive = false
      socket.ping()
      tellPlaces([...streams].filter(([, stream]) => !stream.hasTold))
      for (const stream of streams.values()) stream.hasTold = false
    },
    handOver({ retryAfterMs }: AppError) {
      const cursors = placesOf([...streams])
      send(JSON.stringify({ type: 'ping', payload: { goingAway: true, retryAfterMs, cursors } }))
      socket.close(closeCodes.goingAway, `Going away: retry after ${retryAfterMs ?? 1_000} ms`)
      setTimeout(() => socket.terminate(), 1_000).unref()
    },
  }
  deps.connections.add(connection)

  /** @returns false: the socket sends more than any client has to say, and is closed */
  function maySpeak(): boolean {
    const now = performance.now()
    if (now >= secondEndsMs) {
      secondEndsMs = now + 1_000
      heard = 0
    }
    heard += 1
    if (heard <= mostMessagesPerSecond) return true
    if (heard === mostMessagesPerSecond + 1) {
      socket.close(closeCodes.tooManyMessages, `Too many messages: allowed is ${mostMessagesPerSecond} a second`)
      setTimeout(() => socket.terminate(), 200).unref()
    }
    return false
  }

  /** Writes what waits, one message of each stream in turn, until the socket has enough. */
  function pump(): void {
    if (blockedSinceMs() !== null) return
    while (ready.size > 0 && socket.readyState === socket.OPEN) {
      for (const id of ready) {
        const stream = streams.get(id)
        const delivery = stream?.follower?.take() ?? null
        if (stream === undefined || delivery === null) {
          ready.delete(id)
          continue
        }
        stream.hasTold = true
        sendFrame(nextFrame(stream.head, delivery))
        if (blockedSinceMs() !== null) return
      }
    }
  }

  async function subscribe({ id, payload }: ClientMessage & { type: 'subscribe' }): Promise<void> {
    if (streams.has(id)) {
      socket.close(closeCodes.duplicateId, `Subscriber for ${id.slice(0, 60)} already exists`)
      return
    }
    if (streams.size >= deps.mostStreams) {
      refuse(id, [tooManyStreams(deps.mostStreams)])
      return
    }
    const stream: Stream = { head: nextHead(id), follower: null, closed: false, hasTold: false }
    streams.set(id, stream)
    const opened = await deps.open({ ...payload, mayMutate: true, ...origin, headers, signal: aborter.signal }, null, {
      onReady() {
        if (stream.follower === null) return
        ready.add(id)
        pump()
      },
      onEnd: (end) => finish(id, stream, end),
    })
    if (stream.closed || socket.readyState !== socket.OPEN) {
      if (opened.kind === 'stream') opened.follower.close()
      return
    }
    if (opened.kind === 'answer') {
      answer(id, opened.answer.result)
      return
    }
    stream.follower = opened.follower
    tellPlaces([[id, stream]])
    ready.add(id)
    pump()
  }

  function answer(id: string, result: GraphQLResult): void {
    if (!streams.delete(id)) return
    if (result.data === undefined && result.errors !== undefined) {
      refuse(id, result.errors)
      return
    }
    const quoted = JSON.stringify(id)
    send(`{"id":${quoted},"type":"next","payload":${resultText(result)}}`)
    send(`{"id":${quoted},"type":"complete"}`)
  }

  function refuse(id: string, errors: readonly unknown[]): void {
    send(JSON.stringify({ id, type: 'error', payload: errors }))
  }

  /** The last words of a stream, behind everything of it that waits. */
  function finish(id: string, stream: Stream, { error }: StreamEnd): void {
    if (stream.closed || streams.get(id) !== stream) return
    if (error.extensions?.code === 'SHUTTING_DOWN') return
    pump()
    stream.closed = true
    streams.delete(id)
    ready.delete(id)
    if (error.extensions?.code === 'UNAUTHENTICATED') {
      tellPlaces([[id, stream]])
      socket.close(closeCodes.forbidden, 'Forbidden: come back with a new proof of who you are')
    } else refuse(id, [error])
  }

  function placesOf(list: readonly (readonly [string, Stream])[]): Readonly<Record<string, string>> {
    const places = list.flatMap(([id, { follower }]) => (follower === null ? [] : [[id, follower.cursor()] as const]))
    return Object.fromEntries(places)
  }

  /** So that a client to whom nothing was told yet knows where to go on, too. */
  function tellPlaces(list: readonly (readonly [string, Stream])[]): void {
    const cursors = placesOf(list)
    if (Object.keys(cursors).length > 0) send(JSON.stringify({ type: 'ping', payload: { cursors } }))
  }

  async function initialise(payload: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    if (state !== 'new') {
      socket.close(closeCodes.initialisedTwice, 'Too many initialisation requests')
      return
    }
    state = 'initialising'
    headers = { ...headers, ...headersIn(payload) }
    try {
      await deps.identify({ ...origin, headers, signal: aborter.signal })
    } catch {
      socket.close(closeCodes.forbidden, 'Forbidden')
      return
    }
    if (socket.readyState !== socket.OPEN) return
    state = 'acknowledged'
    clearTimeout(initTimer)
    send('{"type":"connection_ack"}')
  }

  socket.on('pong', () => {
    alive = true
  })
  socket.on('ping', maySpeak)
  socket.on('message', (data, isBinary) => {
    alive = true
    if (!maySpeak()) return
    const message = isBinary ? 'Message is not text' : readClientMessage(String(data))
    if (typeof message === 'string') {
      socket.close(closeCodes.invalidMessage, message)
      return
    }
    switch (message.type) {
      case 'connection_init':
        void initialise(message.payload)
        return
      case 'ping':
        send(JSON.stringify({ type: 'pong', ...(message.payload && { payload: message.payload }) }))
        return
      case 'pong':
        return
      case 'complete': {
        const stream = streams.get(message.id)
        if (stream === undefined) return
        stream.closed = true
        stream.follower?.close()
        streams.delete(message.id)
        ready.delete(message.id)
        return
      }
      case 'subscribe':
        if (state !== 'acknowledged') socket.close(closeCodes.unauthorized, 'Unauthorized')
        else void subscribe(message)
        return
      default:
        message satisfies never
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    clearTimeout(initTimer)
    deps.connections.remove(connection)
    aborter.abort()
    for (const stream of streams.values()) {
      stream.closed = true
      stream.follower?.close()
    }
    streams.clear()
    ready.clear()
  })
}

const headerName = /^[a-z0-9-]{1,64}$/
/** What only the network may tell of a client. */
const notForClients = /^(x-forwarded-|forwarded$|host$|connection$|upgrade$|sec-|x-storeloom-)/

/** A browser cannot set headers of a WebSocket: what it would send in them comes with the first message. */
function headersIn(payload: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> {
  const nested = payload?.headers
  const given = { ...payload, ...(typeof nested === 'object' ? nested : {}) }
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const lower = name.toLowerCase()
      const allowed = typeof value === 'string' && headerName.test(lower) && !notForClients.test(lower)
      return allowed ? [[lower, value]] : []
    }),
  )
}

function tooManyStreams(allowed: number) {
  return {
    message: `Cannot subscribe: this socket has ${allowed} streams, allowed is ${allowed}`,
    extensions: { code: 'RATE_LIMITED', details: { allowed } },
  }
}
