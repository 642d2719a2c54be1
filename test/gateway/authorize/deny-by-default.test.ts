import { expect, it } from 'vitest'
import type { HostableSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import { allow, type Policy } from '../../../policies/policy.ts'
import { composeRetail, host } from '../../support/retail-subgraphs.ts'
import { ask, startGateway } from '../../support/start-gateway.ts'
import { service } from '../../support/viewers.ts'

const called: string[] = []
const told = (name: string) => () => {
  called.push(name)
  return name
}

const shop: HostableSubgraph = {
  name: 'shop',
  typeDefs: /* GraphQL */ `
    extend schema
      @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@policy", "@composeDirective"])
      @link(url: "https://storeloom.dev/access/v1.0", import: [{ name: "@public", as: "@everyone" }])
      @composeDirective(name: "@everyone")
    directive @everyone on FIELD_DEFINITION
    type Query {
      marked: String @everyone
      ruled: String @policy(policies: [["anyone"]])
      forgotten: String
      typed: Typed
    }
    type Mutation { forget: String  keep: String @everyone }
    type Typed @policy(policies: [["anyone"]]) { name: String }
  `,
  resolvers: {
    Query: {
      marked: told('marked'),
      ruled: told('ruled'),
      forgotten: told('forgotten'),
      typed: () => ({ name: 'typed' }),
    },
    Mutation: { forget: told('forget'), keep: told('keep') },
  },
  createContext: (call) => call,
}
const anyone: Policy = { name: 'anyone', decide: () => allow }

it('a root field that has neither a rule nor the mark is denied to everyone, and never resolved', async () => {
  await using started = await startGateway({
    supergraphSdl: composeRetail({}, [shop]),
    transports: new Map([['shop', createInProcessTransport(host(shop, []), { timeoutMs: 5_000 })]]),
    policies: [anyone],
    identify: () => service,
  })
  const read = await ask(started.url, '{ marked ruled forgotten typed { name } }')
  expect(read.body.data).toEqual({ marked: 'marked', ruled: 'ruled', forgotten: null, typed: { name: 'typed' } })
  expect(read.body.errors).toMatchObject([{ path: ['forgotten'], extensions: { code: 'FORBIDDEN' } }])
  const change = await ask(started.url, 'mutation { keep forget }')
  expect(change.body).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
  expect((await ask(started.url, 'mutation { keep }')).body.data).toEqual({ keep: 'keep' })
  expect(called).toEqual(['marked', 'ruled', 'keep'])
})
