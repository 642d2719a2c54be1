import { describe, expect, it } from 'vitest'
import { startGoverned } from '../support/governed-gateway.ts'

const shopOrigin = 'https://shop.example'

function send(url: string, headers: Record<string, string>, method = 'POST'): Promise<Response> {
  return fetch(`${url}/2026-10/graphql`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' ? { body: '{"query":"{ oldCount }"}' } : {}),
  })
}

const allowed = (answer: Response) => answer.headers.get('access-control-allow-origin')

describe('pages of other sites', () => {
  it('may ask where their origin is listed, and read what answers tell besides data', async () => {
    await using started = await startGoverned(undefined, { corsOrigins: [shopOrigin] })
    const answer = await send(started.url, { origin: shopOrigin })
    expect(allowed(answer)).toBe(shopOrigin)
    expect(answer.headers.get('vary')).toContain('origin')
    const exposed = answer.headers.get('access-control-expose-headers')?.split(', ') ?? []
    expect(exposed).toEqual(expect.arrayContaining(['api-version', 'deprecation', 'ratelimit', 'retry-after']))
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(allowed(await send(started.url, { origin: 'https://evil.example' }))).toBeNull()
    expect(allowed(await send(started.url, { origin: `${shopOrigin}.evil.example` }))).toBeNull()
    expect(allowed(await send(started.url, { origin: 'null' }))).toBeNull()
  })

  it('are told by a preflight, without the request being run', async () => {
    await using started = await startGoverned(undefined, { corsOrigins: [shopOrigin] })
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type, authorization',
    }
    const answer = await send(started.url, { origin: shopOrigin, ...asked }, 'OPTIONS')
    expect([answer.status, allowed(answer)]).toEqual([204, shopOrigin])
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, POST')
    expect(answer.headers.get('access-control-allow-headers')).toBe('content-type, authorization')
    const other = await send(started.url, { origin: 'https://evil.example', ...asked }, 'OPTIONS')
    expect([other.status, allowed(other), other.headers.get('access-control-allow-headers')]).toEqual([204, null, null])
  })

  it('can read why they were refused', async () => {
    await using started = await startGoverned(undefined, { corsOrigins: ['*'] })
    const refused = await fetch(`${started.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/xml', origin: shopOrigin },
      body: 'x',
    })
    expect([refused.status, allowed(refused)]).toEqual([415, '*'])
  })

  it('may not ask where none is listed', async () => {
    await using started = await startGoverned()
    expect(allowed(await send(started.url, { origin: shopOrigin }))).toBeNull()
  })
})

describe('security headers', () => {
  it('are on every answer; HSTS only where a trusted proxy says it was HTTPS', async () => {
    await using started = await startGoverned(undefined, { trustedProxies: ['127.0.0.1'] })
    for (const path of ['/graphql', '/health/live', '/versions', '/nowhere', '/']) {
      const { headers } = await fetch(started.url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('strict-transport-security')).toBeNull()
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    }
    const secure = await send(started.url, { 'x-forwarded-proto': 'https' })
    expect(secure.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
    const page = await fetch(started.url)
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect((await send(started.url, {})).headers.get('content-security-policy')).toBeNull()
  })

  it('believe no client that says it is HTTPS by itself', async () => {
    await using started = await startGoverned()
    const answer = await send(started.url, { 'x-forwarded-proto': 'https' })
    expect(answer.headers.get('strict-transport-security')).toBeNull()
  })
})
