import { expect, test } from 'vitest'
import { federate, link } from './federate.ts'
import { createShop } from './shop.ts'

test.each([
  ['query ($id: ID!) { product(id: $id) { note } products { note } }', { id: '2' }],
  [
    'query ($in: [Filter!], $n: Float) { find(in: $in, n: $n) { size { w } } }',
    { in: [{ any: [1, 'a', null] }], n: 1.5 },
  ],
])('a transport that takes text is sent what others are sent as values: %s', async (query, variables) => {
  const graph = {
    ...createShop(),
    found: {
      typeDefs: `${link()}
        type Query { find(in: [Filter!], n: Float): [Box] }
        input Filter { any: Any, of: Int = 7 }
        scalar Any
        type Box { size: Size }
        type Size { w: Int h: Int }`,
      resolvers: { Query: { find: () => [{ size: { w: 1, h: 2 } }] } },
    },
  }
  const [values, text] = [federate(graph), federate(graph, { takesText: true })]
  const answer = await values.ask(query, variables)
  expect(answer.errors ?? []).toEqual([])
  expect(await text.ask(query, variables)).toEqual(answer)
  expect(text.asked.map(({ request }) => JSON.parse(request.variablesJson ?? ''))).toEqual(
    values.asked.map(({ request }) => request.variables),
  )
})
