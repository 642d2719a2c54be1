import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plainViewerCodec, viewerHeader } from '../../platform/identity/viewer-header.ts'
import type { SubgraphRequest, SubgraphTransport } from '../../platform/subgraph/transport.ts'

export type OpenTransport = () => Promise<{ readonly transport: SubgraphTransport } & AsyncDisposable>

/** What every way to a subgraph must do alike; the subgraph behind it is `catalogue` of test/support. */
export function describeSubgraphTransport(name: string, open: OpenTransport): void {
  describe(`subgraph transport: ${name}`, () => {
    let opened: Awaited<ReturnType<OpenTransport>>
    const call = (request: Partial<SubgraphRequest> & { readonly query: string }) =>
      opened.transport.call({ kind: 'query', headers: {}, signal: new AbortController().signal, ...request })

    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => {
      await opened[Symbol.asyncDispose]()
    })

    it('answers data with variables and the operation that is named', async () => {
      const response = await call({
        query: 'query A($id: ID!) { item(id: $id) { title } } query B { now }',
        variables: { id: 'b' },
        operationName: 'A',
      })
      expect(JSON.parse(JSON.stringify(response))).toEqual({ data: { item: { title: 'Boots' } } })
    })

    it('answers entity representations in the order asked, null where unknown', async () => {
      const response = await call({
        query: 'query($r: [_Any!]!) { _entities(representations: $r) { ... on Item { title } } }',
        variables: { r: ['b', 'zzz', 'a'].map((id) => ({ __typename: 'Item', id })) },
      })
      expect(JSON.parse(JSON.stringify(response.data))).toEqual({
        _entities: [{ title: 'Boots' }, null, { title: 'Anorak' }],
      })
    })

    it('carries the viewer and the correlation id', async () => {
      const viewer = {
        kind: 'partner',
        tenant: 'acme',
        clientId: 'c',
        scopes: [],
        partnerId: 'p',
        channelIds: [],
      } as const
      const response = await call({
        query: '{ who correlation now }',
        headers: { [viewerHeader]: plainViewerCodec.encode(viewer), 'x-correlation-id': 'abc-1' },
      })
      expect(JSON.parse(JSON.stringify(response.data))).toEqual({
        who: 'partner of acme',
        correlation: 'abc-1',
        now: '2026-10-01T09:30:00.000Z',
      })
    })

    it('refuses a viewer it cannot read', async () => {
      const response = await call({ query: '{ who }', headers: { [viewerHeader]: 'not-a-viewer' } })
      expect(response.data).toBeUndefined()
      expect(response.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    })

    it('tells a coded error at the field that failed and answers the rest', async () => {
      const response = await call({ query: '{ refused now }' })
      expect(JSON.parse(JSON.stringify(response))).toMatchObject({
        data: { refused: null, now: '2026-10-01T09:30:00.000Z' },
        errors: [
          {
            message: 'Cannot read refused: nobody may',
            path: ['refused'],
            extensions: { code: 'FORBIDDEN', details: { rule: 'none' } },
          },
        ],
      })
    })

    it('tells nothing of what really broke', async () => {
      const response = await call({ query: '{ broken }', headers: { 'x-correlation-id': 'abc-2' } })
      expect(response.errors?.[0]).toMatchObject({
        message: 'Internal error',
        extensions: { code: 'INTERNAL', correlationId: 'abc-2' },
      })
      expect(JSON.stringify(response)).not.toMatch(/10\.1\.2\.3|erp|at .*\.ts/)
    })

    it('tells what is wrong with a document, a field and a variable', async () => {
      const codes = []
      for (const query of ['{', '{ nope }', 'query($id: ID!) { item(id: $id) { id } }']) {
        const { data, errors } = await call({ query })
        codes.push([data, errors?.[0]?.extensions?.code])
      }
      expect(codes).toEqual([
        [undefined, 'GRAPHQL_PARSE_FAILED'],
        [undefined, 'GRAPHQL_VALIDATION_FAILED'],
        [undefined, 'BAD_USER_INPUT'],
      ])
    })

    it('rejects with UPSTREAM_TIMEOUT when the request is aborted', async () => {
      const aborter = new AbortController()
      const pending = call({ query: '{ hangs }', signal: aborter.signal })
      setTimeout(() => aborter.abort(), 20)
      await expect(pending).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    })
  })
}
