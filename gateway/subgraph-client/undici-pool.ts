import { gunzip } from 'node:zlib'
import { Pool } from 'undici'
import { fixedHeaders, type Poster } from './exchange.ts'

export type UndiciPoolOptions = {
  readonly url: URL
  readonly maxConnections: number
  readonly keepAliveMs: number
  readonly connectTimeoutMs: number
  readonly maxBodyBytes: number
  readonly tooLarge: () => Error
}

/**
 * Posts over undici's `dispatch`: `undici.request` and `fetch` build streams and header objects on top that nobody here
 * reads.
 */
export const createUndiciPool = (options: UndiciPoolOptions): Poster => {
  const { url, maxBodyBytes, tooLarge } = options
  const pool = new Pool(url.origin, {
    connections: options.maxConnections,
    connect: { timeout: options.connectTimeoutMs },
    keepAliveTimeout: options.keepAliveMs,
  })
  const path = url.pathname + url.search
  return {
    post(body, headers, ended) {
      let abort: ((reason?: Error) => void) | undefined
      let isAborted = false
      let status = 0
      let coding = ''
      let bytes = 0
      const pieces: Buffer[] = []
      pool.dispatch(
        { path, method: 'POST', headers: listOf(headers), body, headersTimeout: 0, bodyTimeout: 0 },
        {
          onConnect: (abortRequest) => {
            if (isAborted) abortRequest()
            else abort = abortRequest
          },
          onHeaders: (code, rawHeaders) => {
            status = code
            coding = codingOf(rawHeaders)
            return true
          },
          onData: (piece) => {
            bytes += piece.length
            if (bytes > maxBodyBytes) abort?.(tooLarge())
            else pieces.push(piece)
            return true
          },
          onComplete: () => {
            const body = Buffer.concat(pieces)
            const answer = (bytes: Buffer) => ended.answer({ status, text: bytes.toString('utf8') })
            if (coding === '' || coding === 'identity') answer(body)
            else if (coding !== 'gzip') ended.fail(new Error(`Cannot read the response: its coding is not gzip`))
            else {
              gunzip(body, { maxOutputLength: maxBodyBytes }, (error, bytes) => {
                if (error === null) answer(bytes)
                else ended.fail(isTooLarge(error) ? tooLarge() : error)
              })
            }
          },
          onError: (cause) => ended.fail(cause),
        },
      )
      return () => {
        isAborted = true
        abort?.()
      }
    },
    destroy: () => pool.destroy(),
  }
}

/** The connection leaves the machine: what is sent costs more than to read it compressed. */
const ownHeaders = [...fixedHeaders, ['accept-encoding', 'gzip']].flat()

/** @param headers names and values by turns */
const codingOf = (headers: readonly Buffer[]): string => {
  const at = headers.findIndex((name, index) => index % 2 === 0 && /^content-encoding$/i.test(name.toString('latin1')))
  return at === -1 ? '' : (headers[at + 1] ?? '').toString('latin1').trim().toLowerCase()
}

const isTooLarge = (error: Error): boolean => 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'

const listOf = (headers: Readonly<Record<string, string>>): string[] => {
  const list = [...ownHeaders]
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) list.push(name, value)
  }
  return list
}
