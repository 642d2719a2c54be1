import { readFile } from 'node:fs/promises'
import { AppError } from '../platform/errors/app-error.ts'
import { followFile, stampOf } from '../platform/followed-file.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import { correlationHeader } from '../platform/subgraph/host.ts'
import type { SubgraphTransport } from '../platform/subgraph/transport.ts'
import { buildCompiledExecutor } from './compiled-executor.ts'
import type { SubgraphHeaders } from './execute.ts'
import type { BuildExecutor } from './executor-port.ts'
import { bareExamples } from './graphiql/examples.ts'
import { createGateway, type Gateway } from './index.ts'
import { readJoinGraph } from './join-graph.ts'
import { defaultQueryLimits, type QueryLimits } from './limits/index.ts'
import type { SwapOutcome } from './supergraph.ts'

export type BareGatewayOptions = {
  /** Path of a composed supergraph, of whatever kind. */
  readonly supergraphFile: string
  /** 0 takes a free one. */
  readonly port: number
  readonly createTransport: (subgraph: { readonly name: string; readonly url: string }) => SubgraphTransport
  /** How often the file is looked at. Default 1,000. */
  readonly pollMs?: number
  /** Told what came of each change of the file. */
  readonly onSwap: (outcome: SwapOutcome) => void
  readonly onInternal: (error: unknown, facts: { readonly correlationId?: string }) => void
}

export type BareGateway = AsyncDisposable & { readonly url: string }

/**
 * As everywhere, but for selections: 130 tokens can write out to 65,536 of them by fragments alone, which cost
 * milliseconds while each fragment is looked at once; bombs that stall begin above.
 */
export const bareQueryLimits: QueryLimits = { ...defaultQueryLimits, maxRecursiveSelections: 200_000 }

/** A process has three seconds from SIGTERM to its end; half of them is for what comes after. */
const drainTimeoutMs = 1_500

/**
 * Serves any supergraph on 127.0.0.1 over the addresses in it, without authentication. Starts whether or not the
 * subgraphs are there: each is called only when a query needs it. A change of the file is taken into service, or refused while the
 * old one goes on.
 * @throws AppError `CONFIG_INVALID` naming what is wrong with the file or the port
 */
export async function startBareGateway(options: BareGatewayOptions): Promise<BareGateway> {
  const { supergraphFile: path, port, createTransport, onSwap, pollMs, onInternal } = options
  const since = await stampOf(path)
  const gateway = await createGateway({
    supergraphSdl: await readSupergraph(path),
    transports: new Map(),
    buildExecutor: buildOverOwnTransports(createTransport),
    identify: () => anyone,
    anonymous: anyone,
    subgraphHeaders: passedHeaders,
    foreignErrors: 'pass',
    queryLimits: bareQueryLimits,
    limits: {
      bodyLimitBytes: 131_072,
      headersTimeoutMs: 10_000,
      bodyTimeoutMs: 15_000,
      responseLimitBytes: 16_777_216,
      compressFromBytes: 2_048,
      requestDeadlineMs: 10_000,
      drainTimeoutMs,
    },
    paths: ['/graphql', '/'],
    examples: bareExamples,
    readiness: [],
    onInternal,
  })
  try {
    const { url } = await gateway.listen({ host: '127.0.0.1', port })
    const following = followFile({
      path,
      since,
      ...(pollMs === undefined ? {} : { pollMs }),
      onChange: async () => onSwap(await swapTo(path, gateway)),
    })
    return {
      url,
      async [Symbol.asyncDispose]() {
        following[Symbol.dispose]()
        await gateway[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await gateway[Symbol.asyncDispose]()
    throw error
  }
}

async function swapTo(path: string, gateway: Gateway): Promise<SwapOutcome> {
  try {
    return await gateway.swapSupergraph(await readSupergraph(path))
  } catch (error) {
    return { kind: 'refused', reason: AppError.from(error).message }
  }
}

/** Each supergraph calls the addresses in it, over connections of its own that end with it. */
function buildOverOwnTransports(createTransport: BareGatewayOptions['createTransport']): BuildExecutor {
  return async (sdl, _transports, keepable) => {
    const transports = new Map([...readJoinGraph(sdl)].map(([name, url]) => [name, createTransport({ name, url })]))
    const close = () => Promise.all([...transports.values()].map((one) => one[Symbol.asyncDispose]()))
    try {
      const executor = await buildCompiledExecutor(sdl, transports, keepable)
      return {
        ...executor,
        async [Symbol.asyncDispose]() {
          await executor[Symbol.asyncDispose]()
          await close()
        },
      }
    } catch (error) {
      await close()
      throw error
    }
  }
}

const anyone: Viewer = { kind: 'anonymous', tenant: 'none', clientId: 'none', scopes: [] }

/** It asks nobody who they are, so the subgraphs must be able to: whoever asks is told to them as they said it. */
const passedHeaders: SubgraphHeaders = ({ correlationId, traceparent, request }) => {
  const authorization = request?.headers.authorization
  const headers: Record<string, string> = { [correlationHeader]: correlationId }
  if (traceparent !== undefined) headers.traceparent = traceparent
  if (authorization !== undefined) headers.authorization = authorization
  return headers
}

async function readSupergraph(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('CONFIG_INVALID', `Cannot read the supergraph: ${path} is not a file that can be read`, {
      cause,
    })
  })
  readJoinGraph(text)
  return text
}
