import type { AppError } from '../../platform/errors/app-error.ts'
import type { PushObserver } from './push-observer.ts'

/** One client's open connection, whatever the transport. */
export type Connection = {
  readonly transport: string
  /** Since when what was written waits to be read; null: nothing waits. Milliseconds of the monotonic clock. */
  blockedSinceMs(): number | null
  /** Ends it because it does not read. */
  cut(): void
  /** Shows that it lives, and tells quiet streams where they stand. */
  beat(): void
  /** Tells where to go on, and when, and closes. */
  handOver(error: AppError): void
}

export type Connections = AsyncDisposable & {
  /** @returns false when there are too many */
  hasRoom(): boolean
  add(connection: Connection): void
  remove(connection: Connection): void
  size(): number
  /** @param error made for each, so that they do not all come back at the same moment */
  handOver(error: () => AppError): void
}

export type ConnectionLimits = {
  readonly mostConnections: number
  /** How long a connection may leave unread what was written to it. */
  readonly stallMs: number
  readonly beatMs: number
}

const sweepMs = 500

/** Looks after all connections with one timer, so that an idle one costs no time. */
export function createConnections(limits: ConnectionLimits, observer: PushObserver): Connections {
  const open = new Set<Connection>()
  let nextBeat = performance.now() + limits.beatMs
  const timer = setInterval(() => {
    const now = performance.now()
    const beats = now >= nextBeat
    if (beats) nextBeat = now + limits.beatMs
    for (const connection of open) {
      const blocked = connection.blockedSinceMs()
      if (blocked !== null && now - blocked > limits.stallMs) {
        observer.cut(connection.transport)
        open.delete(connection)
        connection.cut()
      } else if (beats && blocked === null) connection.beat()
    }
  }, sweepMs)
  timer.unref()
  return {
    hasRoom: () => open.size < limits.mostConnections,
    add: (connection) => void open.add(connection),
    remove: (connection) => void open.delete(connection),
    size: () => open.size,
    handOver(error) {
      for (const connection of open) connection.handOver(error())
      open.clear()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
    },
  }
}
