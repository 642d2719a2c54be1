import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { StreamOrigin } from './open-operation.ts'
import type { RouteOf } from './route-of.ts'
import { closeCodes, serveWebSocket, type WsConnectionDeps } from './ws-connection.ts'

export type WsServerDeps = WsConnectionDeps & {
  readonly routeOf: RouteOf
  readonly messageLimitBytes: number
}

const subprotocol = 'graphql-transport-ws'

/** Takes WebSockets on an HTTP server that otherwise knows none. */
export function addWebSockets(server: Server, deps: WsServerDeps): Disposable {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: deps.messageLimitBytes,
    perMessageDeflate: false,
    // Pongs are written where what waits to be read is counted.
    autoPong: false,
    clientTracking: false,
    // One that is none of ours is answered all the same: else no client would learn by its close code why it is closed.
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : ([...offered][0] ?? false)),
  })
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = request.url?.split('?', 1)[0] ?? '/'
    const route = deps.routeOf(path)
    socket.on('error', () => {})
    if (route === null) {
      refuse(socket, '404 Not Found', '')
      return
    }
    if (!deps.connections.hasRoom()) {
      refuse(socket, '503 Service Unavailable', 'retry-after: 5\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      if (opened.protocol !== subprotocol) {
        opened.on('error', () => {})
        opened.close(closeCodes.wrongSubprotocol, 'Subprotocol not acceptable')
        setTimeout(() => opened.terminate(), 1_000).unref()
        return
      }
      serveWebSocket(opened, socket, originOf(request, path, route.version), deps)
    })
  }
  server.on('upgrade', onUpgrade)
  return {
    [Symbol.dispose]() {
      server.off('upgrade', onUpgrade)
      sockets.close()
    },
  }
}

function refuse(socket: Duplex, status: string, headers: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n${headers}\r\n`)
}

function originOf(request: IncomingMessage, path: string, version: string | undefined): Omit<StreamOrigin, 'signal'> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    const first = Array.isArray(value) ? value[0] : value
    // Kept as long as the socket: what only the handshake needs is left out.
    if (first !== undefined && !name.startsWith('sec-websocket')) headers[name] = first
  }
  return { path, version, address: request.socket.remoteAddress, headers }
}
