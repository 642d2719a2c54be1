import { createHash } from 'node:crypto'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Exchange, GraphQLResult } from './exchange.ts'
import type { FormatError } from './mask-errors.ts'
import { ResultData } from './result-data.ts'

export type ApolloContext = { readonly exchange: Exchange }

export type ApolloRoad = AsyncDisposable & {
  run(exchange: Exchange): Promise<GraphQLResult>
}

export type ApolloRoadDeps = {
  readonly apiSchema: GraphQLSchema
  readonly supergraphSdl: string
  readonly plugins: readonly ApolloServerPlugin<ApolloContext>[]
  readonly execute: (exchange: Exchange) => Promise<GraphQLResult>
  readonly format: FormatError
  readonly onInternal: (error: unknown) => void
}

/**
 * Apollo Server around our executor: runs its plugins over operations that the pipeline has already parsed, validated
 * and admitted. It is given those documents, so it parses and validates nothing twice.
 */
export async function startApolloRoad(deps: ApolloRoadDeps): Promise<ApolloRoad> {
  const handedOver = new LRUCache<string, DocumentNode>({ max: 1_000 })
  const server = new ApolloServer<ApolloContext>({
    gateway: {
      onSchemaLoadOrUpdate(callback) {
        callback({ apiSchema: deps.apiSchema, coreSupergraphSdl: deps.supergraphSdl })
        return () => {}
      },
      load: async () => ({ executor: async ({ context }) => runAsApolloWants(context, deps) }),
      stop: async () => {},
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ...deps.plugins,
    ],
    cache: 'bounded',
    persistedQueries: false,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    documentStore: {
      // Apollo's key ends with the SHA-256 of the text, in hex.
      get: async (key) => handedOver.get(key.slice(-64)),
      set: async () => {},
      delete: async () => true,
    },
    logger: { debug() {}, info() {}, warn() {}, error: (message: unknown) => deps.onInternal(message) },
  })
  await server.start()
  return {
    async run(exchange) {
      const { request, operation } = exchange
      if (operation !== null) handedOver.set(sha256(operation.text), operation.document)
      const { body } = await server.executeOperation(
        {
          query: operation?.text ?? '',
          ...(operation?.name === undefined ? {} : { operationName: operation.name }),
          ...(request.variables === undefined ? {} : { variables: request.variables }),
          ...(request.extensions === undefined ? {} : { extensions: withoutPersisted(request.extensions) }),
        },
        { contextValue: { exchange } },
      )
      if (body.kind !== 'single') throw new TypeError('Cannot answer: Apollo Server answered in parts')
      const { data, errors, extensions } = body.singleResult
      return {
        ...(errors === undefined ? {} : { errors: errors.map((error) => restore(error, exchange, deps.format)) }),
        ...(data === undefined ? {} : { data: ResultData.of(data) }),
        ...(extensions === undefined ? {} : { extensions }),
      }
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

/** Marks an error as formatted here already; Apollo copies the extensions of what it is given. */
const formatted = 'storeloomFormatted'

async function runAsApolloWants(context: unknown, deps: ApolloRoadDeps) {
  const { exchange } = context as ApolloContext
  const { data, errors, extensions } = await deps.execute(exchange)
  return {
    ...(data === undefined ? {} : { data: data.value }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(errors === undefined
      ? {}
      : {
          errors: errors.map(
            (error) => new GraphQLError(error.message, { extensions: { ...error.extensions, [formatted]: error } }),
          ),
        }),
  }
}

function restore(
  error: { readonly message: string; readonly extensions?: Record<string, unknown> },
  exchange: Exchange,
  format: FormatError,
) {
  const original = error.extensions?.[formatted]
  return typeof original === 'object' && original !== null
    ? (original as ReturnType<FormatError>)
    : format(error, exchange)
}

function withoutPersisted({ persistedQuery: _, ...rest }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return rest
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
