import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JSONWebKeySet, SignJWT } from 'jose'
import type { Clock } from '../clock.ts'

/** Signs tokens of this installation's own. */
export type TokenIssuer = {
  readonly issuer: string
  readonly audience: string
  /** The public key, for verifiers. */
  readonly jwks: JSONWebKeySet
  /** @param ttlSeconds how long the token is good */
  issue(claims: Readonly<Record<string, unknown>>, ttlSeconds: number): Promise<string>
}

/** DER of an Ed25519 private key up to its 32 bytes (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * An Ed25519 key that follows from the installation's secret, so that all of its processes sign and trust the same
 * without passing a key around.
 * @param purpose keeps keys apart: a token of one purpose is worth nothing for another
 */
export async function createTokenIssuer(options: {
  readonly secret: string
  readonly purpose: string
  readonly issuer: string
  readonly audience: string
  readonly clock: Clock
}): Promise<TokenIssuer> {
  const { issuer, audience, clock } = options
  const privateKey = deriveKey(options.secret, options.purpose)
  const publicJwk = await exportJWK(createPublicKey(privateKey))
  const kid = `${options.purpose}-${(publicJwk.x ?? '').slice(0, 8)}`
  return {
    issuer,
    audience,
    jwks: { keys: [{ ...publicJwk, kid, alg: 'EdDSA', use: 'sig' }] },
    issue(claims, ttlSeconds) {
      const now = Math.floor(clock().getTime() / 1_000)
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + ttlSeconds)
        .sign(privateKey)
    },
  }
}

function deriveKey(secret: string, purpose: string): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', `storeloom token ${purpose}`, 32))
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
}
