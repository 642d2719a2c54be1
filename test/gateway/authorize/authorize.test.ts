import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { HostableSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import { allow, deny, type Policy } from '../../../policies/policy.ts'
import { describeBothRoads } from '../../support/both-roads.ts'
import { composeRetail, host } from '../../support/retail-subgraphs.ts'
import { ask, type StartedGateway, startGateway } from '../../support/start-gateway.ts'
import { anonymous, partner, staff } from '../../support/viewers.ts'

const safe = { id: 's1', label: 'Safe', secret: 'gold', mustSecret: 'iron', kind: 'SAFE' }
const box = { id: 'b1', label: 'Box', kind: 'BOX' }
const calls: string[] = []

const vault: HostableSubgraph = {
  name: 'vault',
  typeDefs: /* GraphQL */ `
    extend schema
      @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", { name: "@policy", as: "@rule" }, "@authenticated", "@requiresScopes"])
    type Query {
      safe: Safe
      safes: [Safe!]!
      maybeSafes: [Safe]
      things: [Thing!]!
      found: [Found!]!
      box: Box
      private: String @rule(policies: [["staff-only"]])
      mustPrivate: String! @rule(policies: [["staff-only"]])
      either: String @rule(policies: [["staff-only"], ["partner-only"]])
      both: String @rule(policies: [["staff-only", "partner-only"]])
      unlisted: String @rule(policies: [["nobody-wrote-this"]])
      signedIn: String @authenticated
      scoped: String @requiresScopes(scopes: [["vault:read"]])
      ledger: Ledger
    }
    type Mutation { open: Safe  destroy: Safe @rule(policies: [["staff-only"]]) }
    interface Thing { id: ID! label: String }
    type Safe implements Thing @key(fields: "id") {
      id: ID!
      label: String
      kind: String!
      secret: String @rule(policies: [["staff-only"]])
      mustSecret: String! @rule(policies: [["staff-only"]])
      twin: Safe
    }
    type Box implements Thing { id: ID! label: String kind: String! inside: Safe }
    union Found = Safe | Box
    type Ledger @rule(policies: [["staff-only"]]) { total: Int! }
  `,
  resolvers: {
    Query: {
      safe: () => told('safe', safe),
      safes: () => told('safes', [safe, { ...safe, id: 's2' }]),
      maybeSafes: () => told('maybeSafes', [safe, null]),
      things: () => told('things', [safe, box]),
      found: () => told('found', [box, safe]),
      box: () => told('box', box),
      private: () => told('private', 'p'),
      mustPrivate: () => told('mustPrivate', 'p'),
      either: () => told('either', 'e'),
      both: () => told('both', 'b'),
      unlisted: () => told('unlisted', 'u'),
      signedIn: () => told('signedIn', 's'),
      scoped: () => told('scoped', 's'),
      ledger: () => told('ledger', { total: 1 }),
    },
    Mutation: { open: () => told('open', safe), destroy: () => told('destroy', safe) },
    Thing: { __resolveType: (thing: { kind: string }) => (thing.kind === 'SAFE' ? 'Safe' : 'Box') },
    Found: { __resolveType: (thing: { kind: string }) => (thing.kind === 'SAFE' ? 'Safe' : 'Box') },
    Safe: { twin: () => ({ ...safe, id: 's9' }), secret: () => told('secret', 'gold') },
    Box: { inside: () => safe },
  },
  createContext: (call) => call,
}

function told<T>(name: string, value: T): T {
  calls.push(name)
  return value
}

const policies: readonly Policy[] = [
  { name: 'staff-only', decide: (viewer) => (viewer.kind === 'staff' ? allow : deny('staff only')) },
  { name: 'partner-only', decide: (viewer) => (viewer.kind === 'partner' ? allow : deny('partners only')) },
]

const viewers = { staff: staff(['finance']), partner: partner(), scoped: { ...partner(), scopes: ['vault:read'] } }

describeBothRoads('what a viewer may not have', () => {
  let gateway: StartedGateway
  const internal: unknown[] = []
  beforeAll(async () => {
    gateway = await startGateway({
      supergraphSdl: composeRetail({}, [vault]),
      transports: new Map([['vault', createInProcessTransport(host(vault, internal), { timeoutMs: 5_000 })]]),
      identify: ({ headers }) =>
        Object.entries(viewers).find(([name]) => name === headers['x-viewer'])?.[1] ?? anonymous,
      policies,
    })
  })
  afterAll(async () => gateway[Symbol.asyncDispose]())
  beforeEach(() => {
    calls.length = 0
  })
  const asked = (query: string, viewer = 'nobody', variables = {}) =>
    ask(gateway.url, query, variables, { 'x-viewer': viewer })

  it('is null with FORBIDDEN at its path, and nothing is called for it', async () => {
    const { status, body } = await asked('{ private }')
    expect(status).toBe(200)
    expect(body.data).toEqual({ private: null })
    expect(body.errors).toMatchObject([{ path: ['private'], extensions: { code: 'FORBIDDEN', status: 403 } }])
    expect(body.errors[0].message).not.toContain('staff-only')
    expect(calls).toEqual([])
  })

  it('is there for who may have it', async () => {
    const { body } = await asked('{ private safe { secret mustSecret } ledger { total } }', 'staff')
    expect(body).toEqual({ data: { private: 'p', safe: { secret: 'gold', mustSecret: 'iron' }, ledger: { total: 1 } } })
  })

  it('leaves the rest of the answer whole, keys in the order asked', async () => {
    const { body } = await asked('{ safe { id secret label } }')
    expect(JSON.stringify(body.data)).toBe('{"safe":{"id":"s1","secret":null,"label":"Safe"}}')
    expect(body.errors).toMatchObject([{ path: ['safe', 'secret'] }])
    expect(calls).toEqual(['safe'])
  })

  it('nulls the nearest place above that may be null where it may not be', async () => {
    const { body } = await asked('{ safe { id mustSecret } box { id } }')
    expect(body.data).toEqual({ safe: null, box: { id: 'b1' } })
    expect(body.errors).toMatchObject([{ path: ['safe', 'mustSecret'] }])
    expect((await asked('{ safes { mustSecret } }')).body.data).toBeNull()
    expect((await asked('{ mustPrivate box { id } }')).body).toMatchObject({
      data: null,
      errors: [{ path: ['mustPrivate'] }],
    })
    expect((await asked('{ maybeSafes { id mustSecret } }')).body.data).toEqual({ maybeSafes: [null, null] })
  })

  it('is told with the answer whole to a client that takes parts', async () => {
    const query = '{ safe { id ... @defer { label secret } } }'
    const send = (viewer: string) =>
      fetch(new URL('/graphql', gateway.url), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'multipart/mixed, application/json',
          'x-viewer': viewer,
        },
        body: JSON.stringify({ query }),
      })
    expect((await send('staff')).headers.get('content-type')).toContain('multipart/mixed')
    expect(await (await send('nobody')).json()).toMatchObject({
      data: { safe: { id: 's1', label: 'Safe', secret: null } },
      errors: [{ path: ['safe', 'secret'], extensions: { code: 'FORBIDDEN' } }],
    })
  })

  it('is told of once for each item, with its place', async () => {
    const { body } = await asked('{ safes { id secret } }')
    expect(body.data.safes).toEqual([
      { id: 's1', secret: null },
      { id: 's2', secret: null },
    ])
    expect(body.errors.map((error: { path: unknown }) => error.path)).toEqual([
      ['safes', 0, 'secret'],
      ['safes', 1, 'secret'],
    ])
  })

  it('is found behind aliases, fragments and nested fragments', async () => {
    const query = `
      query { open: safe { ...A } }
      fragment A on Safe { renamed: secret ...B }
      fragment B on Safe { twin { ... on Safe { again: secret } } }`
    const { body } = await asked(query)
    expect(body.data).toEqual({ open: { renamed: null, twin: { again: null } } })
    expect(body.errors.map((error: { path: unknown }) => error.path)).toEqual([
      ['open', 'renamed'],
      ['open', 'twin', 'again'],
    ])
    expect(calls).toEqual(['safe'])
  })

  it('is found behind interfaces and unions, for the types that have it alone', async () => {
    const { body } = await asked(
      '{ things { id ... on Safe { secret } } found { ... on Box { label inside { secret } } ... on Safe { kind secret } } }',
    )
    expect(body.data).toEqual({
      things: [{ id: 's1', secret: null }, { id: 'b1' }],
      found: [
        { label: 'Box', inside: { secret: null } },
        { kind: 'SAFE', secret: null },
      ],
    })
    expect(body.errors).toHaveLength(3)
  })

  it('leaves no trace of its own where all of an object is denied', async () => {
    expect((await asked('{ safe { secret } }')).body.data).toEqual({ safe: { secret: null } })
    expect((await asked('{ found { ... on Safe { secret } } }')).body.data).toEqual({ found: [{}, { secret: null }] })
  })

  it('is told of only where it was asked for', async () => {
    const query =
      'query($with: Boolean!, $not: Boolean = true) { safe { id secret @include(if: $with) mustSecret @skip(if: $not) } }'
    expect((await asked(query, 'nobody', { with: false })).body).toEqual({ data: { safe: { id: 's1' } } })
    expect((await asked(query, 'nobody', { with: true })).body.data).toEqual({ safe: { id: 's1', secret: null } })
    expect((await asked(query, 'nobody', { with: false, not: false })).body.data).toEqual({ safe: null })
  })

  it('may be a whole type', async () => {
    const { body } = await asked('{ ledger { total } box { id } }')
    expect(body.data).toEqual({ ledger: null, box: { id: 'b1' } })
    expect(calls).toEqual(['box'])
  })

  it('is decided by one list of policies met whole', async () => {
    expect((await asked('{ either both }', 'partner')).body.data).toEqual({ either: 'e', both: null })
    expect((await asked('{ either both }', 'staff')).body.data).toEqual({ either: 'e', both: null })
    expect((await asked('{ either both }')).body.data).toEqual({ either: null, both: null })
  })

  it('includes whatever names a policy that nobody wrote', async () => {
    expect((await asked('{ unlisted }', 'staff')).body.data).toEqual({ unlisted: null })
  })

  it('goes by sign-in and by scopes', async () => {
    expect((await asked('{ signedIn scoped }')).body.data).toEqual({ signedIn: null, scoped: null })
    expect((await asked('{ signedIn scoped }', 'partner')).body.data).toEqual({ signedIn: 's', scoped: null })
    expect((await asked('{ signedIn scoped }', 'scoped')).body.data).toEqual({ signedIn: 's', scoped: 's' })
  })

  it('does no part of a mutation of which a root field is denied', async () => {
    const { status, body } = await asked('mutation { open { id } destroy { id } }')
    expect(status).toBe(403)
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
    expect(body.data).toBeUndefined()
    expect(calls).toEqual([])
    expect((await asked('mutation { open { id secret } }')).body.data).toEqual({ open: { id: 's1', secret: null } })
  })

  it('is the same at the second request, on the short road', async () => {
    const first = await asked('{ safe { label secret } }')
    const second = await asked('{ safe { label secret } }')
    expect(second.body.data).toEqual(first.body.data)
    expect(second.body.errors).toHaveLength(1)
    expect((await asked('{ safe { label secret } }', 'staff')).body.data).toEqual({
      safe: { label: 'Safe', secret: 'gold' },
    })
    expect(internal).toEqual([])
  })
})
