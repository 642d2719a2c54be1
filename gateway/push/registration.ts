import type { GraphQLFormattedError } from 'graphql'
import type { RecordedEvent } from '../../platform/event-log/event-log.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Operation } from '../operations.ts'
import type { EventGraph, PreparedStream } from './event-graph.ts'
import type { StreamArguments } from './stream-arguments.ts'

/** A selection someone follows: what, with which variables, in whose name. */
export type Registration = {
  readonly operation: Operation
  readonly variables: Readonly<Record<string, unknown>>
  readonly viewer: Viewer
  /** Name of the API version it was validated against. */
  readonly version: string
}

/** A registration planned over one supergraph. */
export type Plan = {
  readonly graph: EventGraph
  readonly prepared: PreparedStream
  readonly args: StreamArguments
}

/** One message to a client. The same object goes to everyone who is told the same. */
export type Delivery = {
  readonly kind: 'event' | 'snapshot' | 'gap'
  /** The GraphQL result as JSON: `errors`, `data`, `extensions.cursor`. */
  readonly text: string
  readonly cursor: string
  /** What it is about; conflation keeps the last of each. */
  readonly key: string
  /** null for what is no event. */
  readonly event: Pick<RecordedEvent, 'id' | 'position'> | null
  /** When the event was recorded, in milliseconds since 1970; null for what is no event. */
  readonly recordedMs: number | null
  /** Equal for deliveries that tell the client the same; empty unless the stream is distinct. */
  readonly sameness: string
}

/** Why a stream ends from this side. */
export type StreamEnd = {
  readonly error: GraphQLFormattedError
  /** Where to go on. */
  readonly cursor: string
}

/** Equal for registrations that may share every answer: the same in the same name, wherever each begins. */
export function sharingKeyOf(
  { operation, variables, viewer, version }: Registration,
  { prepared, args }: Plan,
): string {
  const { expiresAtMs: _, ...authorization } = viewer
  const used = (prepared.operation.variableDefinitions ?? []).map(
    ({ variable }) => variables[variable.name.value] ?? null,
  )
  const { text, name = null } = operation
  return JSON.stringify([authorization, version, text, name, used, args.selecting])
}
