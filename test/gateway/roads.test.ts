import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryRateLimiter } from '../../gateway/rate-limit/memory.ts'
import type { HostableSubgraph } from '../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../platform/subgraph/in-process.ts'
import { deny } from '../../policies/policy.ts'
import { roads } from '../support/both-roads.ts'
import { governed, startGoverned, widePlans } from '../support/governed-gateway.ts'
import { composeRetail, host } from '../support/retail-subgraphs.ts'
import type { StartedGateway } from '../support/start-gateway.ts'

const depot: HostableSubgraph = {
  name: 'depot',
  typeDefs: /* GraphQL */ `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@policy"])
    type Query { crates(first: Int = 3): [Crate!]! maybe: [Crate] empty: Crate many: [[Int]] lost: Crate! secret: Int @policy(policies: [["nobody"]]) }
    type Mutation { pack(id: ID!): Crate }
    interface Boxed { id: ID! }
    enum Size { SMALL LARGE }
    type Crate implements Boxed @key(fields: "id") {
      id: ID!
      label(suffix: String = ""): String
      size: Size
      weight: Float
      inner: Boxed
      broken: String
      mustBroken: String!
      owner: String @policy(policies: [["nobody"]])
      mustOwner: String! @policy(policies: [["nobody"]])
    }
  `,
  resolvers: {
    Query: {
      crates: (_: unknown, { first }: { first: number }) => Array.from({ length: first }, (_one, id) => crate(id)),
      maybe: () => [crate(0), null],
      empty: () => null,
      many: () => [[1, null], null, []],
      lost: () => null,
    },
    Mutation: { pack: (_: unknown, { id }: { id: number }) => crate(id) },
    Boxed: { __resolveType: () => 'Crate' },
    Crate: {
      label: ({ id }: { id: number }, { suffix }: { suffix: string }) => `"crate"\n${id} ☕\u2028 ${suffix}`,
      inner: ({ id }: { id: number }) => crate(id + 1),
      broken: () => Promise.reject(new Error('out of order')),
      mustBroken: () => Promise.reject(new Error('out of order')),
    },
  },
  createContext: (call) => call,
}

const crate = (id: number) => ({ id, size: 'LARGE', weight: 2.5 })

const operations: Readonly<Record<string, readonly [query: string, variables?: Readonly<Record<string, unknown>>]>> = {
  'lists, aliases and text to escape': ['{ crates { id name: label(suffix: "\\u0000") size weight } many }'],
  'nulls at every depth': ['{ maybe { id } empty { id } }'],
  'abstract types': ['{ crates(first: 1) { inner { __typename id ... on Crate { size } } } }'],
  'variables, given and left out': ['query($n: Int) { crates(first: $n) { id } }', { n: 2 }],
  'a variable that does not fit': ['query($n: Int) { crates(first: $n) { id } }', { n: 'many' }],
  'conditions with variables': [
    'query($no: Boolean!) { crates { id size @skip(if: $no) weight @include(if: $no) } }',
    { no: true },
  ],
  'errors at fields that may be null': ['{ crates { id broken } }'],
  'errors that null what is above': ['{ maybe { id mustBroken } crates(first: 1) { mustBroken } }'],
  'a null where none may be': ['{ lost { id } }'],
  'fields the viewer may not have': ['{ secret crates { id owner label } maybe { id mustOwner } }'],
  'nothing the viewer may have': ['{ secret }'],
  'a denied field beside a failing one': ['{ crates(first: 1) { id owner broken } }'],
  mutations: ['mutation { pack(id: 7) { label } }'],
  introspection: ['{ __schema { queryType { name } } __type(name: "Crate") { fields { name } } }'],
  'what needs no subgraph': ['{ kind: __typename }'],
  'a document that is not valid': ['{ crates { nothing } }'],
  'more than a request may cost': [`{ ${[...'abcdefg'].map((key) => `${key}: crates { id }`).join(' ')} }`],
}

describe("Apollo Server's road and the short road", () => {
  let started: StartedGateway[]
  beforeAll(async () => {
    started = await Promise.all(
      roads.map(({ deps }) => {
        const internal: unknown[] = []
        const transports = new Map([['depot', createInProcessTransport(host(depot, internal), { timeoutMs: 5_000 })]])
        const limiter = createMemoryRateLimiter({ clock: () => new Date(0) })
        const sdl = composeRetail({}, [depot])
        const policies = [{ name: 'nobody', decide: () => deny('nobody may') }]
        return startGoverned(
          governed({ plans: widePlans({ maxCost: 60 }), limiter }),
          { supergraphSdl: sdl, transports, policies, ...deps },
          depot,
        )
      }),
    )
  })
  afterAll(() => Promise.all(started.map((one) => one[Symbol.asyncDispose]())))

  async function askAll(query: string, variables: unknown, accept: string): Promise<unknown[]> {
    const answers = []
    for (const { url } of started) {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, 'x-correlation-id': 'the-same-one' },
        body: JSON.stringify({ query, variables }),
      })
      const headers = Object.fromEntries(answer.headers)
      delete headers.date
      answers.push({ status: answer.status, headers, text: await answer.text() })
    }
    return answers
  }

  it.each(Object.entries(operations))('give the same bytes for %s', async (_name, [query, variables]) => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const [apollo, short] = await askAll(query, variables, accept)
      expect(short).toEqual(apollo)
    }
  })

  it('give what was asked, with errors first and the cost last', async () => {
    const [, short] = await askAll('{ crates(first: 1) { id owner broken } }', {}, 'application/json')
    const { text } = short as { readonly text: string }
    expect(text).toMatch(
      /^\{"errors":\[.+\],"data":\{"crates":\[\{"id":"0","owner":null,"broken":null\}\]\},"extensions":/,
    )
    const { errors, extensions } = JSON.parse(text)
    expect(errors.map(({ path }: { path: unknown }) => path)).toEqual([
      ['crates', 0, 'broken'],
      ['crates', 0, 'owner'],
    ])
    expect(extensions.cost).toMatchObject({ requested: 10, actual: 1 })
  })
})
