import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** What one socket may have unsent before it counts as blocked. */
const highWaterBytes = 65_536

export type WsWriter = {
  /** Writes a text message, if the socket is still open. */
  send(text: string): void
  /** Writes what is a frame already, if the socket is still open: without another look at it, as it may go to thousands. */
  sendFrame(frame: Buffer): void
  /** Since when what was written waits to be read; null: nothing waits. Milliseconds of the monotonic clock. */
  blockedSinceMs(): number | null
}

/**
 * Writes to one socket. Nothing is compressed or fragmented, so that the library writes each frame at once and ours may go between. While its client does not read, nothing is read of the client either: whatever it asks for, a pong or an
 * answer, would pile up here.
 * @param wire the connection below the socket
 * @param onDrained there is room again
 */
export function createWsWriter(socket: WebSocket, wire: Duplex, onDrained: () => void): WsWriter {
  let blockedSince: number | null = null

  /** @returns whether the socket takes this without being blocked by it */
  function hasRoom(): boolean {
    if (blockedSince === null && wire.writableLength < highWaterBytes) return true
    blockedSince ??= performance.now()
    socket.pause()
    return false
  }

  function write(frame: (written?: () => void) => void): void {
    if (socket.readyState !== socket.OPEN) return
    if (hasRoom()) frame()
    else frame(written)
  }

  function written(): void {
    if (blockedSince === null || wire.writableLength >= highWaterBytes) return
    blockedSince = null
    socket.resume()
    onDrained()
  }

  socket.on('ping', (data) => write((done) => socket.pong(data, false, done)))
  return {
    send: (text) => write((done) => socket.send(text, done)),
    sendFrame(frame) {
      if (socket.readyState !== socket.OPEN) return
      if (hasRoom()) wire.write(frame)
      else wire.write(frame, written)
    },
    blockedSinceMs: () => blockedSince,
  }
}
