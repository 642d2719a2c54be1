import { type DocumentNode, type FieldNode, Kind, parse, valueFromASTUntyped } from 'graphql'
import { LRUCache } from 'lru-cache'
import { AppError } from '../../platform/errors/app-error.ts'
import type { EventLog, RecordedEvent } from '../../platform/event-log/event-log.ts'
import { startOfLog } from '../../platform/event-log/position.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import type { Exchange } from '../exchange.ts'
import { createMatcher } from './event-filter.ts'
import { addEventGraph, eventGraphName } from './event-graph-sdl.ts'
import { createProjector, operationOf, type Payload } from './project.ts'
import { readSelecting } from './stream-arguments.ts'
import type { StreamCursors } from './stream-cursor.ts'
import { type PageField, readStreamFields, type StreamField } from './stream-field.ts'

export type EventPagesDeps = {
  readonly eventLog: EventLog
  readonly cursors: StreamCursors
  /** Which of the events may be told to who asks, in order. */
  readonly visibleOf: (
    stream: StreamField,
    events: readonly RecordedEvent[],
    asking: Asking,
  ) => Promise<readonly RecordedEvent[]>
}

/** Who asks, and in which version. */
export type Asking = Pick<Exchange, 'viewer' | 'version'>

export type EventPages = {
  readonly sdl: string
  readonly transport: SubgraphTransport
  /** Told of each request before it runs: the transport is given its signal, and by that knows who asks. */
  askedBy(exchange: Asking & { readonly signal: AbortSignal }): void
}

const mostPerPage = 100
const pageOfLog = 500
/** Pages of the log looked through for one page of answers; then it ends early and `hasMore` says so. */
const mostLooks = 20

/**
 * Lets fields of Query page through streams: the supergraph with the event log as the subgraph that answers them.
 * @returns null when the supergraph declares none
 */
export function createEventPages(supergraphSdl: string, deps: EventPagesDeps): EventPages | null {
  const supergraph = parse(supergraphSdl, { noLocation: true })
  const fields = readStreamFields(supergraph)
  if (fields.pages.length === 0) return null
  const pages = new Map(fields.pages.map((page) => [page.name, page]))
  const projector = createProjector(supergraph, fields)
  const askers = new WeakMap<AbortSignal, Asking>()
  const documents = new LRUCache<string, DocumentNode>({ max: 1_000 })

  async function answer(
    page: PageField,
    field: FieldNode,
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    asking: Asking,
  ): Promise<unknown> {
    const { stream } = page
    const given = Object.fromEntries(
      (field.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value, { ...variables })]),
    )
    const selecting = readSelecting(given, page.name)
    const { viewer, version } = asking
    const bound = deps.cursors.bind({ viewer, version: version.name, field: stream.name, selecting })
    const first = readFirst(given.first, page.name)
    let after = typeof given.after === 'string' ? bound.decode(given.after).position : startOfLog
    const matches = createMatcher(stream, selecting)
    const found: RecordedEvent[] = []
    let hasMore = true
    let looks = 0
    while (found.length < first && hasMore && looks < mostLooks) {
      looks += 1
      const read = await deps.eventLog.read({ after, limit: pageOfLog, types: [...stream.events] })
      const visible = await deps.visibleOf(stream, read.events.filter(matches), asking)
      const taken = visible.slice(0, first - found.length)
      found.push(...taken)
      const cut = taken.length < visible.length
      after = cut ? (taken.at(-1)?.position ?? after) : read.position
      hasMore = cut || read.more
    }
    const events = found.map(
      (event): Payload => ({
        typeName: stream.eventType,
        source: {
          event,
          cursor: bound.encode({ position: event.position, atMs: Date.parse(event.recordedTime) }),
          args: selecting,
        },
      }),
    )
    const endCursor = after === startOfLog ? null : bound.encode({ position: after, atMs: Date.now() })
    return projector.page(field, page.payload, { events, endCursor, hasMore }, document, variables)
  }

  const transport: SubgraphTransport = {
    name: eventGraphName,
    async call({ query, variables = {}, signal }) {
      const asking = askers.get(signal)
      if (asking === undefined) throw new TypeError('Cannot answer: nobody is known to ask')
      const document = documents.get(query) ?? parse(query, { noLocation: true })
      documents.set(query, document)
      const data: Record<string, unknown> = {}
      const errors: { message: string; path: string[]; extensions: { code: string } }[] = []
      for (const field of operationOf(document).selectionSet.selections) {
        const page = field.kind === Kind.FIELD ? pages.get(field.name.value) : undefined
        if (field.kind !== Kind.FIELD || page === undefined) throw new TypeError('Cannot answer: this is no page')
        const key = field.alias?.value ?? field.name.value
        try {
          data[key] = await answer(page, field, document, variables, asking)
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          data[key] = null
          errors.push({ message: error.message, path: [key], extensions: { code: error.code } })
        }
      }
      return errors.length === 0 ? { data } : { data, errors }
    },
    async [Symbol.asyncDispose]() {},
  }
  return {
    sdl: addEventGraph(supergraph, fields, { entries: false }),
    transport,
    askedBy: (exchange) => void askers.set(exchange.signal, exchange),
  }
}

function readFirst(value: unknown, name: string): number {
  const first = typeof value === 'string' ? Number(value) : (value ?? 50)
  if (typeof first === 'number' && Number.isInteger(first) && first >= 1 && first <= mostPerPage) return first
  throw new AppError('BAD_USER_INPUT', `Cannot page ${name}: first is ${String(value)}, allowed is 1 to ${mostPerPage}`)
}
