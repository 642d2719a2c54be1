import type { WebSocket } from 'ws'

/** What one socket may have unsent before it counts as blocked. */
const highWaterBytes = 65_536

export type WsWriter = {
  /** Writes a text message, if the socket is still open. */
  send(text: string): void
  /** Since when what was written waits to be read; null: nothing waits. Milliseconds of the monotonic clock. */
  blockedSinceMs(): number | null
}

/**
 * Writes to one socket. While its client does not read, nothing is read of the client either: whatever it asks for, a pong or an
 * answer, would pile up here.
 * @param onDrained there is room again
 */
export function createWsWriter(socket: WebSocket, onDrained: () => void): WsWriter {
  let blockedSince: number | null = null

  function write(frame: (written?: () => void) => void): void {
    if (socket.readyState !== socket.OPEN) return
    if (blockedSince === null && socket.bufferedAmount < highWaterBytes) {
      frame()
      return
    }
    blockedSince ??= performance.now()
    socket.pause()
    frame(written)
  }

  function written(): void {
    if (blockedSince === null || socket.bufferedAmount >= highWaterBytes) return
    blockedSince = null
    socket.resume()
    onDrained()
  }

  socket.on('ping', (data) => write((done) => socket.pong(data, false, done)))
  return {
    send: (text) => write((done) => socket.send(text, done)),
    blockedSinceMs: () => blockedSince,
  }
}
