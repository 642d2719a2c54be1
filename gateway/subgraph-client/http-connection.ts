import { connect, type Socket } from 'node:net'
import type { HttpAnswer, PostEnded } from './exchange.ts'
import { createResponseReader, type ResponseReaderOptions } from './http-response.ts'

/** One request, as it goes over the wire. */
export type Posting = {
  /** In latin-1. */
  readonly head: string
  readonly body: string
  readonly isBodyAscii: boolean
  readonly ended: PostEnded
  /** What it goes over; undefined: it waits for one. */
  connection: Connection | undefined
}

/** One socket to one origin; one request at a time. */
export type Connection = {
  send(posting: Posting): void
  /** Whether the other side still waits for a request. */
  isFresh(nowMs: number): boolean
  /** Closes the socket if it still carries this request; anything, when none is named. */
  destroy(posting?: Posting): void
}

export type ConnectionOwner = {
  /** Its response is read, and it may be used again. */
  freed(connection: Connection): void
  closed(connection: Connection): void
}

export type Address = { readonly host: string; readonly port: number }

const readBytes = 32_768

/**
 * Waits for nothing without a deadline because its requests have one, connecting included; it keeps no process alive,
 * because their timers do.
 */
export const openConnection = (
  address: Address,
  reading: ResponseReaderOptions,
  owner: ConnectionOwner,
): Connection => {
  const reader = createResponseReader(reading)
  let posting: Posting | undefined
  let freshUntilMs = 0

  const settle = (): PostEnded | undefined => {
    const ended = posting?.ended
    posting = undefined
    return ended
  }
  const fail = (error: unknown): void => {
    const ended = settle()
    socket.destroy()
    ended?.fail(error)
  }
  const take = (bytes: Buffer): void => {
    if (posting === undefined) {
      // Nobody asked: whatever it is, it must not become the answer to the next request.
      socket.destroy()
      return
    }
    let answer: HttpAnswer | undefined
    try {
      answer = reader.take(bytes)
    } catch (error) {
      fail(error)
      return
    }
    if (answer === undefined) return
    const ended = settle()
    // A response that came before its request was sent whole leaves the rest of it on the wire.
    if (reader.keptMs > 0 && socket.writableLength === 0) {
      freshUntilMs = performance.now() + reader.keptMs
      owner.freed(connection)
    } else socket.destroy()
    ended?.answer(answer)
  }

  const buffer = Buffer.allocUnsafeSlow(readBytes)
  const socket: Socket = connect({
    ...address,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    // Bytes come straight from the buffer they were read into, past the stream's queue.
    onread: {
      buffer,
      callback: (count) => {
        take(buffer.subarray(0, count))
        return true
      },
    },
  })
  socket.unref()
  socket.on('error', fail)
  socket.on('end', () => {
    const answer = posting && reader.end()
    if (answer === undefined) fail(new Error('Cannot read the response: the connection ended'))
    else settle()?.answer(answer)
  })
  socket.on('close', () => {
    owner.closed(connection)
    settle()?.fail(new Error('Cannot read the response: the connection closed'))
  })

  const connection: Connection = {
    send(next) {
      posting = next
      next.connection = connection
      if (next.isBodyAscii) {
        socket.write(next.head + next.body, 'latin1')
        return
      }
      socket.cork()
      socket.write(next.head, 'latin1')
      socket.write(next.body, 'utf8')
      socket.uncork()
    },
    isFresh: (nowMs) => nowMs < freshUntilMs && !socket.destroyed,
    destroy(named) {
      if (named === undefined || named === posting) socket.destroy()
    },
  }
  return connection
}
