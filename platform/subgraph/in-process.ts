import { AppError } from '../errors/app-error.ts'
import { isPromise } from '../maybe-promise.ts'
import type { HostedRequest, SubgraphHost } from './host.ts'
import type { SubgraphRequest, SubgraphResponse, SubgraphTransport } from './transport.ts'

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
    classOf: host.classOf,
    call(request) {
      if (closed) return Promise.reject(unavailable(host.name))
      if (request.signal.aborted) return Promise.reject(timedOut(host.name))
      const call = new HostedCall(request)
      const answered = host.handle(call)
      // What was in memory is answered before a deadline could be set.
      if (!isPromise(answered)) return answered
      return new Promise<SubgraphResponse>((resolve, reject) => {
        const giveUp = () => {
          settle()
          call.abort()
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

/** Its signal is made when it is first asked for: most calls are answered from memory and ask for none, and one costs as much as 20 reads. */
class HostedCall implements HostedRequest {
  readonly query: string
  readonly variables: SubgraphRequest['variables']
  readonly operationName: SubgraphRequest['operationName']
  readonly headers: SubgraphRequest['headers']
  readonly wantsLasting: boolean
  private aborter: AbortController | undefined = undefined
  private isAborted = false

  constructor({ query, variables, operationName, headers, wantsLasting }: SubgraphRequest) {
    this.query = query
    this.variables = variables
    this.operationName = operationName
    this.headers = headers
    this.wantsLasting = wantsLasting === true
  }

  get signal(): AbortSignal {
    this.aborter ??= new AbortController()
    if (this.isAborted) this.aborter.abort()
    return this.aborter.signal
  }

  abort(): void {
    this.isAborted = true
    this.aborter?.abort()
  }
}

function timedOut(name: string): AppError {
  return new AppError('UPSTREAM_TIMEOUT', `Cannot read ${name}: it did not answer in time`)
}

function unavailable(name: string): AppError {
  return new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it is shutting down`)
}
