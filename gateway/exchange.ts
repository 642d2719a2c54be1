import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import type { Viewer } from '../platform/identity/viewer.ts'
import type { Operation, OperationStore } from './operations.ts'

/** What a transport hands to the pipeline: GraphQL's own parameters and how they came. */
export type GatewayRequest = {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly extensions: Readonly<Record<string, unknown>> | undefined
  /** False where the transport promises to change nothing (GET). */
  readonly mayMutate: boolean
  /** Path the request came to, e.g. `/graphql`. */
  readonly path: string
  /** Lower-case names; of a repeated header the first value. */
  readonly headers: Readonly<Record<string, string>>
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

export type GraphQLResult = {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly GraphQLFormattedError[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** What a transport sends back. No `data` member: the request was refused before it was executed. */
export type Answer = {
  readonly result: GraphQLResult
  /** Lower-case names; set by stages for the client. */
  readonly headers: Readonly<Record<string, string>>
}

/** One request on its way through the stages. Each field that can change says which stage sets it. */
export type Exchange = {
  readonly request: GatewayRequest
  readonly correlationId: string
  /** W3C trace context as the client sent it. */
  readonly traceparent: string | undefined
  /** Aborts at the deadline or when the client is gone. */
  readonly signal: AbortSignal
  /** The supergraph the request began with; a swap meanwhile does not touch it. */
  readonly supergraph: Supergraph
  /** Any stage may add to it. */
  readonly answerHeaders: Record<string, string>
  /** Set by `identify`; anonymous before it. */
  viewer: Viewer
  /** Set by `parse`; what is asked. */
  operation: Operation | null
}

/** One supergraph ready to answer, with all that was derived from it. */
export type Supergraph = {
  /** Changes with the text: the first 12 hex digits of its SHA-256. */
  readonly id: string
  readonly apiSchema: GraphQLSchema
  readonly operations: OperationStore
  /** Executes the operation of the exchange. */
  run(exchange: Exchange): Promise<GraphQLResult>
}
