import { createHash } from 'node:crypto'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/app-error.ts'
import { type ClaimMapping, toViewer } from './claims.ts'
import type { Viewer } from './viewer.ts'

/** Signatures with a private key alone: with a shared secret, whoever can check a token could make one. */
export const tokenAlgorithms = [
  'EdDSA',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

export type TrustedIssuer = {
  /** Exactly what the claim `iss` says. */
  readonly issuer: string
  /** What `aud` must name. */
  readonly audience: string
  readonly algorithms: readonly TokenAlgorithm[]
  /** Where its keys are told, or the keys. */
  readonly keys: { readonly url: URL } | { readonly jwks: JSONWebKeySet }
  readonly claims: ClaimMapping
}

export type TokenVerifierOptions = {
  readonly issuers: readonly TrustedIssuer[]
  readonly tenant: string
  readonly clock: Clock
  /** How far an issuer's clock may be off, in seconds, at most 60. Default: 30. */
  readonly leewaySeconds?: number
  /** Least time between two reads of an issuer's keys because of a key id nobody knows. Default: 30 s. */
  readonly cooldownMs?: number
  /** How long keys are used before they are read again. Default: 10 min. */
  readonly keyMaxAgeMs?: number
  /** Longest wait for an issuer. Default: 3 s. */
  readonly timeoutMs?: number
}

export type VerifiedToken = {
  /** With the id of the API key the token was issued for, if any: it is good no longer than that key. */
  readonly viewer: Viewer
  /** From then on it is refused, leeway included. */
  readonly expiresAtMs: number
}

export type TokenVerifier = {
  /**
   * At once for a token seen before.
   * @throws AppError `UNAUTHENTICATED`, or `UPSTREAM_UNAVAILABLE` when the issuer's keys cannot be read
   */
  verify(token: string): VerifiedToken | Promise<VerifiedToken>
}

const maxKnown = 10_000
const longestToken = 8_192

/** Verifies JWTs of several issuers. Tokens are remembered, by their hash, until they expire. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { tenant, clock, leewaySeconds = 30 } = options
  if (leewaySeconds < 0 || leewaySeconds > 60) {
    throw new TypeError(`Cannot verify tokens: leewaySeconds is ${leewaySeconds}, allowed is 0 to 60`)
  }
  const issuers = new Map(
    options.issuers.map((trusted) => [trusted.issuer, { trusted, keys: keysOf(trusted, options) }]),
  )
  const known = new LRUCache<string, VerifiedToken>({ max: maxKnown })

  async function check(token: string, hash: string): Promise<VerifiedToken> {
    const found = issuers.get(issuerOf(token))
    if (found === undefined) throw refusal('its issuer is not one that is trusted here')
    const { issuer, audience, algorithms, claims } = found.trusted
    const { payload } = await jwtVerify(token, found.keys, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: leewaySeconds,
      currentDate: clock(),
      requiredClaims: ['exp'],
    }).catch((error: unknown) => {
      throw explain(error)
    })
    const verified: VerifiedToken = {
      viewer: {
        ...toViewer(payload, claims, tenant),
        expiresAtMs: (payload.exp ?? 0) * 1_000,
        ...(typeof payload.key_id === 'string' ? { keyId: payload.key_id } : {}),
      },
      expiresAtMs: ((payload.exp ?? 0) + leewaySeconds) * 1_000,
    }
    known.set(hash, verified)
    return verified
  }

  return {
    verify(token) {
      if (token.length > longestToken) throw refusal(`it has over ${longestToken} characters`)
      const hash = createHash('sha256').update(token).digest('base64')
      const before = known.get(hash)
      if (before === undefined) return check(token, hash)
      if (clock().getTime() < before.expiresAtMs) return before
      known.delete(hash)
      throw expired()
    },
  }
}

function keysOf({ keys }: TrustedIssuer, options: TokenVerifierOptions): JWTVerifyGetKey {
  if ('jwks' in keys) return createLocalJWKSet(keys.jwks)
  return createRemoteJWKSet(keys.url, {
    cooldownDuration: options.cooldownMs ?? 30_000,
    cacheMaxAge: options.keyMaxAgeMs ?? 600_000,
    timeoutDuration: options.timeoutMs ?? 3_000,
  })
}

/** Says only where to look for the key; nothing is believed before the signature holds. */
function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? ''
  } catch {
    throw refusal('it is no JWT')
  }
}

function explain(error: unknown): AppError {
  if (error instanceof errors.JWTExpired) return expired()
  if (error instanceof errors.JWTClaimValidationFailed) return refusal(`its claim ${error.claim} does not fit`, error)
  if (error instanceof errors.JOSEAlgNotAllowed) return refusal('its algorithm is not allowed', error)
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return refusal('it is signed with a key its issuer does not have', error)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return refusal('its signature does not hold', error)
  if (
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSENotSupported
  ) {
    return refusal('it is no JWT that can be verified', error)
  }
  // What is left is the way to the issuer.
  return new AppError('UPSTREAM_UNAVAILABLE', 'Cannot verify the token: the keys of its issuer cannot be read', {
    cause: error,
  })
}

const expired = () =>
  new AppError('UNAUTHENTICATED', 'Cannot accept the token: it has expired', { details: { reason: 'expired' } })

function refusal(why: string, cause?: unknown): AppError {
  return new AppError('UNAUTHENTICATED', `Cannot accept the token: ${why}`, cause === undefined ? {} : { cause })
}
