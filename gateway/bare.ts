import { readFile } from 'node:fs/promises'
import { AppError } from '../platform/errors/app-error.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import { correlationHeader } from '../platform/subgraph/host.ts'
import type { SubgraphTransport } from '../platform/subgraph/transport.ts'
import type { SubgraphHeaders } from './execute.ts'
import { bareExamples } from './graphiql/examples.ts'
import { createGateway } from './index.ts'
import { readJoinGraph } from './join-graph.ts'
import { defaultQueryLimits, type QueryLimits } from './limits/index.ts'

export type BareGatewayOptions = {
  /** Path of a composed supergraph, of whatever kind. */
  readonly supergraphFile: string
  /** 0 takes a free one. */
  readonly port: number
  readonly createTransport: (subgraph: { readonly name: string; readonly url: string }) => SubgraphTransport
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
 * subgraphs are there: each is called only when a query needs it.
 * @throws AppError `CONFIG_INVALID` naming what is wrong with the file or the port
 */
export async function startBareGateway(options: BareGatewayOptions): Promise<BareGateway> {
  const supergraphSdl = await readText(options.supergraphFile)
  const transports = new Map(
    [...readJoinGraph(supergraphSdl)].map(([name, url]) => [name, options.createTransport({ name, url })]),
  )
  const closeTransports = () => Promise.all([...transports.values()].map((one) => one[Symbol.asyncDispose]()))
  try {
    const gateway = await createGateway({
      supergraphSdl,
      transports,
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
      onInternal: options.onInternal,
    })
    const { url } = await gateway.listen({ host: '127.0.0.1', port: options.port })
    return {
      url,
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]()
        await closeTransports()
      },
    }
  } catch (error) {
    await closeTransports()
    throw error
  }
}

const anyone: Viewer = { kind: 'anonymous', tenant: 'none', clientId: 'none', scopes: [] }

/** It asks nobody who they are, so the subgraphs must be able to: whoever asks is told to them as they said it. */
const passedHeaders: SubgraphHeaders = ({ correlationId, traceparent, request }) => {
  const authorization = request?.headers.authorization
  return {
    [correlationHeader]: correlationId,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(authorization === undefined ? {} : { authorization }),
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `Cannot read the supergraph: ${path} is not a file that can be read`, {
      cause,
    })
  }
}
