import type { IncomingHttpHeaders } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { AppError } from '../platform/errors/app-error.ts'
import { type Cors, createCors } from './cors.ts'
import type { Answer, GatewayRequest } from './exchange.ts'
import { type ReadinessCheck, readReadiness } from './health.ts'
import { answerBrokenRequest } from './http-broken.ts'
import { compress, compressedHeaders } from './http-compress.ts'
import { acceptsParts, createPartsAnswer, type PartsAnswer } from './http-parts.ts'
import { createPlainPosts } from './http-plain-post.ts'
import {
  commonHeaders,
  type HttpLimits,
  type HttpReply,
  pathOf,
  refusalOf,
  replyTo,
  toFormatted,
  tooLarge,
} from './http-reply.ts'
import {
  checkContentType,
  plainHeaders,
  readGetQuery,
  readPostBody,
  refuseCrossSite,
  refuseOtherSites,
} from './http-request.ts'

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
  takePlainPosts(server, deps, cors)
  return server
}

/** Before Fastify sees them; it reads and answers by the same functions. */
function takePlainPosts(server: FastifyInstance, deps: HttpDeps, cors: Cors): void {
  let isClosing = false
  server.addHook('preClose', async () => {
    isClosing = true
  })
  const take = createPlainPosts({
    ...deps,
    cors,
    trustsProxies: deps.trustedProxies.length > 0,
    securityHeaders,
    isStream: (headers) => deps.streams?.isStream(headers) ?? false,
    isClosing: () => isClosing,
  })
  server.server.removeAllListeners('request')
  server.server.on('request', (request, response) => {
    if (!take(request, response)) server.routing(request, response)
  })
}

const securityHeaders = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

/** Every answer; a page adds its own content security policy. */
function addSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders)
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
    path: pathOf(request.url),
    version: versionOf(request.params),
    address: request.ip,
    headers: plainHeaders(request.headers),
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
  return send(reply, replyTo({ result, headers }, request.headers.accept, deps.limits), deps.limits)
}

async function send(
  reply: FastifyReply,
  { status, headers, text }: HttpReply,
  { compressFromBytes }: HttpLimits,
): Promise<FastifyReply> {
  reply.code(status).headers(headers)
  const compressed = await compress(text, reply.request.headers['accept-encoding'], compressFromBytes)
  return compressed === undefined ? reply.send(text) : reply.headers(compressedHeaders).send(compressed)
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
      return toFormatted(tooLarge(bytes, limits.responseLimitBytes), request.url, correlationId)
    },
  })
}

function versionOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('version' in params)) return undefined
  return typeof params.version === 'string' ? params.version : undefined
}

function addHealth(server: FastifyInstance, readiness: readonly ReadinessCheck[]): void {
  server.get('/health/live', async () => ({ status: 'live' }))
  server.get('/health/ready', async (_request, reply) => {
    const report = await readReadiness(readiness)
    return reply.code(report.status === 'ready' ? 200 : 503).send(report)
  })
}

function addErrors(server: FastifyInstance, deps: HttpDeps): void {
  server.setNotFoundHandler((request) => {
    const path = pathOf(request.url)
    throw new AppError('NOT_FOUND', `Cannot find ${path.slice(0, 80)}: GraphQL is at ${deps.paths.join(' and ')}`)
  })
  server.setErrorHandler((error, request, reply) =>
    send(reply, refusalOf(error, request.headers, request.url, deps), deps.limits),
  )
}
