import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import type { Viewer } from '../platform/identity/viewer.ts'
import type { Authorizer } from './authorize/authorizer.ts'
import type { Lane } from './lanes/lanes.ts'
import type { Operation, OperationStore } from './operations.ts'
import type { Data, ResultData } from './result-data.ts'
import type { SupergraphRules } from './supergraph-rules.ts'

/** What a transport hands to the pipeline: GraphQL's own parameters and how they came. */
export type GatewayRequest = {
  /** Absent: the document is named by its hash in `extensions.persistedQuery`. */
  readonly query: string | undefined
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly extensions: Readonly<Record<string, unknown>> | undefined
  /** False where the transport promises to change nothing (GET). */
  readonly mayMutate: boolean
  /** Path the request came to, e.g. `/graphql`. */
  readonly path: string
  /** The version its path names, e.g. `2026-10`. */
  readonly version: string | undefined
  /** The client's address as the socket, or a trusted proxy, tells it. */
  readonly address: string | undefined
  /** Lower-case names; of a repeated header the first value. */
  readonly headers: Readonly<Record<string, string>>
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
  /** What aborts `signal`, lent so that the deadline may too. Absent: the gateway follows the signal with one of its own. */
  readonly aborter?: AbortController
  /** Who asks, where this process itself asks in somebody's name; nothing that comes from outside sets it. */
  readonly viewer?: Viewer
  /** How a transport that can stream opens a subscription once all stages let it pass. Absent: it cannot. */
  readonly subscribe?: (exchange: Exchange) => Promise<GraphQLResult>
  /** Takes what `@defer` puts apart, in a transport that can send an answer in parts. */
  readonly takeParts?: TakeParts
}

/**
 * Takes the parts of an answer when they are ready. What the stages give in the end is the whole answer all the same, so
 * nothing that looks at answers has to know of parts.
 */
export type TakeParts = {
  /** @param headers as in `Answer`, as far as they are known */
  initial(result: GraphQLResult, headers: Readonly<Record<string, string>>): void
  /** @returns false when nobody takes more */
  later(parts: readonly DeferredPart[], isLast: boolean): boolean
}

/** What a deferred fragment adds to one object. */
export type DeferredPart = {
  /** null: a null went up all the way, and the object stays as it is. */
  readonly data: Data
  /** Of the object, in the client's keys. */
  readonly path: readonly (string | number)[]
  readonly label?: string
  readonly errors?: readonly GraphQLFormattedError[]
}

export type GraphQLResult = {
  /** Absent: refused before it was executed. */
  readonly data?: ResultData
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
  /** null: nobody takes parts, or a stage wants the answer whole. */
  takeParts: TakeParts | null
  /** Set by `identify`; anonymous before it. */
  viewer: Viewer
  /** Set by `version`; the whole API schema before it. */
  version: SchemaVersion
  /** Set by `parse`; what is asked. From `authorize` on without what the viewer may not have. */
  operation: Operation | null
  /** Set by `cost`; points to be charged before execution. */
  requestedCost: number
  /** Set by `rate` for a subscription: takes the price of an event it is told, and says how many ms it must wait; 0: it is taken. */
  payForEvent: (() => number | Promise<number>) | null
  /** Set by `cost`; the lane it runs in and is charged in. */
  lane: Lane
}

/** One public version of the schema, as one supergraph has it. */
export type SchemaVersion = {
  /** `2026-10`, or `unversioned` where nothing is versioned. */
  readonly name: string
  readonly schema: GraphQLSchema
}

/** One supergraph ready to answer, with all that was derived from it. */
export type Supergraph = {
  /** Changes with the text: the first 12 hex digits of its SHA-256. */
  readonly id: string
  readonly apiSchema: GraphQLSchema
  /** Whole, and the version of a request that reaches no `version` stage. */
  readonly unversioned: SchemaVersion
  /** By name; empty where nothing is versioned. */
  readonly versions: ReadonlyMap<string, SchemaVersion>
  /** What its SDL says beyond types. */
  readonly rules: SupergraphRules
  /** Who may have what of it. */
  readonly authorizer: Authorizer
  /** Of all versions. */
  readonly operations: OperationStore
  /**
   * Does ahead what the first request of an operation would wait for, as far as the executor can.
   *
   * @throws what the executor throws of an operation that cannot be planned
   */
  ready(operation: Operation, version: SchemaVersion): void
  /** Executes the operation of the exchange. */
  run(exchange: Exchange): Promise<GraphQLResult>
}
