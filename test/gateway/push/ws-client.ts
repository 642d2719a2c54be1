import { once } from 'node:events'
import { WebSocket } from 'ws'
import { until } from '../../support/until.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
export type Message = any

/** A client that speaks the protocol's words one by one, and keeps what it is told. */
export type WsClient = Disposable & {
  readonly socket: WebSocket
  readonly messages: Message[]
  send(message: unknown): void
  sendRaw(data: string | Uint8Array): void
  /** The next message that is not a ping. */
  next(): Promise<Message>
  /** `next` messages of one operation so far, their payloads. */
  told(id: string): Message[]
  /** Where the client stands with one operation. */
  cursor(id: string): string | undefined
  closed: Promise<{ readonly code: number; readonly reason: string }>
}

export async function connect(
  url: string,
  options: {
    readonly protocol?: string | null
    readonly init?: Record<string, unknown> | null
    readonly headers?: Record<string, string>
  } = {},
): Promise<WsClient> {
  const { protocol = 'graphql-transport-ws', init = {} } = options
  const address = `${url.replace(/^http/, 'ws')}/graphql`
  const socket =
    protocol === null
      ? new WebSocket(address, { headers: options.headers })
      : new WebSocket(address, protocol, { headers: options.headers })
  const messages: Message[] = []
  const cursors = new Map<string, string>()
  let read = 0
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  socket.on('error', () => {})
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    messages.push(message)
    if (message.type === 'ping') {
      for (const [id, cursor] of Object.entries(message.payload?.cursors ?? {})) cursors.set(id, String(cursor))
    }
    if (message.type === 'next' && message.payload.extensions?.cursor !== undefined) {
      cursors.set(message.id, message.payload.extensions.cursor)
    }
  })
  await Promise.race([once(socket, 'open'), closed])
  const client: WsClient = {
    socket,
    messages,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    sendRaw: (data) => socket.send(data),
    next: () =>
      until('a message comes', () => {
        while (messages[read]?.type === 'ping' && messages[read]?.payload?.cursors !== undefined) read += 1
        const message = messages[read]
        if (message !== undefined) read += 1
        return message
      }),
    told: (id) => messages.filter((one) => one.type === 'next' && one.id === id).map(({ payload }) => payload),
    cursor: (id) => cursors.get(id),
    [Symbol.dispose]: () => socket.terminate(),
  }
  if (init !== null && socket.readyState === WebSocket.OPEN) {
    client.send({ type: 'connection_init', payload: init })
    await until('the connection is acknowledged', () => messages.some(({ type }) => type === 'connection_ack'))
    read = messages.length
  }
  return client
}

/** Subscribes and waits until the gateway says where the stream begins. */
export async function follow(
  client: WsClient,
  id: string,
  query: string,
  variables: Record<string, unknown> = {},
  extensions?: Record<string, unknown>,
): Promise<void> {
  client.send({ id, type: 'subscribe', payload: { query, variables, ...(extensions && { extensions }) } })
  await until(`stream ${id} is open`, () => client.cursor(id) ?? client.messages.some((one) => one.id === id), 8_000)
}

export const orderQuery = `subscription Orders($ids: [ID!], $channels: [ID!], $after: EventCursor, $initial: InitialState! = NONE) {
  orderChanged(ids: $ids, channels: $channels, after: $after, initial: $initial) {
    __typename
    ... on OrderEvent { cursor eventId sequence to order { id status packer } }
    ... on OrderSnapshot { cursor order { id status } }
    ... on StreamGap { fromCursor toCursor reason resyncWith }
  }
}`
