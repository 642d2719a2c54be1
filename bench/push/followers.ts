import { WebSocket } from 'ws'

/** When a follower was told of each thing, by the name of the thing. */
export type Told = AsyncDisposable & { at(key: string): number | undefined }

// biome-ignore lint/suspicious/noExplicitAny: read by the two selections of the bench
type Payload = any

function createNotes() {
  const times = new Map<string, number>()
  return {
    at: (key: string) => times.get(key),
    take(text: string): void {
      const now = performance.now()
      const { data, errors }: Payload = JSON.parse(text)
      if (errors !== undefined) throw new Error(`Cannot follow: ${JSON.stringify(errors)}`)
      const order = data.orderStatusChanged?.order
      const position = data.stockMoved?.position
      const key = order ? `order ${order.number}` : `stock ${position?.variant.sku}@${position?.location.code}`
      if (!times.has(key)) times.set(key, now)
    },
  }
}

/** Follows each query by a connection of its own. */
export async function followByEvents(url: string, token: string, queries: readonly string[]): Promise<Told> {
  const notes = createNotes()
  const aborter = new AbortController()
  const reading: Promise<void>[] = []
  for (const query of queries) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
      signal: aborter.signal,
    })
    if (!response.ok || response.body === null) throw new Error(`Cannot follow: ${response.status}`)
    reading.push(read(response.body, notes.take))
  }
  return {
    at: notes.at,
    async [Symbol.asyncDispose]() {
      aborter.abort()
      await Promise.all(reading)
    },
  }
}

async function read(body: AsyncIterable<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of body) {
      const lines = (text + decoder.decode(chunk, { stream: true })).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('data: {')) take(line.slice('data: '.length))
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error
  }
}

/** Follows all queries over one socket; resolves when each has its place. */
export async function followBySocket(url: string, token: string, queries: readonly string[]): Promise<Told> {
  const notes = createNotes()
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const placed = new Set<string>()
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    })
    socket.on('message', (data) => {
      const message: Payload = JSON.parse(String(data))
      if (message.type === 'connection_ack') {
        for (const [id, query] of queries.entries()) {
          socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload: { query } }))
        }
      } else if (message.type === 'ping') {
        for (const id of Object.keys(message.payload?.cursors ?? {})) placed.add(id)
        if (placed.size === queries.length) resolve()
      } else if (message.type === 'next') notes.take(JSON.stringify(message.payload))
      else reject(new Error(`Cannot follow: ${data}`))
    })
  })
  return {
    at: notes.at,
    async [Symbol.asyncDispose]() {
      socket.terminate()
    },
  }
}
