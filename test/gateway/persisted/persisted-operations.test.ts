import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseManifest } from '../../../gateway/persisted/manifest.ts'
import { governed, startGoverned, widePlans } from '../../support/governed-gateway.ts'
import { post } from '../../support/start-gateway.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const registered = 'query Shelf($n: Int = 2) { things(first: $n) { id } }'
const manifestText = JSON.stringify({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [{ id: hashOf(registered), name: 'Shelf', type: 'query', body: registered }],
})
const plans = widePlans({}, { storefront: { persistedOnly: true } })
const start = () => startGoverned(governed({ plans, manifest: parseManifest(manifestText) }))

const named = (sha256Hash: unknown, query?: string, version: unknown = 1) =>
  JSON.stringify({ query, extensions: { persistedQuery: { version, sha256Hash } } })
const codeOf = ({ status, body }: { status: number; body: { errors?: { extensions: { code: string } }[] } }) => [
  status,
  body.errors?.[0]?.extensions.code ?? 'ok',
]

describe('persisted operations over HTTP', () => {
  it('run by the id the manifest gives them', async () => {
    await using started = await start()
    const { body } = await post(started.url, named(hashOf(registered)))
    expect(body.data).toEqual({ things: [{ id: 't0' }, { id: 't1' }] })
    const byGet = await fetch(
      `${started.url}/graphql?extensions=${encodeURIComponent(`{"persistedQuery":{"version":1,"sha256Hash":"${hashOf(registered)}"}}`)}`,
      { headers: { 'apollo-require-preflight': '1' } },
    )
    expect(await byGet.json()).toMatchObject({ data: { things: [{ id: 't0' }, { id: 't1' }] } })
  })

  it('are all a client marked so may run, whatever it tries', async () => {
    await using started = await start()
    const as = async (body: string) => codeOf(await post(started.url, body, { 'x-client': 'storefront' }))
    const other = '{ things { id } }'
    expect(await as(named(hashOf(registered)))).toEqual([200, 'ok'])
    expect(await as(JSON.stringify({ query: registered }))).toEqual([200, 'ok'])
    expect(await as(JSON.stringify({ query: other }))).toEqual([403, 'PERSISTED_QUERY_REQUIRED'])
    expect(await as(named(hashOf(other), other))).toEqual([403, 'PERSISTED_QUERY_REQUIRED'])
    expect(await as(named(hashOf(registered), other))).toEqual([400, 'BAD_REQUEST'])
    expect(codeOf(await post(started.url, named(hashOf(other), other)))).toEqual([200, 'ok'])
    expect(await as(named(hashOf(other)))).toEqual([403, 'PERSISTED_QUERY_REQUIRED'])
  })

  it('register themselves by hash: unknown, sent once with its text, then known', async () => {
    await using started = await start()
    const text = '{ things(first: 1) { id name } }'
    const ask = async (body: string) => codeOf(await post(started.url, body))
    const unknown = await post(started.url, named(hashOf(text)))
    expect(codeOf(unknown)).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND'])
    expect(unknown.body.errors[0].message).toBe('PersistedQueryNotFound')
    expect(await ask(named(hashOf(text), text))).toEqual([200, 'ok'])
    expect(await ask(named(hashOf(text)))).toEqual([200, 'ok'])
  })

  it('are not poisoned: a hash that is not the text is refused and keeps nothing', async () => {
    await using started = await start()
    const [good, evil] = ['{ things(first: 1) { id } }', '{ exported { id } }']
    expect(codeOf(await post(started.url, named(hashOf(good), evil)))).toEqual([400, 'BAD_REQUEST'])
    expect(codeOf(await post(started.url, named(hashOf(good))))).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND'])
    expect(codeOf(await post(started.url, named(hashOf(registered), evil)))).toEqual([400, 'BAD_REQUEST'])
    expect((await post(started.url, named(hashOf(registered)))).body.data.things).toHaveLength(2)
  })

  it('keep no document that is not valid', async () => {
    await using started = await start()
    const bad = '{ nope }'
    expect(codeOf(await post(started.url, named(hashOf(bad), bad)))).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
    expect(codeOf(await post(started.url, named(hashOf(bad))))).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND'])
  })

  it('refuse what is no hash', async () => {
    await using started = await start()
    const ask = async (body: string) => codeOf(await post(started.url, body))
    expect(await ask(named(7))).toEqual([400, 'BAD_REQUEST'])
    expect(await ask(named('x'.repeat(201)))).toEqual([400, 'BAD_REQUEST'])
    expect(await ask(named('', '{ things { id } }'))).toEqual([400, 'BAD_REQUEST'])
    expect(await ask(named(hashOf(registered), undefined, 2))).toEqual([400, 'BAD_REQUEST'])
    expect(await ask('{"extensions":{"persistedQuery":null}}')).toEqual([400, 'BAD_REQUEST'])
    expect(await ask('{"extensions":{"persistedQuery":"__proto__"}}')).toEqual([400, 'BAD_REQUEST'])
  })

  it('stay bounded under a flood of automatic ones', async () => {
    await using started = await start()
    const handle = (query: string) =>
      started.gateway.handle({
        query,
        operationName: undefined,
        variables: undefined,
        extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(query) } },
        mayMutate: true,
        path: '/graphql',
        version: undefined,
        address: undefined,
        headers: {},
        signal: AbortSignal.timeout(60_000),
      })
    const first = '{ dear }'
    await handle(first)
    for (let index = 0; index < 5_000; index++) await handle(`{ a${index}: __typename }`)
    expect(codeOf(await post(started.url, named(hashOf(first))))).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND'])
    expect(codeOf(await post(started.url, named(hashOf('{ a4999: __typename }'))))).toEqual([200, 'ok'])
  }, 120_000)
})

describe('operations manifest', () => {
  it('says what is wrong with a file', () => {
    expect(() => parseManifest('[')).toThrow('it is not JSON')
    expect(() => parseManifest('{"format":"other","version":1,"operations":[]}')).toThrow(
      'format is "other", allowed is "apollo-persisted-query-manifest"',
    )
  })
})
