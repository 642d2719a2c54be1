/** A process of many WebSocket clients: argv URL, count, `graphql` or `bare`. Tells lags once a second, in milliseconds. */
import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'

const [, , url = '', count = '0', kind = 'graphql'] = process.argv
const query = 'subscription { orderChanged { ... on OrderEvent { cursor sequence to order { id status } } } }'
let open = 0
let told = 0
let lags: number[] = []

function connect(): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, kind === 'graphql' ? 'graphql-transport-ws' : undefined, {
      perMessageDeflate: false,
    })
    socket.on('open', () => {
      if (kind === 'graphql') socket.send('{"type":"connection_init"}')
      else ready()
    })
    socket.on('message', (data) => {
      const text = String(data)
      if (text === '{"type":"connection_ack"}') {
        socket.send(JSON.stringify({ id: randomUUID(), type: 'subscribe', payload: { query } }))
      } else if (text.startsWith('{"type":"ping"')) ready()
      else {
        told += 1
        lags.push(Date.now() - Number(/"to":"(\d+)"/.exec(text)?.[1]))
      }
    })
    socket.on('error', () => resolve())
    socket.on('close', () => {
      open -= 1
    })
    let isReady = false
    function ready(): void {
      if (isReady) return
      isReady = true
      open += 1
      resolve()
    }
  })
}

for (let made = 0; made < Number(count); made += 100) {
  await Promise.all(Array.from({ length: Math.min(100, Number(count) - made) }, connect))
}
console.log(`open ${open}`)
setInterval(() => {
  console.log(`told ${JSON.stringify({ open, told, lags })}`)
  lags = []
}, 1_000)
