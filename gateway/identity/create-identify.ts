import { AppError } from '../../platform/errors/app-error.ts'
import type { KeyChecker } from '../../platform/identity/key-checker.ts'
import type { TokenVerifier, VerifiedToken } from '../../platform/identity/token-verifier.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Identify } from '../identify.ts'

export const apiKeyHeader = 'x-api-key'
/** A storefront without a signed-in person says by it which client it is. It is public: it opens nothing. */
export const publicClientHeader = 'x-client-key'

export type IdentifyDeps = {
  readonly anonymous: Viewer
  readonly tokens: TokenVerifier
  readonly keys: KeyChecker
  /** Client ids by public key. */
  readonly publicClients: ReadonlyMap<string, string>
}

/**
 * Who asks, by the one credential a request carries: a JWT or API key as `Authorization: Bearer`, an API key as `X-API-Key`,
 * or a public client key. Without any it is anonymous; with a wrong one it is refused, never anonymous.
 */
export function createIdentify({ anonymous, tokens, keys, publicClients }: IdentifyDeps): Identify {
  const storefronts = new Map<string, Viewer>(
    [...publicClients].map(([key, clientId]) => [key, { ...anonymous, clientId }]),
  )

  function ofToken({ viewer }: VerifiedToken): Viewer | Promise<Viewer> {
    if (viewer.keyId === undefined) return viewer
    const isGood = keys.isGood(viewer.keyId)
    return isGood instanceof Promise ? isGood.then((good) => admit(good, viewer)) : admit(isGood, viewer)
  }

  return ({ headers }) => {
    const { authorization, [apiKeyHeader]: apiKey, [publicClientHeader]: publicKey } = headers
    if (authorization === undefined && apiKey === undefined) {
      if (publicKey === undefined) return anonymous
      const storefront = storefronts.get(publicKey)
      if (storefront === undefined) throw refusal(`${publicClientHeader} names no client`)
      return storefront
    }
    if (authorization !== undefined && apiKey !== undefined) {
      throw refusal(`authorization and ${apiKeyHeader} are both given, allowed is one`)
    }
    if (apiKey !== undefined) return keys.viewerOf(apiKey)
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw refusal('authorization is not a Bearer token')
    if (token.startsWith('slk_')) return keys.viewerOf(token)
    const verified = tokens.verify(token)
    return verified instanceof Promise ? verified.then(ofToken) : ofToken(verified)
  }
}

function admit(isGood: boolean, viewer: Viewer): Viewer {
  if (isGood) return viewer
  throw refusal('the API key the token was issued for has ended')
}

function refusal(why: string): AppError {
  return new AppError('UNAUTHENTICATED', `Cannot tell who asks: ${why}`)
}
