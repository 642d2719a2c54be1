import { type DocumentNode, Kind, type OperationDefinitionNode, parse } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import type { BuildExecutor, Executor, ExecutorResult } from '../executor-port.ts'
import type { Operation } from '../operations.ts'
import { addEventGraph, eventGraphName } from './event-graph-sdl.ts'
import { isOfTelling } from './event-path.ts'
import { createProjector, operationOf, type Payload } from './project.ts'
import { type StreamDocument, toStreamDocument } from './stream-document.ts'
import { argumentsOf, directiveOf, readStreamFields, type StreamField } from './stream-field.ts'

/** A subscription ready to be answered event by event. */
export type PreparedStream = StreamDocument & { readonly query: Operation }

export type StreamCall = {
  readonly variables: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  /** Of this call alone. */
  readonly signal: AbortSignal
}

/** One payload's answer: its data under the client's name, and the errors within, their paths as the client sees them. */
export type Told = {
  readonly data: unknown
  readonly errors: readonly { readonly error: unknown; readonly path: readonly (string | number)[] | null }[]
}

/** One supergraph with the event log in it. */
export type EventGraph = AsyncDisposable & {
  readonly streams: ReadonlyMap<string, StreamField>
  /** @throws AppError when the operation cannot be followed; see `toStreamDocument` */
  prepare(operation: Pick<Operation, 'document' | 'node' | 'text'>): PreparedStream
  /** Never rejects for a failed subgraph: what failed is null with an error. One answer per payload, in order. */
  answer(prepared: PreparedStream, payloads: readonly Payload[], call: StreamCall): Promise<readonly Told[]>
}

export type EventGraphDeps = {
  readonly supergraphSdl: string
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  readonly buildExecutor: BuildExecutor
}

/** @throws TypeError when a stream's declaration cannot be */
export async function createEventGraph(deps: EventGraphDeps): Promise<EventGraph> {
  const supergraph = parse(deps.supergraphSdl, { noLocation: true })
  const fields = readStreamFields(supergraph)
  const streams = new Map(fields.streams.map((stream) => [stream.name, stream]))
  const telling = tellingFieldsOf(supergraph)
  const projector = createProjector(supergraph, fields)
  const documents = new LRUCache<string, DocumentNode>({ max: 1_000 })
  // The executor hands the signal of a call to each transport: it names the call whose payloads are asked for.
  const batches = new WeakMap<AbortSignal, readonly Payload[]>()
  const prepared = new WeakMap<OperationDefinitionNode, PreparedStream>()

  const events: SubgraphTransport = {
    name: eventGraphName,
    async call({ query, variables = {}, signal }) {
      const document = documents.get(query) ?? parse(query, { noLocation: true })
      documents.set(query, document)
      const payloads = batches.get(signal) ?? []
      const data: Record<string, unknown> = {}
      for (const field of operationOf(document).selectionSet.selections) {
        if (field.kind !== Kind.FIELD) throw new TypeError('Cannot answer: the entry is no field')
        data[field.alias?.value ?? field.name.value] = projector.payloads(field, payloads, document, variables)
      }
      return { data }
    },
    async [Symbol.asyncDispose]() {},
  }
  const transports = new Map([...deps.transports, [eventGraphName, events]])
  const sdl = addEventGraph(supergraph, fields, { entries: true })
  // Built when someone subscribes: planning costs memory that a gateway without subscribers need not spend.
  let building: Promise<Executor> | null = null

  return {
    streams,
    prepare(operation) {
      const known = prepared.get(operation.node)
      if (known !== undefined) return known
      const made = toStreamDocument(operation.document, operation.node, streams, (typeName, fieldName) =>
        telling.has(`${typeName}.${fieldName}`),
      )
      const query: Operation = {
        text: operation.text,
        document: made.document,
        node: made.operation,
        name: made.operation.name?.value,
        kind: 'query',
        introspects: false,
      }
      const stream = { ...made, query }
      prepared.set(operation.node, stream)
      return stream
    },
    async answer(stream, payloads, { variables, headers, signal }) {
      building ??= deps.buildExecutor(sdl, transports)
      const executor = await building
      batches.set(signal, payloads)
      const result = await executor.execute({
        operation: stream.query,
        schema: executor.apiSchema,
        variables,
        headers,
        signal,
        takeParts: null,
      })
      return split(stream.responseKey, payloads.length, result)
    },
    async [Symbol.asyncDispose]() {
      await (await building)?.[Symbol.asyncDispose]()
    },
  }
}

function split(key: string, count: number, { data, errors }: ExecutorResult): readonly Told[] {
  const list = data?.value?.[key]
  const values: readonly unknown[] = Array.isArray(list) ? list : []
  const told = Array.from({ length: count }, (_, index) => ({
    data: values[index] ?? null,
    errors: [] as { error: unknown; path: readonly (string | number)[] | null }[],
  }))
  for (const error of errors ?? []) {
    const path = pathOf(error)
    const index = path?.[1]
    if (path === null || typeof index !== 'number') {
      for (const one of told) one.errors.push({ error, path: null })
    } else {
      told[index]?.errors.push({ error, path: [key, ...path.slice(2)] })
    }
  }
  return told
}

function pathOf(error: unknown): readonly (string | number)[] | null {
  if (typeof error !== 'object' || error === null || !('path' in error)) return null
  return Array.isArray(error.path) ? error.path : null
}

/** `Type.field` of everything that belongs to the telling. */
function tellingFieldsOf(supergraph: DocumentNode): ReadonlySet<string> {
  const found = new Set<string>()
  for (const node of supergraph.definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
    for (const field of node.fields ?? []) {
      const declared = directiveOf(field, 'fromEvent')
      if (declared !== undefined && isOfTelling(String(argumentsOf(declared).path))) {
        found.add(`${node.name.value}.${field.name.value}`)
      }
    }
  }
  return found
}
