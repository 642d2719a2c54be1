import { Pool } from 'undici'
import { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphResponse, SubgraphTransport } from '../../platform/subgraph/transport.ts'

/** The least that reaches a subgraph over HTTP, to test the serving side without the gateway's own client. */
export function createTestTransport(name: string, url: string): SubgraphTransport {
  const { origin, pathname } = new URL('/graphql', url)
  const pool = new Pool(origin, { connections: 4 })
  return {
    name,
    async call({ query, variables, operationName, headers, signal }) {
      try {
        const { body } = await pool.request({
          method: 'POST',
          path: pathname,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables, operationName }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(3_000)]),
        })
        return (await body.json()) as SubgraphResponse
      } catch (cause) {
        const isLate = signal.aborted || (cause instanceof Error && cause.name === 'TimeoutError')
        const isGarbage = cause instanceof SyntaxError
        const code = isLate ? 'UPSTREAM_TIMEOUT' : isGarbage ? 'UPSTREAM_INVALID_RESPONSE' : 'UPSTREAM_UNAVAILABLE'
        throw new AppError(code, `Cannot read ${name}: no answer`, { cause })
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}
