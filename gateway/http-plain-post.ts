import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cors } from './cors.ts'
import type { Answer, GatewayRequest } from './exchange.ts'
import { compress, compressedHeaders } from './http-compress.ts'
import { acceptsParts } from './http-parts.ts'
import { type HttpReply, joinHeaders, type RefusalDeps, refusalOf, replyTo } from './http-reply.ts'
import { plainHeaders, readPostBody } from './http-request.ts'

export type PlainPostDeps = RefusalDeps & {
  readonly receive: (request: GatewayRequest) => Promise<Answer>
  readonly paths: readonly string[]
  readonly isVersioned: boolean
  readonly cors: Cors
  /** Whether `x-forwarded-*` headers of some are believed; who they name takes the whole front to tell. */
  readonly trustsProxies: boolean
  /** On every answer. */
  readonly securityHeaders: Readonly<Record<string, string>>
  readonly isStream: (headers: IncomingMessage['headers']) => boolean
  /** From then on none is taken, and the connections of those under way are closed behind their answers. */
  readonly isClosing: () => boolean
}

/** Answers a request, or gives false and has not touched it. */
export type TakePlainPost = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * The commonest request by far, straight over node:http: a POST of JSON whose length is told and within the limit, to be
 * answered at once. The router, request and reply of the whole front cost it as much as all stages together; all else is
 * left to that front, which reads and answers by the same functions.
 */
export function createPlainPosts(deps: PlainPostDeps): TakePlainPost {
  const placeOf = createPlaceOf(deps.paths, deps.isVersioned)
  return (request, response) => {
    if (request.method !== 'POST' || deps.isClosing() || !isPlain(request, deps)) return false
    const place = placeOf(request.url ?? '')
    if (place === undefined) return false
    readBody(request, (body) => answer(request, response, body, place, deps))
    return true
  }
}

type Place = { readonly path: string; readonly version: string | undefined }

const versionedUrl = /^\/(\d{4}-\d{2})(\/.+)$/

/** Of a URL without a query, without escapes, spelt as its route is. */
function createPlaceOf(paths: readonly string[], isVersioned: boolean): (url: string) => Place | undefined {
  const unversioned = new Map(paths.map((path) => [path, { path, version: undefined }]))
  return (url) => {
    const known = unversioned.get(url)
    if (known !== undefined || !isVersioned) return known
    const [, version, path = ''] = versionedUrl.exec(url) ?? []
    return unversioned.has(path) ? { path: url, version } : undefined
  }
}

function isPlain({ headers }: IncomingMessage, deps: PlainPostDeps): boolean {
  const length = Number(headers['content-length'])
  return (
    length > 0 &&
    length <= deps.limits.bodyLimitBytes &&
    plainTypes.has(headers['content-type']) &&
    headers['content-encoding'] === undefined &&
    !acceptsParts(headers.accept) &&
    !deps.isStream(headers) &&
    !(deps.trustsProxies && forwarding.some((name) => headers[name] !== undefined))
  )
}

const plainTypes: ReadonlySet<string | undefined> = new Set(['application/json', 'application/json; charset=utf-8'])
const forwarding = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']

/** Never calls back when the client goes away before all of it is there. */
function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => void chunks.push(chunk))
  request.on('end', () => {
    const [first] = chunks
    done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { path, version }: Place,
  deps: PlainPostDeps,
): void {
  const { headers } = request
  const begin = (reply: HttpReply, bytes: number, coding?: typeof compressedHeaders): ServerResponse => {
    const own = { 'content-length': String(bytes) }
    const allowed = headers.origin === undefined ? undefined : deps.cors.answerHeaders(headers.origin)
    const last = deps.isClosing() ? { connection: 'close' } : undefined
    const all = joinHeaders(reply.headers, coding, own, deps.securityHeaders, allowed, last)
    return response.writeHead(reply.status, all)
  }
  const sendText = (reply: HttpReply): void => {
    const bytes = Buffer.byteLength(reply.text)
    // A letter a byte: the same in both, and sooner written in the one.
    begin(reply, bytes).end(reply.text, bytes === reply.text.length ? 'latin1' : 'utf8')
  }
  const send = (reply: HttpReply): void => {
    const compressed = compress(reply.text, headers['accept-encoding'], deps.limits.compressFromBytes)
    if (compressed === undefined) sendText(reply)
    else {
      const sendBytes = (bytes: Buffer) => void begin(reply, bytes.length, compressedHeaders).end(bytes)
      compressed.then(sendBytes, () => sendText(reply))
    }
  }
  const refuse = (error: unknown): void => send(refusalOf(error, headers, path, deps))
  const aborter = new AbortController()
  const clientGone = (): void => aborter.abort()
  try {
    const params = readPostBody(body)
    response.once('close', clientGone)
    deps
      .receive({
        query: params.query,
        operationName: params.operationName,
        variables: params.variables,
        extensions: params.extensions,
        mayMutate: true,
        path,
        version,
        address: request.socket.remoteAddress,
        headers: plainHeaders(headers),
        signal: aborter.signal,
        aborter,
      })
      .then((answered) => {
        response.off('close', clientGone)
        send(replyTo(answered, headers.accept, deps.limits))
      })
      .catch(refuse)
  } catch (error) {
    refuse(error)
  }
}
