import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBothRoads } from '../../support/both-roads.ts'
import { governed, shop, shopSdl, startGoverned } from '../../support/governed-gateway.ts'
import { type Asked, ask, type StartedGateway } from '../../support/start-gateway.ts'

async function askAt(url: string, path: string, query: string, headers: Record<string, string> = {}): Promise<Asked> {
  const answer = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: JSON.stringify({ query }),
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

const codeOf = ({ status, body }: Asked) => [status, body.errors?.[0]?.extensions.code]

describeBothRoads('versions over HTTP', () => {
  let started: StartedGateway
  const used: (readonly [string, string, readonly string[]])[] = []
  beforeAll(async () => {
    const { versions, ...rest } = governed()
    started = await startGoverned({
      ...rest,
      ...(versions === undefined
        ? {}
        : {
            versions: {
              ...versions,
              usage: { record: ({ clientId }, version, coordinates) => used.push([clientId, version, coordinates]) },
            },
          }),
    })
  })
  afterAll(() => started[Symbol.asyncDispose]())

  it('answers with the newest released one when none is asked, and says which', async () => {
    const { headers, body } = await ask(started.url, '{ count }')
    expect(headers.get('api-version')).toBe('2026-10')
    expect(body.data).toEqual({ count: 7 })
  })

  it('takes the version from the path or from the header', async () => {
    const byPath = await askAt(started.url, '/2026-07/graphql', '{ gone }')
    expect([byPath.headers.get('api-version'), byPath.body.data]).toEqual(['2026-07', { gone: 0 }])
    const byHeader = await askAt(started.url, '/graphql', '{ gone }', { 'api-version': '2026-07' })
    expect([byHeader.headers.get('api-version'), byHeader.body.data]).toEqual(['2026-07', { gone: 0 }])
    const both = await askAt(started.url, '/2026-07/graphql', '{ gone }', { 'api-version': '2026-07' })
    expect(both.status).toBe(200)
    const other = await askAt(started.url, '/2026-07/graphql', '{ gone }', { 'api-version': '2026-10' })
    expect(codeOf(other)).toEqual([400, 'BAD_REQUEST'])
  })

  it('validates against the version that answers', async () => {
    expect(codeOf(await askAt(started.url, '/2026-10/graphql', '{ gone }'))).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
    expect(codeOf(await askAt(started.url, '/2026-07/graphql', '{ count }'))).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ])
    expect(codeOf(await askAt(started.url, '/2026-10/graphql', '{ draft }'))).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ])
    expect((await askAt(started.url, '/unstable/graphql', '{ draft count(of: "x") }')).body.data).toEqual({
      draft: 1,
      count: 7,
    })
  })

  it('introspects the version that answers', async () => {
    const fields = async (version: string) => {
      const { body } = await askAt(
        started.url,
        `/${version}/graphql`,
        '{ __type(name: "Query") { fields(includeDeprecated: true) { name isDeprecated deprecationReason args { name } } } }',
      )
      return new Map<string, { name: string }>(
        body.data.__type.fields.map((field: { name: string }) => [field.name, field]),
      )
    }
    const [old, newest, unstable] = [await fields('2026-07'), await fields('2026-10'), await fields('unstable')]
    expect([old.has('gone'), old.has('count'), old.get('oldCount')]).toMatchObject([
      true,
      false,
      { isDeprecated: false },
    ])
    expect([newest.has('gone'), newest.get('count'), newest.get('oldCount')]).toMatchObject([
      false,
      { args: [] },
      { isDeprecated: true, deprecationReason: 'Use count' },
    ])
    expect(unstable.get('count')).toMatchObject({ args: [{ name: 'of' }] })
  })

  it('tells use of what is deprecated in the words of RFC 9745 and RFC 8594', async () => {
    const newest = await ask(started.url, '{ oldCount }')
    expect(newest.headers.get('deprecation')).toBe(`@${Date.UTC(2026, 9, 1, 17) / 1_000}`)
    expect(newest.headers.get('link')).toBe('<https://shop.example/changes>; rel="deprecation"; type="text/html"')
    expect(newest.headers.get('sunset')).toBeNull()
    const nested = await ask(started.url, '{ thing(id: 1) { ...F } } fragment F on Thing { parent { label } }')
    expect(nested.headers.get('deprecation')).not.toBeNull()
    const clean = await ask(started.url, '{ count }')
    expect([clean.headers.get('deprecation'), clean.headers.get('link')]).toEqual([null, null])
    const old = await askAt(started.url, '/2026-07/graphql', '{ oldCount }')
    expect(old.headers.get('deprecation')).toBeNull()
  })

  it('refuses a version that never was with those that are', async () => {
    const answer = await askAt(started.url, '/2025-01/graphql', '{ count }')
    expect(codeOf(answer)).toEqual([400, 'VERSION_UNKNOWN'])
    expect(answer.body.errors[0].message).toBe(
      'Cannot answer in version "2025-01": allowed is 2026-07, 2026-10, unstable',
    )
    expect(codeOf(await askAt(started.url, '/graphql', '{ count }', { 'api-version': '__proto__' }))).toEqual([
      400,
      'VERSION_UNKNOWN',
    ])
  })

  it('has each use recorded by client, version and coordinate', async () => {
    used.length = 0
    await askAt(started.url, '/unstable/graphql', 'query($n: Nest) { count(of: "x") nested(value: $n) }', {
      'x-client': 'acme',
    })
    await askAt(started.url, '/2026-10/graphql', '{ nope }', { 'x-client': 'acme' })
    expect(used).toEqual([
      ['acme', 'unstable', ['Nest', 'Query.count', 'Query.count(of:)', 'Query.nested', 'Query.nested(value:)']],
    ])
  })

  it('lists what is served', async () => {
    const answer = await fetch(new URL('/versions', started.url))
    expect(await answer.json()).toMatchObject({
      newest: '2026-10',
      versions: [
        { version: '2026-07', sunsetAt: '2027-10-01T17:00:00.000Z', isRetired: false, path: '/2026-07/graphql' },
        { version: '2026-10', releasedAt: '2026-10-01T17:00:00.000Z' },
        { version: 'unstable', releasedAt: null },
      ],
    })
  })
})

describeBothRoads('a version that ends', () => {
  const startAt = (now: string) => {
    const { versions, ...rest } = governed()
    if (versions === undefined) throw new TypeError('no versions')
    return startGoverned({ ...rest, versions: { ...versions, clock: () => new Date(now) } })
  }

  it('tells its end 90 days ahead', async () => {
    await using started = await startAt('2027-08-01T00:00:00Z')
    const { headers } = await askAt(started.url, '/2026-07/graphql', '{ gone }')
    expect(headers.get('sunset')).toBe('Fri, 01 Oct 2027 17:00:00 GMT')
    expect(headers.get('link')).toContain('rel="sunset"')
  })

  it('is retired on its day and says where to go, never answering by another', async () => {
    await using started = await startAt('2027-10-01T17:00:00Z')
    const answer = await askAt(started.url, '/2026-07/graphql', '{ gone }')
    expect(codeOf(answer)).toEqual([410, 'VERSION_RETIRED'])
    expect(answer.body.errors[0].message).toBe(
      'Cannot answer in version 2026-07: it was retired on 2027-10-01, move to 2026-10 at /2026-10/graphql',
    )
    expect(answer.body.errors[0].extensions.details).toMatchObject({ moveTo: '2026-10' })
    expect(answer.body).not.toHaveProperty('data')
  })
})

describeBothRoads('versions and a swap of the supergraph', () => {
  it('come from the new supergraph for new requests; a wrong lifecycle is refused and the old one kept', async () => {
    await using started = await startGoverned()
    const deferred = {
      ...shop,
      typeDefs: shop.typeDefs.replace(
        'draft: Int @lifecycle(added: "unstable")',
        'draft: Int @lifecycle(added: "2026-10")',
      ),
    }
    const slow = ask(started.url, '{ slow(ms: 300) }')
    expect((await started.gateway.swapSupergraph(shopSdl(deferred))).kind).toBe('serving')
    expect((await ask(started.url, '{ draft }')).body.data).toEqual({ draft: 1 })
    expect((await slow).body.data).toEqual({ slow: 300 })
    const wrong = { ...shop, typeDefs: shop.typeDefs.replace('removed: "2026-10"', 'removed: "2026-11"') }
    expect(await started.gateway.swapSupergraph(shopSdl(wrong))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining("'2026-11' is no version"),
    })
    expect((await ask(started.url, '{ draft }')).body.data).toEqual({ draft: 1 })
  })
})
