import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createTokenVerifier,
  type TokenVerifier,
  type TrustedIssuer,
} from '../../../platform/identity/token-verifier.ts'

const issuer = 'https://id.shop.example'
const audience = 'storeloom'
const start = new Date('2026-11-21T09:00:00Z')

type Key = { readonly kid: string; readonly privateKey: KeyObject; readonly jwk: JWK }

async function makeKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } }
}

describe('tokens of an issuer', () => {
  let now = start
  let fetches = 0
  let served: readonly JWK[] = []
  let answers = true
  let first: Key
  let second: Key
  let trusted: TrustedIssuer
  let verifier: TokenVerifier
  const server = createServer((_request, response) => {
    fetches += 1
    response.writeHead(answers ? 200 : 500, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys: served }))
  })

  beforeAll(async () => {
    first = await makeKey('one')
    second = await makeKey('two')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    trusted = {
      issuer,
      audience,
      algorithms: ['RS256'],
      keys: { url: new URL(`http://127.0.0.1:${port}/keys`) },
      claims: { kind: 'staff', clientId: 'azp', roles: 'realm.roles', roleNames: { desk: 'service-desk' } },
    }
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  beforeEach(() => {
    now = start
    fetches = 0
    answers = true
    served = [first.jwk]
    verifier = createTokenVerifier({ issuers: [trusted], tenant: 'demo', clock: () => now, cooldownMs: 300 })
  })

  const seconds = (offset: number) => Math.floor(start.getTime() / 1_000) + offset
  const claims = { sub: 'agent-7', azp: 'desk', realm: { roles: ['desk', 'analyst', 'root'] } }
  const sign = (key: Key, change: (token: SignJWT) => SignJWT = (token) => token) =>
    change(
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: key.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(seconds(300)),
    ).sign(key.privateKey)
  const verify = async (token: string) => verifier.verify(token)
  const refused = async (token: string) =>
    Promise.resolve()
      .then(() => verifier.verify(token))
      .then(
        () => 'accepted',
        (error: { code: string; message: string }) => `${error.code}: ${error.message.replace(/^.*: /, '')}`,
      )

  it('say who asks, by the claims of their issuer; unknown roles count for nothing', async () => {
    expect(await verify(await sign(first))).toEqual({
      expiresAtMs: start.getTime() + 330_000,
      viewer: {
        expiresAtMs: start.getTime() + 300_000,
        kind: 'staff',
        tenant: 'demo',
        clientId: 'desk',
        scopes: [],
        subject: 'agent-7',
        roles: ['service-desk', 'analyst'],
        locationIds: [],
        regions: [],
      },
    })
  })

  it('are known at once the second time, until they expire', async () => {
    const token = await sign(first)
    const viewer = await verify(token)
    expect(verifier.verify(token)).toMatchObject(viewer)
    now = new Date(start.getTime() + 331_000)
    expect(await refused(token)).toBe('UNAUTHENTICATED: it has expired')
    expect(fetches).toBe(1)
  })

  it('are refused of another issuer', async () => {
    expect(await refused(await sign(first, (token) => token.setIssuer('https://evil.example')))).toBe(
      'UNAUTHENTICATED: its issuer is not one that is trusted here',
    )
    expect(fetches).toBe(0)
  })

  it('are refused for another audience', async () => {
    expect(await refused(await sign(first, (token) => token.setAudience('other')))).toBe(
      'UNAUTHENTICATED: its claim aud does not fit',
    )
  })

  it('are refused expired, with 30 s of leeway', async () => {
    const late = await sign(first, (token) => token.setExpirationTime(seconds(-31)))
    expect(await refused(late)).toBe('UNAUTHENTICATED: it has expired')
    const just = await sign(first, (token) => token.setExpirationTime(seconds(-25)))
    expect(await refused(just)).toBe('accepted')
  })

  it('are refused without an end', async () => {
    const endless = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience(audience)
      .sign(first.privateKey)
    expect(await refused(endless)).toBe('UNAUTHENTICATED: its claim exp does not fit')
  })

  it('are refused before their time, with 30 s of leeway', async () => {
    expect(await refused(await sign(first, (token) => token.setNotBefore(seconds(60))))).toBe(
      'UNAUTHENTICATED: its claim nbf does not fit',
    )
    expect(await refused(await sign(first, (token) => token.setNotBefore(seconds(20))))).toBe('accepted')
  })

  it('are refused unsigned, whatever the header says', async () => {
    const [, body] = (await sign(first)).split('.')
    const head = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url')
    expect(await refused(`${head({ alg: 'none' })}.${body}.`)).toMatch(/^UNAUTHENTICATED/)
    expect(await refused(`${head({ alg: 'None', kid: 'one' })}.${body}.`)).toMatch(/^UNAUTHENTICATED/)
    expect(await refused(`${head({ alg: 'RS256', kid: 'one' })}.${body}.`)).toMatch(/^UNAUTHENTICATED/)
  })

  it('are refused signed with the public key as if it were a shared secret', async () => {
    const spki = await exportSPKI(createPublicKey(first.privateKey))
    const [, body] = (await sign(first)).split('.')
    const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'one' })).toString('base64url')
    const mac = createHmac('sha256', spki).update(`${head}.${body}`).digest('base64url')
    expect(await refused(`${head}.${body}.${mac}`)).toBe('UNAUTHENTICATED: its algorithm is not allowed')
  })

  it('are refused changed', async () => {
    const [head, , mac] = (await sign(first)).split('.')
    const body = Buffer.from(JSON.stringify({ ...claims, iss: issuer, aud: audience, exp: seconds(300), sub: 'root' }))
    expect(await refused(`${head}.${body.toString('base64url')}.${mac}`)).toBe(
      'UNAUTHENTICATED: its signature does not hold',
    )
  })

  it('are refused as anything but a JWT', async () => {
    for (const text of ['', 'x', 'a.b', 'a.b.c', `${'x'.repeat(9_000)}`, 'e30.e30.e30', '...']) {
      expect([text.slice(0, 10), (await refused(text)).slice(0, 15)]).toEqual([text.slice(0, 10), 'UNAUTHENTICATED'])
    }
  })

  it('go on through a rotation: a key not seen yet is read, a key taken away ends', async () => {
    expect(await refused(await sign(first))).toBe('accepted')
    served = [first.jwk, second.jwk]
    await expect.poll(async () => refused(await sign(second)), { timeout: 5_000, interval: 50 }).toBe('accepted')
    served = [second.jwk]
    verifier = createTokenVerifier({ issuers: [trusted], tenant: 'demo', clock: () => now })
    expect(await refused(await sign(first))).toBe('UNAUTHENTICATED: it is signed with a key its issuer does not have')
  })

  it('of unknown keys make the issuer read no more than once in the cooldown', async () => {
    verifier = createTokenVerifier({ issuers: [trusted], tenant: 'demo', clock: () => now, cooldownMs: 60_000 })
    expect(await refused(await sign(first))).toBe('accepted')
    const storm = await Promise.all(Array.from({ length: 200 }, (_, index) => sign({ ...second, kid: `k${index}` })))
    const outcomes = new Set(await Promise.all(storm.map(refused)))
    expect([...outcomes]).toEqual(['UNAUTHENTICATED: it is signed with a key its issuer does not have'])
    expect(fetches).toBe(1)
  })

  it('cannot be told good or bad while the issuer is away, known ones aside', async () => {
    const token = await sign(first)
    expect(await refused(token)).toBe('accepted')
    answers = false
    expect(await refused(token)).toBe('accepted')
    const anew = createTokenVerifier({ issuers: [trusted], tenant: 'demo', clock: () => now })
    await expect(Promise.resolve(anew.verify(token))).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  })

  it('have at most 60 s of leeway', () => {
    const make = (leewaySeconds: number) => () =>
      createTokenVerifier({ issuers: [], tenant: 'demo', clock: () => now, leewaySeconds })
    expect(make(61)).toThrow('allowed is 0 to 60')
    expect(make(60)).not.toThrow()
  })
})
