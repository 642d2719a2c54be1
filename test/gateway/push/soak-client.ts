import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'

export type Transport = 'websocket' | 'sse' | 'multipart'

// biome-ignore lint/suspicious/noExplicitAny: what came is checked by whoever counts it
type Payload = any

export type SoakClient = {
  readonly transport: Transport
  /** What was kept of the stream's payloads, in the order they came, over all connections; whatever else came as it was. */
  readonly told: Payload[]
  /** How often it came back. */
  connects(): number
  /** Breaks the connection off as a network would. */
  breakOff(): void
  stop(): Promise<void>
}

/** Follows one stream for as long as it takes: comes back with its last cursor whenever the connection is lost. */
export function startSoakClient(options: {
  readonly urls: readonly string[]
  readonly transport: Transport
  readonly query: string
  /** Where to go on at first. */
  readonly cursor: string
  /** Milliseconds it takes to deal with a message. */
  readonly slowMs: number
  /** What of a payload is looked at in the end: millions are kept. */
  readonly keep: (payload: Payload) => unknown
}): SoakClient {
  const { urls, transport, query, slowMs, keep } = options
  const told: Payload[] = []
  let { cursor } = options
  let connects = 0
  let stopped = false
  let breakOff = (): void => {}

  function take(payload: Payload): void {
    if (payload.errors !== undefined || payload.data == null) {
      if (payload.errors?.[0]?.extensions?.code !== 'SHUTTING_DOWN') told.push({ errors: payload.errors })
      return
    }
    told.push(keep(Object.values(payload.data)[0]))
    cursor = payload.extensions.cursor
  }

  async function overWebSocket(url: string): Promise<void> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    socket.on('error', () => {})
    breakOff = () => socket.terminate()
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => {
      const message = JSON.parse(String(data))
      if (message.type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, extensions: { cursor } } }))
      } else if (message.type === 'next') {
        take(message.payload)
        if (slowMs > 0) {
          socket.pause()
          setTimeout(() => socket.readyState === socket.OPEN && socket.resume(), slowMs)
        }
      } else if (message.type === 'error') {
        told.push({ errors: message.payload })
        socket.terminate()
      }
    })
    await new Promise((resolve) => socket.once('close', resolve))
  }

  async function overHttp(url: string): Promise<void> {
    const aborter = new AbortController()
    breakOff = () => aborter.abort()
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: transport === 'sse' ? 'text/event-stream' : 'multipart/mixed;subscriptionSpec=1.0',
        ...(transport === 'sse' && { 'last-event-id': cursor }),
      },
      body: JSON.stringify({ query, ...(transport === 'multipart' && { extensions: { cursor } }) }),
      signal: aborter.signal,
    })
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('data: {')) take(JSON.parse(line.slice(6)))
        else if (line.startsWith('{"payload":{')) take(JSON.parse(line).payload)
      }
      if (slowMs > 0) await wait(slowMs)
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const url = urls[connects % urls.length] ?? ''
      connects += 1
      await (transport === 'websocket' ? overWebSocket(url) : overHttp(url)).catch(() => {})
      await wait(20 + Math.random() * 80)
    }
  }

  const running = run()
  return {
    transport,
    told,
    connects: () => connects,
    breakOff: () => breakOff(),
    async stop() {
      stopped = true
      breakOff()
      await running
    },
  }
}
