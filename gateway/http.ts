import type { IncomingHttpHeaders } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { GraphQLFormattedError } from 'graphql'
import { AppError } from '../platform/errors/app-error.ts'
import { httpStatus } from '../platform/errors/http-status.ts'
import { toProblem } from '../platform/errors/problem.ts'
import { type Cors, createCors } from './cors.ts'
import type { Answer, GatewayRequest } from './exchange.ts'
import { type ReadinessCheck, readReadiness } from './health.ts'
import { chooseMediaType, type MediaType, retryAfterOf, statusOf } from './http-answer.ts'
import { answerBrokenRequest } from './http-broken.ts'
import { acceptsParts, createPartsAnswer, type PartsAnswer } from './http-parts.ts'
import { checkContentType, readGetQuery, readPostBody, refuseCrossSite, refuseOtherSites } from './http-request.ts'
import { correlationIdOf } from './receive.ts'
import { resultText } from './result-text.ts'

export type HttpLimits = {
  readonly bodyLimitBytes: number
  /** Longest a client may take to send its headers. */
  readonly headersTimeoutMs: number
  /** Longest a client may take to send a whole request. */
  readonly bodyTimeoutMs: number
  /** Largest answer; a larger one is refused whole. */
  readonly responseLimitBytes: number
}

export type HttpDeps = {
  readonly receive: (request: GatewayRequest) => Promise<Answer>
  /** Where GraphQL is answered, e.g. `['/graphql']`. */
  readonly paths: readonly string[]
  /** Whether `/2026-10/graphql` is answered too. */
  readonly isVersioned: boolean
  /** Origins whose pages may ask; `*` for all. */
  readonly corsOrigins: readonly string[]
  /** Addresses or networks whose `x-forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[]
  readonly limits: HttpLimits
  readonly readiness: readonly ReadinessCheck[]
  /** What answers requests that want a stream. Default: nothing does, they are answered at once. */
  readonly streams?: StreamAnswers
  readonly onInternal: (error: unknown, facts: { readonly correlationId: string }) => void
}

export type StreamAnswers = {
  isStream(headers: IncomingHttpHeaders): boolean
  answerStream(reply: FastifyReply, headers: IncomingHttpHeaders, request: GatewayRequest): Promise<void>
}

/** GraphQL over HTTP (https://graphql.github.io/graphql-over-http) and health, over the pipeline. Not listening yet. */
export function createHttpServer(deps: HttpDeps): FastifyInstance {
  const server = Fastify({
    bodyLimit: deps.limits.bodyLimitBytes,
    requestTimeout: deps.limits.bodyTimeoutMs,
    http: { headersTimeout: deps.limits.headersTimeoutMs, connectionsCheckingInterval: 1_000 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    trustProxy: deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    clientErrorHandler: answerBrokenRequest,
    routerOptions: { maxParamLength: 200 },
  })
  server.removeAllContentTypeParsers()
  // Any type gets in, so that the answer to a wrong one is ours.
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  addSecurityHeaders(server)
  addErrors(server, deps)
  addHealth(server, deps.readiness)
  const cors = createCors(deps.corsOrigins)
  for (const path of deps.paths) {
    addGraphQL(server, path, deps, cors)
    if (deps.isVersioned && path !== '/') addGraphQL(server, `/:version${path}`, deps, cors)
  }
  return server
}

/** Every answer; a page adds its own content security policy. */
function addSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains')
    done()
  })
}

function addGraphQL(server: FastifyInstance, path: string, deps: HttpDeps, cors: Cors): void {
  server.post(path, async (request, reply) => {
    allowOrigin(request, reply, cors)
    checkContentType(request.headers)
    const params = readPostBody(request.body)
    return answer(request, reply, { ...params, mayMutate: true }, deps)
  })
  // GET on `/` is the landing page's.
  if (path !== '/') {
    server.get(path, async (request, reply) => {
      allowOrigin(request, reply, cors)
      if (deps.streams?.isStream(request.headers)) refuseOtherSites(request.headers)
      else refuseCrossSite(request.headers)
      const params = readGetQuery(new URL(request.url, 'http://gateway').searchParams)
      return answer(request, reply, { ...params, mayMutate: false }, deps)
    })
  }
  server.options(path, async (request, reply) => {
    const { origin, 'access-control-request-headers': requested } = request.headers
    return reply
      .code(204)
      .headers({ allow: 'GET, POST, OPTIONS', vary: 'origin', ...cors.preflightHeaders(origin, requested) })
      .send()
  })
  server.route({
    method: path === '/' ? ['PUT', 'DELETE', 'PATCH'] : ['PUT', 'DELETE', 'PATCH', 'HEAD'],
    url: path,
    handler(request, reply) {
      reply.header('allow', 'GET, POST')
      throw new AppError('METHOD_NOT_ALLOWED', `Cannot ask by ${request.method}: allowed are GET and POST`)
    },
  })
}

/** Also when the request is refused: a page must be able to read why. */
function allowOrigin(request: FastifyRequest, reply: FastifyReply, cors: Cors): void {
  const { origin } = request.headers
  if (origin !== undefined) reply.headers(cors.answerHeaders(origin))
}

type Params = Omit<GatewayRequest, 'headers' | 'path' | 'signal' | 'aborter' | 'version' | 'address'>

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  params: Params,
  deps: HttpDeps,
): Promise<FastifyReply> {
  const aborter = new AbortController()
  const clientGone = () => aborter.abort()
  reply.raw.once('close', clientGone)
  const asked: GatewayRequest = {
    ...params,
    path: request.url.split('?', 1)[0] ?? '/',
    version: versionOf(request.params),
    address: request.ip,
    headers: plainHeaders(request),
    signal: aborter.signal,
    aborter,
  }
  if (deps.streams?.isStream(request.headers)) {
    await deps.streams.answerStream(reply, request.headers, asked)
    return reply
  }
  const parts = acceptsParts(request.headers.accept) ? answerInParts(request, reply, aborter, deps) : null
  const { result, headers } = await deps.receive(parts === null ? asked : { ...asked, takeParts: parts.take })
  reply.raw.off('close', clientGone)
  if (parts?.hasBegun()) {
    parts.end(result)
    return reply
  }
  const text = resultText(result)
  refuseTooLarge(text, deps.limits.responseLimitBytes)
  const mediaType = chooseMediaType(request.headers.accept)
  const retryAfter = retryAfterOf(result)
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  reply.headers(headers).headers(commonHeaders)
  return reply.code(statusOf(result, mediaType)).header('content-type', contentTypes[mediaType]).send(text)
}

function answerInParts(
  request: FastifyRequest,
  reply: FastifyReply,
  aborter: AbortController,
  { limits }: HttpDeps,
): PartsAnswer {
  return createPartsAnswer(reply, {
    limitBytes: limits.responseLimitBytes,
    headers: commonHeaders,
    onTooLarge(bytes) {
      aborter.abort()
      const correlationId = String(reply.raw.getHeader('x-correlation-id'))
      return toFormatted(tooLarge(bytes, limits.responseLimitBytes), request, correlationId)
    },
  })
}

function versionOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('version' in params)) return undefined
  return typeof params.version === 'string' ? params.version : undefined
}

function refuseTooLarge(text: string, allowedBytes: number): void {
  // A character is at most three bytes of UTF-8: most answers need not be measured.
  if (text.length * 3 <= allowedBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes > allowedBytes) throw tooLarge(bytes, allowedBytes)
}

function tooLarge(bytes: number, allowedBytes: number): AppError {
  return new AppError(
    'QUERY_TOO_COSTLY',
    `Cannot answer: the answer has ${bytes} bytes, allowed is ${allowedBytes}; ask for fewer fields or items`,
    { details: { limit: 'responseBytes', allowed: allowedBytes, value: bytes } },
  )
}

const contentTypes = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
} as const satisfies Record<MediaType, string>

/** What one client is told must not be kept for another; nothing here is a page. */
const commonHeaders = { 'cache-control': 'no-store', vary: 'accept, origin' }

function addHealth(server: FastifyInstance, readiness: readonly ReadinessCheck[]): void {
  server.get('/health/live', async () => ({ status: 'live' }))
  server.get('/health/ready', async (_request, reply) => {
    const report = await readReadiness(readiness)
    return reply.code(report.status === 'ready' ? 200 : 503).send(report)
  })
}

function addErrors(server: FastifyInstance, deps: HttpDeps): void {
  server.setNotFoundHandler((request) => {
    const path = request.url.split('?', 1)[0] ?? ''
    throw new AppError('NOT_FOUND', `Cannot find ${path.slice(0, 80)}: GraphQL is at ${deps.paths.join(' and ')}`)
  })
  server.setErrorHandler((error, request, reply) => {
    const known = toAppError(error, deps.limits)
    const correlationId = correlationIdOf(plainHeaders(request))
    if (known.code === 'INTERNAL') deps.onInternal(error, { correlationId })
    const mediaType = chooseMediaType(request.headers.accept)
    return reply
      .code(httpStatus[known.code])
      .headers({ 'x-correlation-id': correlationId, ...commonHeaders })
      .type(`${mediaType}; charset=utf-8`)
      .send(JSON.stringify({ errors: [toFormatted(known, request, correlationId)] }))
  })
}

function toFormatted(error: AppError, request: FastifyRequest, correlationId: string): GraphQLFormattedError {
  const extensions = { ...toProblem(error, { correlationId, instance: request.url.split('?', 1)[0] ?? '/' }) }
  return { message: extensions.detail, extensions }
}

function toAppError(error: unknown, limits: HttpLimits): AppError {
  if (error instanceof AppError) return error
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (status === 413) {
    const allowed = `${limits.bodyLimitBytes} bytes`
    return new AppError('PAYLOAD_TOO_LARGE', `Cannot read the request: its body is too large, allowed is ${allowed}`, {
      details: { limit: 'bodyBytes', allowed: limits.bodyLimitBytes },
    })
  }
  if (status === 415)
    return new AppError('UNSUPPORTED_MEDIA_TYPE', 'Cannot read the request: allowed is application/json')
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError('BAD_REQUEST', 'Cannot read the request: it is malformed', { cause: error })
  }
  return AppError.from(error)
}

function plainHeaders({ headers }: Pick<FastifyRequest, 'headers'>): Readonly<Record<string, string>> {
  if (isPlain(headers)) return headers
  const { 'set-cookie': _, ...rest } = headers
  return plainHeaders({ headers: rest })
}

/** Of all headers Node gives a list for this one alone; a request has no use for it. */
function isPlain(headers: IncomingHttpHeaders): headers is Record<string, string> {
  return headers['set-cookie'] === undefined
}
