import type { MaybePromise } from '../maybe-promise.ts'
import type { Lasting } from './lasting.ts'

/** One GraphQL call from the gateway to a subgraph: GraphQL over HTTP, whether or not a socket lies between. */
export type SubgraphRequest = {
  /** Document text; the same text means the same document, so a transport may cache by it. */
  readonly query: string
  /** `query` as a JSON string literal, where the caller has it at hand. */
  readonly queryJson?: string
  readonly variables?: Readonly<Record<string, unknown>> | undefined
  /** The variables as JSON text, in place of `variables`; given only to transports that take text. */
  readonly variablesJson?: string
  readonly operationName?: string | undefined
  readonly kind: 'query' | 'mutation'
  /** Whether `lasting` of the answer is of use. */
  readonly wantsLasting?: boolean
  /** Lower-case names. Carries the viewer's internal token, correlation id and trace context. */
  readonly headers: Readonly<Record<string, string>>
  /** Aborts at the request's deadline or when the client is gone. */
  readonly signal: AbortSignal
}

export type SubgraphError = {
  readonly message: string
  /** In the subgraph's own terms: for entity fetches it begins with `_entities`, index. */
  readonly path?: readonly (string | number)[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

export type SubgraphResponse = {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly SubgraphError[]
  readonly extensions?: Readonly<Record<string, unknown>>
  /** Of what a subgraph of the same process answered at once and without errors: it can be given again. */
  readonly lasting?: Lasting
}

/**
 * Reaches one subgraph. Both transports (in-process and HTTP) carry the same request to the same handler,
 * so splitting a deployment changes no behaviour.
 *
 * @throws AppError `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT` or `UPSTREAM_INVALID_RESPONSE`; GraphQL errors are values.
 */
export type SubgraphTransport = AsyncDisposable & {
  readonly name: string
  /** Present: variables may come as `variablesJson`, which spares whoever writes them to a socket one serialisation. */
  readonly takesText?: true
  /**
   * Present: its answers may be lasting. The same text for viewers whom it answers the same; undefined where the headers name
   * no viewer.
   */
  readonly classOf?: ((headers: SubgraphRequest['headers']) => string | undefined) | undefined
  /** The answer belongs to the caller, who may change it. At once where nothing is waited for. */
  call(request: SubgraphRequest): MaybePromise<SubgraphResponse>
}
