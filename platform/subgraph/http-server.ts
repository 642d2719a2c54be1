import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { AppError, isErrorCode } from '../errors/app-error.ts'
import { httpStatus } from '../errors/http-status.ts'
import { toProblem } from '../errors/problem.ts'
import { correlationHeader, type SubgraphHost } from './host.ts'
import { readSubgraphBody } from './request-body.ts'

export type SubgraphServerOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Largest request body; an entity fetch of a page of 250 is below 100 KB. */
  readonly bodyLimitBytes: number
  /** Why the subgraph cannot answer usefully yet; null when it can. */
  readonly notReadyBecause: () => Promise<string | null>
  readonly onInternal: (error: unknown) => void
}

export type SubgraphServer = AsyncDisposable & { readonly url: string }

/**
 * Serves one subgraph over HTTP: `POST /graphql`, `/health/live`, `/health/ready`. Disposing it lets calls under way finish.
 * @throws AppError `CONFIG_INVALID` when the address cannot be listened on
 */
export async function serveSubgraph(subgraph: SubgraphHost, options: SubgraphServerOptions): Promise<SubgraphServer> {
  const server = Fastify({ bodyLimit: options.bodyLimitBytes, forceCloseConnections: 'idle' })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  addErrors(server, options)

  server.post('/graphql', async (request, reply) => {
    const aborter = new AbortController()
    // `close` of the answer comes at its end too; by then nothing listens any more.
    reply.raw.once('close', () => aborter.abort())
    const body = readSubgraphBody(request.body)
    return subgraph.handle({ ...body, headers: plainHeaders(request), signal: aborter.signal })
  })
  server.get('/health/live', async () => ({ status: 'live' }))
  server.get('/health/ready', async (_request, reply) => {
    const reason = await options.notReadyBecause()
    if (reason === null) return { status: 'ready' }
    return reply.code(503).send({ status: 'not-ready', parts: [{ name: subgraph.name, ready: false, reason }] })
  })
  try {
    return {
      url: await server.listen({ host: options.host, port: options.port }),
      [Symbol.asyncDispose]: () => server.close(),
    }
  } catch (cause) {
    await server.close()
    throw new AppError('CONFIG_INVALID', `Cannot listen on port ${options.port}: it is taken or not allowed`, { cause })
  }
}

function addErrors(server: FastifyInstance, options: SubgraphServerOptions): void {
  server.setErrorHandler((error, request, reply) => {
    const known = toAppError(error, options)
    if (known.code === 'INTERNAL') options.onInternal(error)
    const extensions = toProblem(known, { correlationId: plainHeaders(request)[correlationHeader] ?? request.id })
    return reply.code(httpStatus[known.code]).send({ errors: [{ message: extensions.detail, extensions }] })
  })
  server.setNotFoundHandler((request) => {
    throw new AppError('NOT_FOUND', `Cannot ${request.method} this path: allowed is POST /graphql`)
  })
}

function toAppError(error: unknown, options: SubgraphServerOptions): AppError {
  if (error instanceof AppError) return error
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (status === 413) {
    return new AppError(
      'PAYLOAD_TOO_LARGE',
      `Cannot read the request: its body is over ${options.bodyLimitBytes} bytes`,
    )
  }
  if (status === 415) {
    return new AppError('UNSUPPORTED_MEDIA_TYPE', 'Cannot read the request: allowed is content-type application/json')
  }
  if (status === 400) return new AppError('BAD_REQUEST', 'Cannot read the request: it is malformed')
  return error instanceof Error && 'code' in error && isErrorCode(error.code)
    ? new AppError(error.code, 'Cannot answer the request', { cause: error })
    : AppError.from(error)
}

function plainHeaders(request: FastifyRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}
