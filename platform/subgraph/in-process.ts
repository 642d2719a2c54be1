import { AppError } from '../errors/app-error.ts'
import { isPromise } from '../maybe-promise.ts'
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
      const { query, variables, operationName, headers } = request
      const deadline = new LazyAborter()
      const answered = host.handle({
        query,
        ...(variables === undefined ? undefined : { variables }),
        ...(operationName === undefined ? undefined : { operationName }),
        headers,
        get signal() {
          return deadline.signal
        },
      })
      // What was in memory is answered before a deadline could be set.
      if (!isPromise(answered)) return answered
      return new Promise<SubgraphResponse>((resolve, reject) => {
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
        answered.then(
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

/** Makes its signal when it is first asked for: most calls are answered from memory and ask for none, and one costs as much as 20 reads. */
class LazyAborter {
  #controller: AbortController | undefined
  #isAborted = false

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isAborted) this.#controller.abort()
    return this.#controller.signal
  }

  abort(): void {
    this.#isAborted = true
    this.#controller?.abort()
  }
}

function timedOut(name: string): AppError {
  return new AppError('UPSTREAM_TIMEOUT', `Cannot read ${name}: it did not answer in time`)
}

function unavailable(name: string): AppError {
  return new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it is shutting down`)
}
