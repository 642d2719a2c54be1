// Follows a stream by WebSocket and goes on where it was, whatever happens in between. Needs graphql-ws and ws.
//   node docs/clients/node.mjs http://127.0.0.1:4000 "$TOKEN"
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

const [, , url = 'http://127.0.0.1:4000', token] = process.argv
// The client sends this same object again whenever it connects again: keeping the place in it is all it takes.
const payload = {
  query: `subscription Orders {
    orderStatusChanged {
      ... on OrderStatusEvent { from to order { number } }
      ... on StreamGap { reason resyncWith }
    }
  }`,
  extensions: {},
}
const client = createClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  webSocketImpl: WebSocket,
  retryAttempts: Number.POSITIVE_INFINITY,
  connectionParams: token === undefined ? {} : { authorization: `Bearer ${token}` },
  on: {
    // Before anything was told, and while nothing happens, the gateway says by pings where the stream stands.
    ping: (_received, told) => {
      for (const cursor of Object.values(told?.cursors ?? {})) payload.extensions.cursor = cursor
    },
  },
})
client.subscribe(payload, {
  next({ data, errors, extensions }) {
    console.log(JSON.stringify(data ?? errors))
    // Once what was told is dealt with; not before.
    if (extensions?.cursor !== undefined) payload.extensions.cursor = extensions.cursor
  },
  error: (error) => console.error(error),
  complete: () => console.log('complete'),
})
