/** The limit: a bare `ws` server that sends every client the same text. Texts come on standard input, a line each. */
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { type WebSocket, WebSocketServer } from 'ws'

const server = createServer()
const sockets = new Set<WebSocket>()
new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false }).on('connection', (socket) => {
  sockets.add(socket)
  socket.on('error', () => {})
  socket.on('close', () => sockets.delete(socket))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(`listening http://127.0.0.1:${address.port}`)
})
createInterface({ input: process.stdin }).on('line', (line) => {
  for (const socket of sockets) socket.send(line)
})
