import { buildSubgraphSchema } from '@apollo/subgraph'
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, isObjectType, Kind, parse } from 'graphql'
import { AppError } from '../errors/app-error.ts'
import { formatGraphQLError } from '../errors/graphql-error.ts'
import type { Viewer } from '../identity/viewer.ts'
import { type ViewerCodec, viewerHeader } from '../identity/viewer-header.ts'
import { isPromise, type MaybePromise, whenReady } from '../maybe-promise.ts'
import { inSpan, withTraceHeaders } from '../telemetry/trace.ts'
import { createDocumentCache } from './documents.ts'
import { resolveEntitiesAtOnce } from './entities.ts'
import { type Keeping, keepableFieldsOf } from './keeping.ts'
import { type Answered, createKeptAnswers } from './kept-answers.ts'
import type { Lasting } from './lasting.ts'
import { sharedScalars } from './scalars.ts'
import type { ResolverMap, SubgraphCall } from './subgraph.ts'
import type { SubgraphRequest, SubgraphResponse, SubgraphTransport } from './transport.ts'

export const correlationHeader = 'x-correlation-id'

/** A subgraph ready to be asked, behind whichever transport. */
export type SubgraphHost = {
  readonly name: string
  readonly schema: GraphQLSchema
  /** Never rejects nor throws: what goes wrong is an error of the response. At once where nothing is waited for. */
  handle(request: HostedRequest): MaybePromise<SubgraphResponse>
  /** See `SubgraphTransport`. */
  readonly classOf: SubgraphTransport['classOf']
}

/** A request as the host needs it: whether it is a query or a mutation, its document says. */
export type HostedRequest = Omit<SubgraphRequest, 'kind'>

export type HostOptions = {
  readonly viewerCodec: ViewerCodec
  /** Who asks when no viewer is told; absent: such a call is refused. */
  readonly defaultViewer?: Viewer
  readonly now?: () => Date
  /** Told each error that a client is shown as INTERNAL. */
  readonly onInternal: (error: unknown, call: { readonly subgraph: string; readonly correlationId: string }) => void
  /** Wraps the built schema once, e.g. with policies. */
  readonly transformSchema?: (schema: GraphQLSchema) => GraphQLSchema
}

const documentBounds = { maxDocuments: 2_000, maxChars: 8_000_000 }

/**
 * Builds the executable schema of a subgraph once and answers calls to it.
 * @throws GraphQLError when SDL and resolvers do not fit together
 * @throws TypeError when what may be kept has a guard
 */
export function hostSubgraph(subgraph: HostableSubgraph, options: HostOptions): SubgraphHost {
  const built = buildSchema(subgraph)
  const { keeping } = subgraph
  resolveEntitiesAtOnce(built, new Set(keeping?.fields))
  const unguarded = resolversOf(built, keeping?.fields ?? [])
  const schema = options.transformSchema?.(built) ?? built
  refuseGuarded(unguarded, schema)
  const documents = createDocumentCache(schema, documentBounds, keeping && keepableFieldsOf(keeping))
  const keep = keeping && createKeptAnswers(keeping)
  const now = options.now ?? (() => new Date())
  const spanName = `subgraph ${subgraph.name}`

  function answer(request: HostedRequest, correlationId: string): MaybePromise<SubgraphResponse> {
    const call = callOf(request)
    const read = documents.read(request.query)
    if (read.kind === 'invalid') return { errors: read.errors.map((error) => format(error, correlationId)) }
    const operation = read.operation(request.operationName)
    const variables = request.variables ?? {}
    if (keep === undefined) {
      const result = operation({ variables, contextValue: subgraph.createContext(call) })
      return whenReady(result, (ready) => toResponse(ready, correlationId))
    }
    const { result, lasting } = keep(operation, variables, call, subgraph.createContext, request.wantsLasting === true)
    return whenReady(result, (ready) => {
      const response = toResponse(ready, correlationId)
      if (lasting === undefined) return response
      return { ...response, lasting: toLasting(lasting) }
    })
  }

  // Apart, so that whoever keeps `again` does not keep `renewed` with it.
  function toLasting({ renewed, again }: NonNullable<Answered['lasting']>): Lasting {
    return { renewed, again: (later) => again(callOf(later)) }
  }

  function callOf(request: Pick<HostedRequest, 'headers' | 'signal'>): SubgraphCall {
    const { headers } = request
    return {
      viewer: readViewer(headers[viewerHeader], options),
      correlationId: correlationIdIn(headers),
      signal: () => request.signal,
      now: now(),
    }
  }

  function classOf(headers: HostedRequest['headers'], { classOf: viewerClass }: Keeping): string | undefined {
    try {
      return viewerClass(readViewer(headers[viewerHeader], options))
    } catch {
      return undefined
    }
  }

  function toResponse({ data, errors }: ExecutionResult, correlationId: string): SubgraphResponse {
    if (errors === undefined) return data === undefined ? {} : { data }
    const told = errors.map((error) => format(error, correlationId))
    return data === undefined ? { errors: told } : { data, errors: told }
  }

  function format(error: unknown, correlationId: string) {
    return formatGraphQLError(error, {
      correlationId,
      onInternal: (cause) => options.onInternal(cause, { subgraph: subgraph.name, correlationId }),
    })
  }

  return {
    name: subgraph.name,
    schema,
    classOf: keeping && ((headers) => classOf(headers, keeping)),
    handle(request) {
      const correlationId = correlationIdIn(request.headers)
      const fail = (error: unknown): SubgraphResponse => ({ errors: [format(error, correlationId)] })
      try {
        const answered = withTraceHeaders(request.headers, () =>
          inSpan(spanName, { 'storeloom.correlation_id': correlationId }, () => answer(request, correlationId)),
        )
        return isPromise(answered) ? answered.catch(fail) : answered
      } catch (error) {
        return fail(error)
      }
    },
  }
}

function correlationIdIn(headers: HostedRequest['headers']): string {
  return headers[correlationHeader] ?? 'none'
}

/** What the host needs of a subgraph, whatever its name. */
export type HostableSubgraph = {
  readonly name: string
  readonly typeDefs: string
  readonly resolvers: ResolverMap
  createContext(call: SubgraphCall): object
  readonly keeping?: Keeping
}

type Resolvers = ReadonlyMap<string, unknown>

function resolversOf(schema: GraphQLSchema, coordinates: Iterable<string>): Resolvers {
  return new Map(
    [...coordinates].map((coordinate) => {
      const [typeName = '', fieldName = ''] = coordinate.split('.')
      const type = schema.getType(typeName)
      return [coordinate, isObjectType(type) ? type.getFields()[fieldName]?.resolve : undefined]
    }),
  )
}

/** What a guard lets one viewer have must not be given again to another. */
function refuseGuarded(before: Resolvers, guarded: GraphQLSchema): void {
  for (const [coordinate, resolve] of resolversOf(guarded, before.keys())) {
    if (resolve !== before.get(coordinate)) throw new TypeError(`Cannot keep ${coordinate}: a guard stands before it`)
  }
}

/** `ResolverMap` says less than graphql-js checks when it builds the schema. */
type SchemaModule = Extract<Parameters<typeof buildSubgraphSchema>[0], { readonly typeDefs: DocumentNode }>

function buildSchema(subgraph: HostableSubgraph): GraphQLSchema {
  const typeDefs = parse(subgraph.typeDefs)
  const scalars = Object.fromEntries(
    Object.entries(sharedScalars).filter(([name]) => declaresScalar(typeDefs, name) && !(name in subgraph.resolvers)),
  )
  const resolvers = { ...scalars, ...subgraph.resolvers } as NonNullable<SchemaModule['resolvers']>
  return buildSubgraphSchema({ typeDefs, resolvers })
}

function declaresScalar(document: DocumentNode, name: string): boolean {
  return document.definitions.some(
    (definition) => definition.kind === Kind.SCALAR_TYPE_DEFINITION && definition.name.value === name,
  )
}

function readViewer(header: string | undefined, options: HostOptions): Viewer {
  if (header !== undefined) return options.viewerCodec.decode(header)
  if (options.defaultViewer !== undefined) return options.defaultViewer
  throw new AppError('UNAUTHENTICATED', `Cannot answer: the call names no viewer, ${viewerHeader} is missing`)
}
