import { ApolloGateway } from '@apollo/gateway'
import { GraphQLError } from 'graphql'
import type { BuildExecutor, ExecutorCall } from '../../gateway/executor-port.ts'
import { ResultData } from '../../gateway/result-data.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'

type ProcessOptions = {
  readonly request: { readonly query?: string; readonly variables?: Readonly<Record<string, unknown>> }
  readonly context: ExecutorCall
}

/** The reference executor: `@apollo/gateway` over our transports. */
export const buildApolloExecutor: BuildExecutor = async (supergraphSdl, transports) => {
  const config = {
    supergraphSdl,
    buildService: ({ name }: { readonly name: string }) => ({
      async process({ request, context: call }: ProcessOptions) {
        const transport = find(transports, name)
        const response = await transport.call({
          query: request.query ?? '',
          variables: request.variables ?? {},
          kind: call.operation.kind === 'mutation' ? 'mutation' : 'query',
          headers: call.headers,
          signal: call.signal,
        })
        return {
          data: response.data ?? null,
          ...(response.errors === undefined ? {} : { errors: response.errors.map(toGraphQLError) }),
        }
      },
    }),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  }
  const gateway = new ApolloGateway(config as unknown as ConstructorParameters<typeof ApolloGateway>[0])
  const { schema, executor } = await gateway.load()
  return {
    apiSchema: schema,
    async execute(call) {
      const { operation } = call
      const context = {
        request: { query: operation.text, variables: call.variables },
        document: operation.document,
        operation: operation.node,
        operationName: operation.name ?? null,
        queryHash: operation.text,
        source: operation.text,
        context: call,
        schema,
        metrics: {},
      } as unknown as Parameters<typeof executor>[0]
      const { data, errors } = await executor(context)
      return {
        ...(data === undefined ? {} : { data: ResultData.of(data) }),
        ...(errors === undefined ? {} : { errors }),
      }
    },
    [Symbol.asyncDispose]: () => gateway.stop(),
  }
}

function find(transports: ReadonlyMap<string, SubgraphTransport>, name: string): SubgraphTransport {
  const transport = transports.get(name)
  if (transport === undefined) throw new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: there is no way to it`)
  return transport
}

function toGraphQLError({ message, path, extensions }: { message: string; path?: unknown; extensions?: unknown }) {
  return new GraphQLError(message, {
    ...(Array.isArray(path) ? { path } : {}),
    ...(typeof extensions === 'object' && extensions !== null ? { extensions: { ...extensions } } : {}),
  })
}
