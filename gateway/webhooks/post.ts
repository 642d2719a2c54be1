import { lookup } from 'node:dns/promises'
import { Client } from 'undici'
import { AppError } from '../../platform/errors/app-error.ts'
import type { PinnedTarget, Resolve } from './target.ts'

export type PostAnswer = {
  readonly status: number
  /** Seconds or a date, as the receiver wrote it; null when it did not. */
  readonly retryAfter: string | null
}

export type PostRequest = {
  readonly target: PinnedTarget
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For everything together: connection, answer, what is read of its body. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const mostRead = 65_536

/**
 * One POST on a connection of its own to a pinned address. Redirects are not followed; of the answer's body at most
 * 64 KB are read, and thrown away.
 * @throws Error when there was no answer in time; its `message` names no address
 */
export async function post({ target, headers, body, timeoutMs, signal }: PostRequest): Promise<PostAnswer> {
  const { url, address, family } = target
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const client = new Client(url.origin, {
    pipelining: 1,
    connect: {
      timeout: timeoutMs,
      // The name still decides the certificate; where it leads has been decided before.
      lookup: (_hostname, options, callback) => {
        if (options.all) callback(null, [{ address, family }])
        else callback(null, address, family)
      },
    },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 16_384,
  })
  try {
    const answer = await client.request({
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      headers,
      body,
      signal: deadline,
    })
    const retryAfter = answer.headers['retry-after']
    let sizeBytes = 0
    try {
      for await (const chunk of answer.body) {
        sizeBytes += chunk.length
        if (sizeBytes > mostRead) break
      }
    } catch (error) {
      // The status says whether it was taken; a body that breaks off or never ends says nothing.
      if (signal.aborted) throw error
    }
    return { status: answer.statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : null }
  } catch (cause) {
    throw new Error(deadline.aborted && !signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause), {
      cause,
    })
  } finally {
    await client.destroy()
  }
}

/** Asks the system's resolver. @throws AppError `BAD_USER_INPUT` when the name leads nowhere */
export const resolveBySystem: Resolve = async (hostname, signal) => {
  try {
    const found = await Promise.race([lookup(hostname, { all: true, verbatim: true }), rejectOn(signal)])
    return found.map(({ address }) => address)
  } catch (cause) {
    throw new AppError('BAD_USER_INPUT', 'Cannot deliver to the url: its name leads to no address', { cause })
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new Error('the wait for a name has ended'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'the host is not reachable',
  ENETUNREACH: 'the network is not reachable',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_SOCKET: 'the connection was cut',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is of another name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate cannot be verified',
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return reasons[code] ?? 'the connection failed'
}
