import type { GraphQLSchema } from 'graphql'
import type { SubgraphTransport } from '../platform/subgraph/transport.ts'
import type { KeepableEntity, KeptEntities } from './executor/keepable.ts'
import type { TakeParts } from './executor/prepared.ts'
import type { Operation } from './operations.ts'
import type { ResultData } from './result-data.ts'

export type ExecutorCall = {
  readonly operation: Operation
  /** Answers `__schema` and `__type`: that of the version asked. */
  readonly schema: GraphQLSchema
  /** As the client sent them; the executor coerces. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Sent with every call to a subgraph. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** What this call may use of what is kept between calls. Default: nothing. */
  readonly kept?: KeptEntities | undefined
  /** Takes what is deferred; null for an answer at once. An executor may answer at once all the same. */
  readonly takeParts: TakeParts | null
}

export type ExecutorResult = {
  /** Absent: nothing was executed, e.g. a variable does not fit. */
  readonly data?: ResultData
  /** GraphQL errors, or what a subgraph sent, with paths in the client's terms. */
  readonly errors?: readonly unknown[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** Plans and runs operations over one supergraph. */
export type Executor = AsyncDisposable & {
  /** What clients may ask: without federation's own types and without what is inaccessible. */
  readonly apiSchema: GraphQLSchema
  /**
   * Does what can be done before an operation is executed, as far as it is kept for `execute`.
   *
   * @throws what `execute` would tell of an operation that cannot be planned
   */
  prepare?(operation: Operation, schema: GraphQLSchema): void
  /** Never rejects for a failed subgraph: its fields are null and an error tells why. */
  execute(call: ExecutorCall): Promise<ExecutorResult>
}

/**
 * @param keepable what calls may keep for later ones; an executor need not
 * @throws Error when the text is no supergraph it can run
 */
export type BuildExecutor = (
  supergraphSdl: string,
  transports: ReadonlyMap<string, SubgraphTransport>,
  keepable?: readonly KeepableEntity[],
) => Promise<Executor>
