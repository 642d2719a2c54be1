import type { FastifyInstance, FastifyReply } from 'fastify'
import { AppError } from '../../platform/errors/app-error.ts'
import { keyIdOf } from '../../platform/identity/api-keys.ts'
import type { KeyChecker } from '../../platform/identity/key-checker.ts'
import type { TokenIssuer } from '../../platform/identity/signing-key.ts'
import { toClaims } from './own-claims.ts'

/** Short, and bound to the key: a key's end ends its tokens too. */
const ttlSeconds = 300

/**
 * `POST /oauth/token`, OAuth 2.0 client credentials (RFC 6749, 4.4): the client id is an API key's id, the secret the
 * key. The answer is a bearer token good for five minutes.
 */
export function addTokenEndpoint(
  server: FastifyInstance,
  { keys, issuer }: { readonly keys: KeyChecker; readonly issuer: TokenIssuer },
): void {
  server.post('/oauth/token', async (request, reply) => {
    const form = new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '')
    if (form.get('grant_type') !== 'client_credentials') {
      return refuse(reply, 400, 'unsupported_grant_type', 'allowed is client_credentials')
    }
    const credentials = fromBasic(request.headers.authorization) ?? {
      id: form.get('client_id') ?? '',
      secret: form.get('client_secret') ?? '',
    }
    if (keyIdOf(credentials.secret) !== credentials.id) return refuseClient(reply)
    try {
      const viewer = await keys.viewerOf(credentials.secret)
      const token = await issuer.issue({ ...toClaims(viewer), key_id: credentials.id }, ttlSeconds)
      return reply
        .headers({ 'cache-control': 'no-store' })
        .send({ access_token: token, token_type: 'Bearer', expires_in: ttlSeconds })
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') return refuseClient(reply)
      throw error
    }
  })
}

function fromBasic(header: string | undefined): { readonly id: string; readonly secret: string } | null {
  const encoded = /^Basic +(\S+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return null
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2)
  return { id, secret }
}

function refuseClient(reply: FastifyReply): FastifyReply {
  reply.header('www-authenticate', 'Basic realm="storeloom"')
  return refuse(reply, 401, 'invalid_client', 'client_id and client_secret are not those of a key that is good')
}

function refuse(reply: FastifyReply, status: number, error: string, description: string): FastifyReply {
  return reply.code(status).headers({ 'cache-control': 'no-store' }).send({ error, error_description: description })
}
