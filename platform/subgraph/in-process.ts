import { AppError } from '../errors/app-error.ts'
import type { SubgraphHost } from './host.ts'
import type { SubgraphResponse, SubgraphTransport } from './transport.ts'

/**
 * Reaches a subgraph of the same process: no socket and no JSON in between, otherwise what `serveSubgraph` and an
 * HTTP client do.
 * @param options `timeoutMs`: longest a call may take
 */
export function createInProcessTransport(
  host: SubgraphHost,
  options: { readonly timeoutMs: number },
): SubgraphTransport {
  let closed = false
  return {
    name: host.name,
    call(request) {
      if (closed) return Promise.reject(unavailable(host.name))
      if (request.signal.aborted) return Promise.reject(timedOut(host.name))
      return new Promise<SubgraphResponse>((resolve, reject) => {
        const deadline = new AbortController()
        const giveUp = () => {
          settle()
          deadline.abort()
          reject(timedOut(host.name))
        }
        const timer = setTimeout(giveUp, options.timeoutMs)
        const settle = () => {
          clearTimeout(timer)
          request.signal.removeEventListener('abort', giveUp)
        }
        request.signal.addEventListener('abort', giveUp, { once: true })
        host.handle({ ...request, signal: deadline.signal }).then(
          (response) => {
            settle()
            resolve(response)
          },
          (cause) => {
            settle()
            reject(AppError.from(cause))
          },
        )
      })
    },
    async [Symbol.asyncDispose]() {
      closed = true
    },
  }
}

function timedOut(name: string): AppError {
  return new AppError('UPSTREAM_TIMEOUT', `Cannot read ${name}: it did not answer in time`)
}

function unavailable(name: string): AppError {
  return new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it is shutting down`)
}
