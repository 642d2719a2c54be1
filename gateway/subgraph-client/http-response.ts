import type { HttpAnswer } from './exchange.ts'
import { type Head, isHeaderLine, malformed, maxHeadBytes, readHead } from './http-head.ts'

/** Reads the responses that come over one connection, one after the other. */
export type ResponseReader = {
  /**
   * @param bytes what came next; read during the call alone
   * @returns the response once it is whole
   * @throws Error when the bytes are no HTTP/1.1 response or its body is larger than allowed: the connection is then worth nothing
   */
  take(bytes: Buffer): HttpAnswer | undefined
  /** @returns the response that goes as far as its connection; undefined: the connection ended too early */
  end(): HttpAnswer | undefined
  /** After a whole response: how long the connection may lie idle before the next request, 0 when none may follow. */
  readonly keptMs: number
}

export type ResponseReaderOptions = {
  readonly maxBodyBytes: number
  readonly tooLarge: () => Error
  /** Longest a connection may lie idle, whatever the other side would allow. */
  readonly keepAliveMs: number
}

type State = 'head' | 'body' | 'body until end' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers'

const maxLineBytes = 1_024
const maxInterim = 10
/** What a chunk costs in memory beside its bytes: so the bound holds for a body in the smallest of them, too. */
const chunkBytes = 64

/**
 * Stricter than RFC 9112 asks of a client, since a response read otherwise than it was meant is the answer to somebody
 * else's request: no bare line feeds, no folded lines, one length and one only, nothing behind the end.
 */
export const createResponseReader = ({
  maxBodyBytes,
  tooLarge,
  keepAliveMs,
}: ResponseReaderOptions): ResponseReader => {
  let state: State = 'head'
  let held: Buffer | undefined
  let status = 0
  let isKept = false
  let keptMs = 0
  let idleMs = keepAliveMs
  let restBytes = 0
  let bodyBytes = 0
  let trailerBytes = 0
  let interim = 0
  let pieces: Buffer[] = []

  const hold = (bytes: Buffer, at: number, allowedBytes: number, what: string): undefined => {
    if (bytes.length - at > allowedBytes) throw malformed(`its ${what} is too large`)
    held = Buffer.from(bytes.subarray(at))
  }

  const whole = (text: string, hasMore: boolean): HttpAnswer => {
    keptMs = isKept && !hasMore ? idleMs : 0
    state = 'head'
    pieces = []
    interim = 0
    return { status, text }
  }

  const beginBody = (head: Head): void => {
    status = head.status
    isKept = head.isKept
    idleMs = Math.min(keepAliveMs, head.idleMs)
    bodyBytes = 0
    trailerBytes = 0
    restBytes = 0
    if (status < 200) {
      interim += 1
      if (status === 101 || interim > maxInterim) throw malformed(`its status is ${status}`)
    } else if (status === 204 || status === 304) state = 'body'
    else if (head.isChunked) state = 'chunk size'
    else if (head.lengthBytes === undefined) {
      isKept = false
      state = 'body until end'
    } else {
      restBytes = head.lengthBytes
      count(restBytes)
      state = 'body'
    }
  }

  const count = (bytes: number): void => {
    bodyBytes += bytes
    if (bodyBytes > maxBodyBytes) throw tooLarge()
  }

  const keep = (bytes: Buffer, from: number, to: number): void => {
    if (to > from) pieces.push(Buffer.from(bytes.subarray(from, to)))
  }

  const bodyText = (): string => Buffer.concat(pieces).toString('utf8')

  return {
    take(bytes) {
      const all = held === undefined ? bytes : Buffer.concat([held, bytes])
      held = undefined
      let at = 0
      for (;;) {
        switch (state) {
          case 'head': {
            const end = all.indexOf('\r\n\r\n', at, 'latin1')
            if (end === -1) return hold(all, at, maxHeadBytes, 'head')
            if (end - at > maxHeadBytes) throw malformed('its head is too large')
            beginBody(readHead(all.toString('latin1', at, end)))
            at = end + 4
            break
          }
          case 'body': {
            const end = at + restBytes
            if (end > all.length) {
              keep(all, at, all.length)
              restBytes = end - all.length
              return undefined
            }
            // Nearly always the whole of it came at once.
            if (pieces.length === 0) return whole(all.toString('utf8', at, end), end < all.length)
            keep(all, at, end)
            return whole(bodyText(), end < all.length)
          }
          case 'body until end':
            count(all.length - at)
            keep(all, at, all.length)
            return undefined
          case 'chunk size': {
            const end = all.indexOf('\r\n', at, 'latin1')
            if (end === -1) return hold(all, at, maxLineBytes, 'chunk size')
            restBytes = readChunkSize(all.toString('latin1', at, end))
            count(restBytes === 0 ? 0 : restBytes + chunkBytes)
            state = restBytes === 0 ? 'trailers' : 'chunk'
            at = end + 2
            break
          }
          case 'chunk': {
            const end = Math.min(all.length, at + restBytes)
            keep(all, at, end)
            restBytes -= end - at
            at = end
            if (restBytes > 0) return undefined
            state = 'chunk end'
            break
          }
          case 'chunk end':
            if (all.length - at < 2) return hold(all, at, 2, 'chunk')
            if (all[at] !== 13 || all[at + 1] !== 10) throw malformed('a chunk is longer than told')
            at += 2
            state = 'chunk size'
            break
          case 'trailers': {
            const end = all.indexOf('\r\n', at, 'latin1')
            if (end === -1) return hold(all, at, maxHeadBytes, 'trailer')
            if (end === at) return whole(bodyText(), end + 2 < all.length)
            trailerBytes += end - at
            if (trailerBytes > maxHeadBytes || !isHeaderLine(all.toString('latin1', at, end))) {
              throw malformed('its trailer is none')
            }
            at = end + 2
          }
        }
      }
    },
    end: () => (state === 'body until end' ? whole(bodyText(), true) : undefined),
    get keptMs() {
      return keptMs
    },
  }
}

const readChunkSize = (line: string): number => {
  const digits = /^([0-9a-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line)?.[1]
  if (digits === undefined) throw malformed('a chunk has no size')
  return Number.parseInt(digits, 16)
}
