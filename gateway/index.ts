import type { FastifyInstance } from 'fastify'
import { AppError } from '../platform/errors/app-error.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import { createAuthorizeStage } from './authorize/authorize-stage.ts'
import type { Answer, GatewayRequest } from './exchange.ts'
import { createExecuteStage } from './execute.ts'
import { createGovernanceStages, type GovernanceOptions, registeredOperations } from './governance.ts'
import { addLandingPage, type Example } from './graphiql/landing-page.ts'
import type { ReadinessCheck } from './health.ts'
import { createHttpServer } from './http.ts'
import type { HttpLimits } from './http-reply.ts'
import { createIdentifyStage, type Identify } from './identify.ts'
import { createSupergraphLoader, type SupergraphLoaderOptions } from './load-supergraph.ts'
import { createFormatError } from './mask-errors.ts'
import { type GatewayObserver, silentObserver } from './metrics.ts'
import { createPipeline, inOrder, type Stage } from './pipeline.ts'
import { type Push, type PushOptions, preparePush } from './push/push.ts'
import { createRouteOf } from './push/route-of.ts'
import { createReceiver } from './receive.ts'
import { holdSupergraph, type SwapOutcome } from './supergraph.ts'
import { addVersionList } from './versions/version-list.ts'
import { warmUp } from './warm-up.ts'

export type GatewayDeps = SupergraphLoaderOptions & {
  readonly supergraphSdl: string
  readonly identify: Identify
  /** Who a request is before it is identified, for refusals of the earliest kind. */
  readonly anonymous: Viewer
  /** Versions, prices, limits on rate and lanes. Default: none of them. */
  readonly governance?: GovernanceOptions
  /** Further stages; each takes its place in `stageOrder`. */
  readonly stages?: readonly Stage[]
  /** Origins whose pages may ask; `*` for all. Default: none. */
  readonly corsOrigins?: readonly string[]
  /** Addresses or networks whose `x-forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[]
  readonly foreignErrors: 'mask' | 'pass'
  readonly limits: HttpLimits & {
    readonly requestDeadlineMs: number
    /** How long disposing waits for requests under way before it cuts them. */
    readonly drainTimeoutMs: number
  }
  readonly paths: readonly string[]
  readonly examples: readonly Example[]
  /** As whom the page at `/` may ask. Default: as nobody but who its headers say. */
  readonly developmentViewers?: readonly string[]
  readonly readiness: readonly ReadinessCheck[]
  /** Subscriptions, and queries over the same events. Default: none. */
  readonly push?: PushOptions
  readonly observer?: GatewayObserver
  readonly onInternal: (error: unknown, facts: { readonly correlationId?: string }) => void
}

/** Disposing it stops taking requests, lets those under way finish, then closes. */
export type Gateway = AsyncDisposable & {
  /** Answers one request through all stages, without HTTP. */
  handle(request: GatewayRequest): Promise<Answer>
  /** The HTTP server, for further routes and protocols to be added before `listen`. */
  readonly http: FastifyInstance
  /** @throws AppError `CONFIG_INVALID` when the address cannot be listened on */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly url: string }>
  /** Subscriptions; null where none are served. */
  readonly push: Push | null
  /** Takes a new supergraph into service, or says why not and goes on with the old one. */
  swapSupergraph(sdl: string): Promise<SwapOutcome>
}

/** @throws AppError `CONFIG_INVALID` when the supergraph cannot be served */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  const format = createFormatError({ onInternal: deps.onInternal, foreignErrors: deps.foreignErrors })
  const logOnly = (error: unknown) => deps.onInternal(error, {})

  const pipeline = createPipeline(
    inOrder([
      createIdentifyStage(deps.identify),
      ...createGovernanceStages(deps.governance ?? {}, { format, onInternal: logOnly }),
      createAuthorizeStage({ format }),
      ...(deps.stages ?? []),
      createExecuteStage(),
    ]),
  )
  const versionNames = deps.governance?.versions?.calendar.versions.map(({ name }) => name) ?? []
  const pushParts = deps.push === undefined ? null : preparePush(deps.push, { ...deps, format, onInternal: logOnly })
  const { eventPages } = pushParts ?? {}
  const load = createSupergraphLoader({ ...deps, versionNames, eventPages, format, onInternal: logOnly })
  const supergraphs = await holdSupergraph(deps.supergraphSdl, load, logOnly)
  await supergraphs.use((supergraph) => warmUp(supergraph, registeredOperations(deps.governance)))
  const handle = createReceiver({
    pipeline,
    supergraphs,
    format,
    observer: deps.observer ?? silentObserver,
    deadlineMs: deps.limits.requestDeadlineMs,
    anonymous: deps.anonymous,
  })
  const push = (await pushParts?.start({ receive: handle, supergraphs, sdl: deps.supergraphSdl })) ?? null
  const http = createHttpServer({
    receive: handle,
    ...(push === null ? {} : { streams: push }),
    paths: deps.paths,
    isVersioned: versionNames.length > 0,
    corsOrigins: deps.corsOrigins ?? [],
    trustedProxies: deps.trustedProxies ?? [],
    limits: deps.limits,
    readiness: deps.readiness,
    onInternal: deps.onInternal,
  })
  push?.addWebSockets(http.server, createRouteOf(deps.paths, versionNames.length > 0))
  addLandingPage(http, deps.examples, deps.developmentViewers)
  const versions = deps.governance?.versions
  if (versions !== undefined) addVersionList(http, versions.calendar, versions.clock)

  return {
    handle,
    http,
    push,
    async listen({ host, port }) {
      try {
        return { url: await http.listen({ host, port }) }
      } catch (cause) {
        throw new AppError('CONFIG_INVALID', `Cannot listen on port ${port}: it is taken or not allowed`, { cause })
      }
    },
    async swapSupergraph(sdl) {
      const outcome = await supergraphs.swap(sdl)
      if (outcome.kind === 'serving') await push?.reload(sdl)
      return outcome
    },
    async [Symbol.asyncDispose]() {
      await push?.[Symbol.asyncDispose]()
      const cut = setTimeout(() => http.server.closeAllConnections(), deps.limits.drainTimeoutMs)
      await http.close()
      clearTimeout(cut)
      await supergraphs[Symbol.asyncDispose]()
    },
  }
}
