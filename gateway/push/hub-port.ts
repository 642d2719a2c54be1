import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import type { Clock } from '../../platform/clock.ts'
import type { EventLog, LogPosition } from '../../platform/event-log/event-log.ts'
import type { AnswerPayloads } from './answer-payloads.ts'
import type { PayForEvent } from './budget.ts'
import type { EventGraph } from './event-graph.ts'
import type { FollowerEvents } from './group.ts'
import type { PushObserver } from './push-observer.ts'
import type { Delivery, Registration } from './registration.ts'
import type { StreamCursors, StreamPlace } from './stream-cursor.ts'

export type HubLimits = {
  /** Streams of one client (tenant and client id), whatever they come over. */
  readonly mostPerClient: number
  /** How old a cursor may be; an older one begins with a gap. */
  readonly retentionMs: number
  /** Events that are sent again before a gap is told instead. */
  readonly mostReplayed: number
}

export type HubDeps = {
  readonly eventLog: EventLog
  readonly settle: (position: LogPosition, signal: AbortSignal) => Promise<void>
  readonly cursors: StreamCursors
  readonly answerPayloads: AnswerPayloads
  readonly format: (error: unknown, correlationId: string | undefined) => GraphQLFormattedError
  readonly observer: PushObserver
  readonly clock: Clock
  readonly limits: HubLimits
  readonly pollMs: number
  /** Asked every second of everyone who follows; false ends their streams. */
  readonly isStillValid: (registration: Registration) => Promise<boolean>
  readonly onInternal: (error: unknown) => void
}

/** The supergraph in service, as streams see it. */
export type HubGraph = {
  readonly graph: EventGraph
  /** @returns null when no such version is served any more */
  schemaOf(version: string): GraphQLSchema | null
}

export type Follower = {
  /** The next message, or null when nothing waits or what waits is not paid for yet. Never waits itself. */
  take(): Delivery | null
  /** Where a client that has got everything taken so far may go on. */
  cursor(): string
  /** Ends it from the client's side; `onEnd` is not called. */
  close(): void
}

/** Turns registered selections into ordered deliveries: the one way from the log to clients, whatever the transport. */
export type Hub = AsyncDisposable & {
  /**
   * @param pay asked before each event is handed out; a client without budget is told later, and nothing less. Absent: it is free
   * @param cursor where to go on; overrides the field's argument `after`. Of a stream that goes on, `initial` is not asked
   * @throws AppError `CURSOR_INVALID`, `BAD_USER_INPUT`, `BAD_REQUEST`, `NOT_FOUND`, `RATE_LIMITED`, `SHUTTING_DOWN`
   */
  follow(
    registration: Registration,
    cursor: string | null,
    events: FollowerEvents,
    pay?: PayForEvent | null,
  ): Promise<Follower>
  /** Where a cursor of this registration stands. @throws AppError `CURSOR_INVALID` when it is of another, or as `follow` */
  place(registration: Registration, cursor: string): StreamPlace
  /**
   * Goes on with another supergraph: streams whose fields are gone or no longer theirs end with a cursor, all others do not notice.
   * @param find a registration's operation in it; throws an AppError when there is none
   */
  reload(next: HubGraph, find: (registration: Registration) => Registration['operation']): void
  /** How many streams there are. */
  size(): number
}
