import type { ApolloServerPlugin } from '@apollo/server'
import { type GraphQLScalarType, type GraphQLSchema, parse } from 'graphql'
import type { SubgraphTransport } from '../platform/subgraph/transport.ts'
import type { Policy } from '../policies/policy.ts'
import { checkScalars } from './api-scalars.ts'
import { type ApolloContext, startApolloRoad } from './apollo-road.ts'
import { createAuthorizer } from './authorize/authorizer.ts'
import { buildCompiledExecutor } from './compiled-executor.ts'
import { createEntityCache, type EntityCacheOptions } from './entity-cache/entity-cache.ts'
import { readEntityRules } from './entity-cache/entity-rules.ts'
import type { Exchange, SchemaVersion } from './exchange.ts'
import { runOperation, type SubgraphHeaders } from './execute.ts'
import type { BuildExecutor } from './executor-port.ts'
import { defaultQueryLimits, type QueryLimits } from './limits/index.ts'
import type { FormatError } from './mask-errors.ts'
import { createOperationStore, type Operation } from './operations.ts'
import type { EventPages } from './push/event-pages.ts'
import type { LoadSupergraph } from './supergraph.ts'
import { readSupergraphRules, type SupergraphRules } from './supergraph-rules.ts'
import { deriveVersionSchema } from './versions/api-schema.ts'

export type SupergraphLoaderOptions = {
  /** By the subgraph's name in the supergraph. The gateway does not close them. */
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  /** Default: the compiled executor. */
  readonly buildExecutor?: BuildExecutor
  readonly subgraphHeaders: SubgraphHeaders
  /** What `@policy` may name. Default: none, so what names one is denied to everyone. */
  readonly policies?: readonly Policy[]
  /** Default: those of docs/threats.md. */
  readonly queryLimits?: QueryLimits
  /** Versions of the API schema to derive, by name. Default: none. */
  readonly versionNames?: readonly string[]
  /** By name: checks what clients send for these scalars before anything is called. */
  readonly scalars?: Readonly<Record<string, GraphQLScalarType>>
  /** Keeps what `@entityCache` declares. Default: nothing is kept between requests. */
  readonly entityCache?: EntityCacheOptions
  readonly apolloPlugins?: readonly ApolloServerPlugin<ApolloContext>[]
  /** Which requests Apollo Server runs. Default: `all` with plugins, else `first`: an operation's first one. */
  readonly apolloRoad?: 'all' | 'first' | 'none'
}

export type SupergraphLoaderDeps = SupergraphLoaderOptions & {
  /** Lets queries page through streams. */
  readonly eventPages?: ((supergraphSdl: string) => EventPages | null) | undefined
  readonly format: FormatError
  readonly onInternal: (error: unknown) => void
}

/** Turns supergraph SDL into what serves requests: executor, known operations, and the two roads to it. */
export function createSupergraphLoader(deps: SupergraphLoaderDeps): LoadSupergraph {
  const { format, subgraphHeaders, onInternal, apolloPlugins: plugins = [] } = deps
  // A plugin that sees only first requests would mislead.
  const { apolloRoad: apolloRuns = plugins.length > 0 ? 'all' : 'first' } = deps
  return async (sdl, id) => {
    const pages = deps.eventPages?.(sdl) ?? null
    const rules = readSupergraphRules(sdl)
    const entityCache = openEntityCache(sdl, rules, deps)
    const executor = await (deps.buildExecutor ?? buildCompiledExecutor)(
      pages?.sdl ?? sdl,
      pages === null ? deps.transports : new Map([...deps.transports, [pages.transport.name, pages.transport]]),
      entityCache?.keepable,
    )
    const { apiSchema } = executor
    checkScalars(apiSchema, deps.scalars ?? {})
    const versions = deriveVersions(apiSchema, rules, deps)
    const execute = (exchange: Exchange) => {
      pages?.askedBy(exchange)
      return runOperation(executor, exchange, { subgraphHeaders, format, entityCache })
    }
    const apolloRoad = await startApolloRoad({
      apiSchema,
      supergraphSdl: sdl,
      plugins,
      execute,
      format,
      onInternal,
    }).catch(async (error: unknown) => {
      await executor[Symbol.asyncDispose]()
      throw error
    })
    entityCache?.start()
    const ran = new WeakSet<Operation>()
    const isShort = (operation: Operation): boolean => {
      if (apolloRuns !== 'first') return apolloRuns === 'none'
      if (ran.has(operation)) return true
      ran.add(operation)
      return false
    }
    return {
      id,
      apiSchema,
      unversioned: { name: 'unversioned', schema: apiSchema },
      versions,
      rules,
      authorizer: createAuthorizer({ schema: apiSchema, rules: rules.access, policies: deps.policies ?? [] }),
      operations: createOperationStore({ limits: deps.queryLimits ?? defaultQueryLimits }),
      ready(operation, { schema }) {
        if (executor.prepare === undefined) return
        executor.prepare(operation, schema)
        ran.add(operation)
      },
      run(exchange) {
        const { operation } = exchange
        return operation === null || isShort(operation) ? execute(exchange) : apolloRoad.run(exchange)
      },
      async [Symbol.asyncDispose]() {
        await apolloRoad[Symbol.asyncDispose]()
        await executor[Symbol.asyncDispose]()
        entityCache?.[Symbol.dispose]()
      },
    }
  }
}

function openEntityCache(sdl: string, { access }: SupergraphRules, deps: SupergraphLoaderOptions) {
  if (deps.entityCache === undefined) return null
  return createEntityCache(
    readEntityRules(parse(sdl, { noLocation: true }), access, deps.policies ?? []),
    deps.entityCache,
  )
}

/** Plans are made over the whole API schema; a version's schema decides what may be asked and what it is told to be. */
function deriveVersions(
  apiSchema: GraphQLSchema,
  { lifecycles }: SupergraphRules,
  { versionNames = [], scalars = {} }: SupergraphLoaderOptions,
): ReadonlyMap<string, SchemaVersion> {
  const versions = new Map<string, SchemaVersion>()
  for (const name of versionNames) {
    const schema = deriveVersionSchema(apiSchema, lifecycles, name)
    checkScalars(schema, scalars)
    versions.set(name, { name, schema })
  }
  return versions
}
