import { fixedHeaders, type Poster } from './exchange.ts'
import { type Connection, type ConnectionOwner, openConnection, type Posting } from './http-connection.ts'
import type { ResponseReaderOptions } from './http-response.ts'

export type HttpPoolOptions = ResponseReaderOptions & {
  /** Of http. */
  readonly url: URL
  readonly maxConnections: number
}

/** Requests that may wait for a connection; a further one fails at once. */
const maxWaiting = 10_000
const sweepMs = 5_000

/**
 * Posts over kept connections of plain HTTP/1.1, a request at a time on each. Measured beside undici's pool in
 * docs/decisions/015-http-client.md.
 */
export const createHttpPool = ({ url, maxConnections, ...reading }: HttpPoolOptions): Poster => {
  const address = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? 80 : url.port) }
  const headOf = createHeadOf(url)
  const connections = new Set<Connection>()
  const idle: Connection[] = []
  const waiting = new Set<Posting>()
  let isClosed = false

  const lend = (posting: Posting): void => {
    const nowMs = performance.now()
    // The one used last first, so that the others grow old.
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.isFresh(nowMs)) {
        connection.send(posting)
        return
      }
      connection.destroy()
    }
    if (connections.size < maxConnections) {
      const connection = openConnection(address, reading, owner)
      connections.add(connection)
      connection.send(posting)
    } else if (waiting.size < maxWaiting) waiting.add(posting)
    else posting.ended.fail(new Error('Cannot send the request: too many wait for a connection'))
  }

  const takeWaiting = (): Posting | undefined => {
    const [next] = waiting
    if (next !== undefined) waiting.delete(next)
    return next
  }

  const owner: ConnectionOwner = {
    freed(connection) {
      const next = takeWaiting()
      if (next === undefined) idle.push(connection)
      else connection.send(next)
    },
    closed(connection) {
      connections.delete(connection)
      const at = idle.indexOf(connection)
      if (at !== -1) idle.splice(at, 1)
      const next = isClosed ? undefined : takeWaiting()
      if (next !== undefined) lend(next)
    },
  }

  const sweep = setInterval(() => {
    const nowMs = performance.now()
    for (const connection of idle.filter((one) => !one.isFresh(nowMs))) connection.destroy()
  }, sweepMs)
  sweep.unref()

  return {
    post(body, headers, ended) {
      const head = isClosed ? undefined : headOf(headers)
      if (head === undefined) {
        ended.fail(new Error(`Cannot send the request: ${isClosed ? 'the pool is closed' : 'a header is malformed'}`))
        return noAbort
      }
      const bytes = Buffer.byteLength(body)
      const posting: Posting = {
        head: `${head}content-length: ${bytes}\r\n\r\n`,
        body,
        isBodyAscii: bytes === body.length,
        ended,
        connection: undefined,
      }
      lend(posting)
      return () => {
        if (posting.connection === undefined) waiting.delete(posting)
        else posting.connection.destroy(posting)
      }
    },
    async destroy() {
      isClosed = true
      clearInterval(sweep)
      const left = [...waiting]
      waiting.clear()
      for (const connection of connections) connection.destroy()
      for (const { ended } of left) ended.fail(new Error('Cannot send the request: the pool is closed'))
    },
  }
}

const noAbort = (): void => {}

type Headers = Readonly<Record<string, string>>

/** All calls of one request carry the same headers object, so the text of the last one is kept. Undefined: malformed. */
const createHeadOf = (url: URL): ((headers: Headers) => string | undefined) => {
  const fixed = fixedHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const start = `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n${fixed}`
  let last: Headers | undefined
  let lastText: string | undefined
  return (headers) => {
    if (headers === last) return lastText
    let text: string | undefined = start
    for (const name in headers) {
      const value = headers[name]
      if (value === undefined) continue
      if (!token.test(name) || unsendable.test(value)) {
        text = undefined
        break
      }
      text += `${name}: ${value}\r\n`
    }
    last = headers
    lastText = text
    return text
  }
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const unsendable = /[^\t\x20-\x7e\x80-\xff]/
