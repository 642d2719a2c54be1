import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApolloExecutor } from '../support/apollo-executor.ts'
import { ask, type StartedGateway, startGateway } from '../support/start-gateway.ts'

/** The gateway with its own executor and with `@apollo/gateway` in its place. */
describe('answers of the compiled executor and of the reference', () => {
  let own: StartedGateway
  let reference: StartedGateway

  beforeAll(async () => {
    own = await startGateway()
    reference = await startGateway({ buildExecutor: buildApolloExecutor })
  })
  afterAll(async () => {
    await own[Symbol.asyncDispose]()
    await reference[Symbol.asyncDispose]()
  })

  async function both(query: string, variables?: Readonly<Record<string, unknown>>) {
    const [ours, theirs] = [await ask(own.url, query, variables), await ask(reference.url, query, variables)]
    return { ours: [ours.status, ours.body.data], theirs: [theirs.status, theirs.body.data] }
  }

  it('are equal across subgraphs, with fragments, aliases and conditions', async () => {
    const { ours, theirs } = await both(
      `query($more: Boolean!) { all: items { ...F stock: onHand @include(if: $more) } item(id: "b") { __typename size onHand } shelves }
       fragment F on Item { name: title id @skip(if: $more) }`,
      { more: true },
    )
    expect(ours).toEqual(theirs)
    expect(ours[1]).toMatchObject({ all: [{ name: 'Anorak', stock: 7 }, {}], item: { __typename: 'Item' } })
  })

  it('are equal where fields fail', async () => {
    const { ours, theirs } = await both('{ items { id restock onHand } refused item(id: "none") { onHand } }')
    expect(ours).toEqual(theirs)
  })

  it('are equal for mutations, introspection and what needs no subgraph', async () => {
    const mutation = await both('mutation { rename(id: "a", title: "Parka") { title onHand } }')
    expect(mutation.ours).toEqual(mutation.theirs)
    const introspection = await both('{ __schema { queryType { fields { name } } } __type(name: "Item") { name } }')
    expect(introspection.ours).toEqual(introspection.theirs)
    const typename = await both('{ a: __typename }')
    expect(typename.ours).toEqual(typename.theirs)
  })

  it('are both a coded refusal where a variable does not fit', async () => {
    const query = 'query($n: Int!) { repeat(text: "x", times: $n) }'
    const codes = []
    for (const { url } of [own, reference]) {
      const { status, body } = await ask(url, query, { n: 'many' })
      codes.push([status, body.errors[0].extensions.code, 'data' in body])
    }
    expect(codes).toEqual([
      [400, 'BAD_USER_INPUT', false],
      [400, 'BAD_USER_INPUT', false],
    ])
  })
})
