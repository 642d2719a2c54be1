import { createGateway, type Gateway, type GatewayDeps } from '../../gateway/index.ts'
import { createSubgraphHeaders } from '../../gateway/viewer-context.ts'
import { plainViewerCodec } from '../../platform/identity/viewer-header.ts'
import { createInProcessTransport } from '../../platform/subgraph/in-process.ts'
import { sharedScalars } from '../../platform/subgraph/scalars.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { roadDeps } from './both-roads.ts'
import { anonymous, catalogue, composeRetail, host, stock } from './retail-subgraphs.ts'

export type StartedGateway = AsyncDisposable & {
  readonly gateway: Gateway
  readonly url: string
  /** What clients were shown as INTERNAL. */
  readonly internal: unknown[]
}

/** A listening gateway over the two retail subgraphs in process, with whatever a test wants otherwise. */
export async function startGateway(changes: Partial<GatewayDeps> = {}): Promise<StartedGateway> {
  const internal: unknown[] = []
  const gateway = await createGateway({
    supergraphSdl: composeRetail(),
    transports: inProcessTransports(internal),
    identify: () => anonymous,
    anonymous,
    subgraphHeaders: createSubgraphHeaders(plainViewerCodec),
    scalars: sharedScalars,
    foreignErrors: 'mask',
    limits: defaultLimits,
    paths: ['/graphql'],
    examples: [],
    readiness: [],
    onInternal: (error) => internal.push(error),
    ...roadDeps(),
    ...changes,
  })
  const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return { gateway, url, internal, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() }
}

export const defaultLimits = {
  bodyLimitBytes: 131_072,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 15_000,
  responseLimitBytes: 2_097_152,
  compressFromBytes: 2_048,
  requestDeadlineMs: 10_000,
  drainTimeoutMs: 2_000,
}

export function inProcessTransports(internal: unknown[], timeoutMs = 3_000): ReadonlyMap<string, SubgraphTransport> {
  return new Map(
    [catalogue, stock].map((subgraph) => [
      subgraph.name,
      createInProcessTransport(host(subgraph, internal), { timeoutMs }),
    ]),
  )
}

export type Asked = {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  readonly body: any
}

/** Posts one operation as a client would. */
export async function ask(
  url: string,
  query: string,
  variables?: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Asked> {
  return post(url, JSON.stringify({ query, variables }), headers)
}

/** Posts a body as it is. */
export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Asked> {
  const answer = await fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body,
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}
