import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** A wire that can be cut: forwards to `target` while it is up, refuses connections while it is down. */
export type TcpProxy = AsyncDisposable & {
  readonly port: number
  down(): Promise<void>
  up(): Promise<void>
}

export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let server: Server | null = null
  let port = 0
  const track = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const up = async (): Promise<void> => {
    server = createServer((incoming) => {
      const outgoing = track(createConnection(target))
      track(incoming).pipe(outgoing)
      outgoing.pipe(incoming)
      incoming.on('close', () => outgoing.destroy())
      outgoing.on('close', () => incoming.destroy())
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) port = address.port
  }
  const down = async (): Promise<void> => {
    if (server === null) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
    server = null
  }
  await up()
  return {
    get port() {
      return port
    },
    up,
    down,
    [Symbol.asyncDispose]: down,
  }
}
