import { setMaxListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type FollowedSystems, followSystems } from './app/connectors.ts'
import { type DataLayer, openDataLayer } from './app/data-layer.ts'
import { keepTrading } from './app/demo.ts'
import { openEntityCache } from './app/entity-cache.ts'
import { openGovernance } from './app/governance.ts'
import { openIdentity, openViewerCodec } from './app/identity.ts'
import type { DemoOverrides, ProcessParts } from './app/process.ts'
import { openPush } from './app/push.ts'
import { guardsOf, openTransports } from './app/transports.ts'
import { openWebhooks } from './app/webhooks.ts'
import { countWholeAnswers } from './app/whole-answers.ts'
import { examples } from './gateway/graphiql/examples.ts'
import type { ReadinessCheck } from './gateway/health.ts'
import { createGateway } from './gateway/index.ts'
import { createGatewayMetrics } from './gateway/metrics.ts'
import { createSubgraphHeaders } from './gateway/viewer-context.ts'
import { assetPath } from './platform/assets.ts'
import type { Config } from './platform/config.ts'
import { createCloser } from './platform/lifecycle.ts'
import { hostSubgraph } from './platform/subgraph/host.ts'
import { serveSubgraph } from './platform/subgraph/http-server.ts'
import { sharedScalars } from './platform/subgraph/scalars.ts'
import { type SubgraphName, subgraphNames } from './platform/subgraph/subgraph.ts'
import type { Log } from './platform/telemetry/log.ts'
import { createMetrics } from './platform/telemetry/metrics.ts'
import { policies } from './policies/index.ts'

export type App = AsyncDisposable & {
  readonly url: string
  /** Resolves when all that the systems of record had at the start is answered from here. */
  readonly complete: Promise<void>
}

export type AppOptions = {
  readonly config: Config
  /** For the estate file, whose credentials come from the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Aborted: an app that is still starting gives up. */
  readonly signal?: AbortSignal
  /**
   * Given when another process follows the systems of record and keeps the read models: resolves when they are
   * complete. This one then only serves.
   */
  readonly completeElsewhere?: Promise<void>
  /** For tests: a smaller demo retailer. */
  readonly demo?: DemoOverrides
}

/** The whole product in one process. Disposing it closes the parts in reverse order. */
export async function startApp(options: AppOptions): Promise<App> {
  return inProcess(options, async (parts) => {
    const { config, closer, log, metrics } = parts
    const { completeElsewhere } = options
    const follows = completeElsewhere === undefined
    const keeps = follows ? subgraphNames : []
    const data = await openDataLayer(parts, { serves: subgraphNames, keeps, follows })
    const systems: FollowedSystems =
      completeElsewhere === undefined ? keepSystems(parts, data) : { complete: completeElsewhere, pending: () => [] }
    const supergraphSdl = await readFile(assetPath('schema/supergraph.graphql'), 'utf8')
    const governance = await openGovernance(parts, data.store, supergraphSdl)
    const viewerCodec = await openViewerCodec(config)
    const identity = await openIdentity(parts, data.store)
    const webhooks = await openWebhooks(parts, data)
    const subgraphs = [...data.subgraphs, governance.subgraph, webhooks.subgraph]
    const gateway = closer.add(
      await createGateway({
        supergraphSdl,
        transports: openTransports(subgraphs, { config, viewerCodec, closer, log }),
        identify: identity.identify,
        developmentViewers: identity.developmentViewers,
        anonymous: identity.anonymous,
        policies,
        subgraphHeaders: createSubgraphHeaders(viewerCodec),
        foreignErrors: 'mask',
        governance: governance.options,
        push: await openPush(parts, data, identity),
        corsOrigins: config.governance.corsOrigins,
        trustedProxies: config.governance.trustedProxies,
        limits: { ...config.server, drainTimeoutMs: config.process.drainTimeoutMs },
        paths: ['/graphql'],
        examples,
        scalars: sharedScalars,
        ...openEntityCache(parts, data),
        buildExecutor: countWholeAnswers(metrics),
        observer: createGatewayMetrics(metrics),
        readiness: readinessOf(data, systems),
        onInternal: (error, facts) => log.error('A request failed', { error, ...facts }),
      }),
      { name: 'gateway', timeoutMs: config.process.drainTimeoutMs + 1_000 },
    )
    webhooks.start(gateway)
    identity.addRoutes(gateway)
    gateway.http.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
    const { url } = await gateway.listen(config.server)
    systems.complete
      .then(() =>
        log.info(
          `Ready: every system of record is read; open ${url} for GraphiQL with worked examples${identity.hint}`,
        ),
      )
      .catch(() => {})
    return { url, complete: systems.complete }
  })
}

/** Follows the systems of record and keeps the read models, serving nobody: what `--workers` leaves to the first process. */
export async function startKeeper(options: AppOptions): Promise<App> {
  return inProcess(options, async (parts) => {
    const data = await openDataLayer(parts, { serves: [], keeps: subgraphNames, follows: true })
    return { url: '', complete: keepSystems(parts, data).complete }
  })
}

function keepSystems(parts: ProcessParts, data: DataLayer): FollowedSystems {
  const systems = followSystems(parts, data)
  const { demo } = data
  if (demo !== null) systems.complete.then(() => keepTrading(parts, demo)).catch(() => {})
  return systems
}

/** One subgraph alone, over the same store; connectors run in the main process. */
export async function startSubgraph(options: AppOptions, name: SubgraphName, port: number): Promise<App> {
  return inProcess(options, async (parts) => {
    const { config, closer, log } = parts
    const data = await openDataLayer(parts, { serves: [name], keeps: [name], follows: false })
    const subgraph = data.subgraphs.find((candidate) => candidate.name === name)
    if (subgraph === undefined) throw new TypeError(`Cannot serve ${name}: there is no such subgraph`)
    const host = hostSubgraph(subgraph, {
      viewerCodec: await openViewerCodec(config),
      transformSchema: guardsOf(name),
      onInternal: (error, call) => log.error('A subgraph failed', { error, ...call }),
    })
    const server = closer.add(
      await serveSubgraph(host, {
        host: config.server.host,
        port,
        bodyLimitBytes: 1_048_576,
        notReadyBecause: () => asksInVain(data),
        onInternal: (error) => log.error('A call failed', { error }),
      }),
      { name: 'subgraph server' },
    )
    return { url: server.url, complete: Promise.resolve() }
  })
}

function readinessOf(data: DataLayer, systems: FollowedSystems): readonly ReadinessCheck[] {
  let complete = false
  systems.complete.then(
    () => {
      complete = true
    },
    () => {},
  )
  const beingRead = () => systems.pending().map((system) => `${system} is being read`)
  return [
    { name: 'database', check: () => asksInVain(data) },
    { name: 'systems of record', check: async () => beingRead().join(', ') || null },
    { name: 'read models', check: async () => (complete ? null : 'they are filled for the first time') },
  ]
}

/** @returns why the store cannot be used, or null */
function asksInVain({ store }: DataLayer): Promise<string | null> {
  return store.database.query('select 1').then(
    () => null,
    () => 'the database does not answer',
  )
}

async function inProcess(
  { config, environment, log, signal, demo = {} }: AppOptions,
  start: (parts: ProcessParts) => Promise<{ readonly url: string; readonly complete: Promise<void> }>,
): Promise<App> {
  const closer = createCloser({ onFailure: ({ name, error }) => log.warn(`Could not close ${name}`, { error }) })
  const stopping = new AbortController()
  // Every part that runs in the background listens to it.
  setMaxListeners(0, stopping.signal)
  signal?.addEventListener('abort', () => stopping.abort(), { once: true })
  const metrics = createMetrics({ processMetrics: true })
  closer.add({ [Symbol.dispose]: () => stopping.abort() }, { name: 'background work' })
  try {
    const started = await start({ config, environment, closer, log, metrics, signal: stopping.signal, demo })
    return {
      ...started,
      async [Symbol.asyncDispose]() {
        await closer.close()
      },
    }
  } catch (error) {
    stopping.abort()
    await closer.close()
    throw error
  }
}
