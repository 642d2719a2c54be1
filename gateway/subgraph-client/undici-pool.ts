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
      let bytes = 0
      const pieces: Buffer[] = []
      pool.dispatch(
        { path, method: 'POST', headers: listOf(headers), body, headersTimeout: 0, bodyTimeout: 0 },
        {
          onConnect: (abortRequest) => {
            if (isAborted) abortRequest()
            else abort = abortRequest
          },
          onHeaders: (code) => {
            status = code
            return true
          },
          onData: (piece) => {
            bytes += piece.length
            if (bytes > maxBodyBytes) abort?.(tooLarge())
            else pieces.push(piece)
            return true
          },
          onComplete: () => ended.answer({ status, text: Buffer.concat(pieces).toString('utf8') }),
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

const listOf = (headers: Readonly<Record<string, string>>): string[] => {
  const list = fixedHeaders.flat()
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) list.push(name, value)
  }
  return list
}
