import { afterAll, beforeAll, expect, it } from 'vitest'
import { createIdentify } from '../../../gateway/identity/create-identify.ts'
import { ownClaims, toClaims } from '../../../gateway/identity/own-claims.ts'
import { addTokenEndpoint } from '../../../gateway/identity/token-endpoint.ts'
import { createGateway, type Gateway } from '../../../gateway/index.ts'
import { createSubgraphHeaders } from '../../../gateway/viewer-context.ts'
import { type ApiKeys, createApiKeys } from '../../../platform/identity/api-keys.ts'
import { createKeyChecker } from '../../../platform/identity/key-checker.ts'
import { identityMigrations } from '../../../platform/identity/migrations.ts'
import { createTokenIssuer, type TokenIssuer } from '../../../platform/identity/signing-key.ts'
import { createTokenVerifier } from '../../../platform/identity/token-verifier.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec } from '../../../platform/identity/viewer-header.ts'
import { describeBothRoads } from '../../support/both-roads.ts'
import { openMigratedDatabase, type TestDatabase } from '../../support/postgres.ts'
import { anonymous, composeRetail } from '../../support/retail-subgraphs.ts'
import { ask, defaultLimits, inProcessTransports } from '../../support/start-gateway.ts'
import { staff } from '../../support/viewers.ts'

const secret = 'a secret of at least thirty-two characters'
const partner: Viewer = {
  kind: 'partner',
  tenant: 'test',
  clientId: 'amazon',
  scopes: [],
  partnerId: 'amazon',
  channelIds: ['amazon'],
}

describeBothRoads('who asks the gateway', () => {
  let test: TestDatabase
  let keys: ApiKeys
  let issuer: TokenIssuer
  let other: TokenIssuer
  const gateways: Gateway[] = []
  const internal: unknown[] = []
  let aheadMs = 0
  const clock = () => new Date(Date.now() + aheadMs)
  const issue = (purpose: string) =>
    createTokenIssuer({ secret, purpose, issuer: 'urn:test', audience: 'storeloom', clock })

  async function start(): Promise<{ readonly url: string }> {
    const checker = createKeyChecker({ keys, clock, onFailure() {} })
    const tokens = createTokenVerifier({
      issuers: [
        {
          issuer: 'urn:test',
          audience: 'storeloom',
          algorithms: ['EdDSA'],
          keys: { jwks: issuer.jwks },
          claims: ownClaims,
        },
      ],
      tenant: 'test',
      clock,
    })
    const gateway = await createGateway({
      supergraphSdl: composeRetail(),
      transports: inProcessTransports([]),
      anonymous,
      subgraphHeaders: createSubgraphHeaders(plainViewerCodec),
      foreignErrors: 'mask',
      limits: defaultLimits,
      paths: ['/graphql'],
      examples: [],
      readiness: [],
      onInternal: (error) => internal.push(error),
      identify: createIdentify({
        anonymous,
        tokens,
        keys: checker,
        publicClients: new Map([['pk_storefront', 'storefront']]),
      }),
    })
    addTokenEndpoint(gateway.http, { keys: checker, issuer })
    gateways.push(gateway)
    return await gateway.listen({ host: '127.0.0.1', port: 0 })
  }
  let one: { readonly url: string }
  let two: { readonly url: string }
  beforeAll(async () => {
    test = await openMigratedDatabase(identityMigrations())
    keys = createApiKeys({ database: test.database, tenant: 'test', clock })
    issuer = await issue('clients')
    other = await issue('development')
    one = await start()
    two = await start()
  })
  afterAll(async () => {
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]()
    await test[Symbol.asyncDispose]()
  })
  const who = async (headers: Record<string, string>, gateway = one) => {
    const { status, body, headers: answered } = await ask(gateway.url, '{ who }', {}, headers)
    return status === 200
      ? body.data.who
      : `${status} ${body.errors[0].extensions.code} ${answered.get('www-authenticate')}`
  }
  const refused = '401 UNAUTHENTICATED Bearer realm="storeloom"'
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  it('is anonymous without a credential, and a known storefront by its public key', async () => {
    expect(await who({})).toBe('anonymous of test')
    expect(await who({ 'x-client-key': 'pk_storefront' })).toBe('anonymous of test')
    expect(await who({ 'x-client-key': 'pk_guessed' })).toBe(refused)
  })
  it('is whom a token is for', async () => {
    expect(await who(bearer(await issuer.issue(toClaims(staff(['finance'])), 60)))).toBe('staff of test')
    expect(await who(bearer(await issuer.issue(toClaims(partner), 60)))).toBe('partner of test')
  })
  it('is nobody by a token that is wrong, never anonymous', async () => {
    expect(await who(bearer(await other.issue(toClaims(partner), 60)))).toBe(refused)
    expect(await who(bearer(await issuer.issue(toClaims(partner), -120)))).toBe(refused)
    expect(await who(bearer('x'))).toBe(refused)
    expect(await who({ authorization: 'Basic YTpi' })).toBe(refused)
    expect(await who({ authorization: '' })).toBe(refused)
  })
  it('is whom an API key is for, in either header and not in both', async () => {
    const { key } = await keys.create(partner)
    expect(await who({ 'x-api-key': key })).toBe('partner of test')
    expect(await who(bearer(key))).toBe('partner of test')
    expect(await who({ ...bearer(key), 'x-api-key': key })).toBe(refused)
    expect(await who({ 'x-api-key': `${key}x` })).toBe(refused)
  })
  it('is nobody by a revoked key within a second, at every gateway, nor by a token had for it', async () => {
    const { id, key } = await keys.create(partner)
    const token = (await exchange(id, key)).token
    expect([await who({ 'x-api-key': key }, one), await who({ 'x-api-key': key }, two)]).toEqual([
      'partner of test',
      'partner of test',
    ])
    expect(await who(bearer(token), two)).toBe('partner of test')
    await keys.revoke(id)
    aheadMs += 1_000
    expect([
      await who({ 'x-api-key': key }, one),
      await who({ 'x-api-key': key }, two),
      await who(bearer(token), two),
    ]).toEqual([refused, refused, refused])
  })

  async function exchange(
    id: string,
    key: string,
    changes: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) {
    const answer = await fetch(`${one.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: key, ...changes }),
    })
    const body = (await answer.json()) as {
      access_token?: string
      token_type?: string
      expires_in?: number
      error?: string
    }
    return { status: answer.status, headers: answer.headers, token: body.access_token ?? '', body }
  }

  it('may be told by a short token, had for a key', async () => {
    const { id, key } = await keys.create(partner)
    const { status, headers, token, body } = await exchange(id, key)
    expect([status, headers.get('cache-control'), body.token_type, body.expires_in]).toEqual([
      200,
      'no-store',
      'Bearer',
      300,
    ])
    expect(await who(bearer(token))).toBe('partner of test')
    const basic = `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`
    expect((await exchange('', '', {}, { authorization: basic })).status).toBe(200)
  })
  it('gets no token for what is no key', async () => {
    const { id, key } = await keys.create(partner)
    const wrong = await exchange(id, `${id}_${'A'.repeat(43)}`)
    expect([wrong.status, wrong.body.error]).toEqual([401, 'invalid_client'])
    expect((await exchange('slk_other', key)).body.error).toBe('invalid_client')
    const grant = await exchange(id, key, { grant_type: 'password' })
    expect([grant.status, grant.body.error]).toEqual([400, 'unsupported_grant_type'])
  })
})
