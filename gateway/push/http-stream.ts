import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { AppError } from '../../platform/errors/app-error.ts'
import { resultText } from '../result-text.ts'
import type { Connection, Connections } from './connections.ts'
import type { Follower } from './hub-port.ts'
import type { OpenOperation, StreamRequest } from './open-operation.ts'
import type { StreamEnd } from './registration.ts'

/** How a protocol over one HTTP response writes. */
export type StreamFormat = {
  readonly name: string
  readonly contentType: string
  /** What comes before all else. */
  readonly opening: string
  next(text: string, cursor: string | null): string
  /** What shows that the connection lives. `cursor`: where the stream stands, null while there is none. */
  beat(cursor: string | null): string
  /** The end; `error` is null when the operation is simply over. */
  end(error: StreamEnd['error'] | null): string
  /** The end of the connection, not of the stream. */
  handOver(error: AppError, cursor: string): string
}

export type HttpStreamDeps = { readonly open: OpenOperation; readonly connections: Connections }

/** Where a stream begins, for a client that breaks off before it is told anything. */
export const cursorHeader = 'x-stream-cursor'

/** Answers one operation as a stream over an HTTP response; queries and mutations too. */
export async function streamOverHttp(
  reply: FastifyReply,
  format: StreamFormat,
  request: StreamRequest,
  lastCursor: string | null,
  { open, connections }: HttpStreamDeps,
): Promise<void> {
  const { raw } = reply
  let follower: Follower | null = null
  let blockedSince: number | null = null
  let ended: StreamEnd | null = null
  let hasTold = false

  function write(text: string): void {
    if (raw.writableEnded || raw.destroyed || raw.write(text)) return
    blockedSince ??= performance.now()
  }

  function pump(): void {
    while (blockedSince === null && follower !== null && !raw.destroyed) {
      const delivery = follower.take()
      if (delivery === null) break
      hasTold = true
      write(format.next(delivery.text, delivery.cursor))
    }
    if (ended !== null && blockedSince === null && !raw.writableEnded) finish(ended)
  }

  function finish({ error }: StreamEnd): void {
    if (error.extensions?.code === 'SHUTTING_DOWN') return
    raw.end(format.end(error))
  }

  const connection: Connection = {
    transport: format.name,
    blockedSinceMs: () => blockedSince,
    cut: () => void raw.destroy(),
    beat() {
      write(format.beat(hasTold ? null : (follower?.cursor() ?? null)))
      hasTold = false
    },
    handOver(error) {
      if (raw.writableEnded) return
      raw.end(format.handOver(error, follower?.cursor() ?? ''))
    },
  }

  const opened = await open(request, lastCursor, {
    onReady: pump,
    onEnd(end) {
      ended = end
      pump()
    },
  })
  if (raw.destroyed) {
    if (opened.kind === 'stream') opened.follower.close()
    return
  }
  const { headers } = opened.answer
  const cursor = opened.kind === 'stream' ? { [cursorHeader]: opened.follower.cursor() } : {}
  begin(reply, format, { ...headers, ...cursor })
  if (opened.kind === 'answer') {
    raw.end(format.next(resultText(opened.answer.result), null) + format.end(null))
    return
  }
  follower = opened.follower
  connections.add(connection)
  raw.on('drain', () => {
    blockedSince = null
    pump()
  })
  raw.on('close', () => {
    connections.remove(connection)
    follower?.close()
  })
  // Headers must leave at once, and whoever is told nothing must know where to go on.
  write(format.beat(follower.cursor()))
  pump()
}

function begin(
  reply: FastifyReply,
  { contentType, opening }: StreamFormat,
  headers: Readonly<Record<string, string>>,
): void {
  reply.hijack()
  const raw: ServerResponse = reply.raw
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers })) {
    if (value !== undefined) raw.setHeader(name, value)
  }
  raw.writeHead(200, {
    'content-type': contentType,
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    vary: 'accept, origin',
  })
  if (opening !== '') raw.write(opening)
}
