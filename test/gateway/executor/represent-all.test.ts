import { expect, test } from 'vitest'
import type { DataObject } from '../../../gateway/executor/data.ts'
import { representAll } from '../../../gateway/executor/represent-all.ts'
import { createRepresent } from '../../../gateway/executor/representations.ts'
import type { Run } from '../../../gateway/executor/run.ts'
import { noTargets } from '../../../gateway/executor/targets.ts'
import { federate, link } from './federate.ts'

const field = (name: string) => ({ kind: 'field' as const, from: name, to: name, selections: undefined })
const requires = [{ kind: 'fragment' as const, on: 'Line', selections: [field('__typename'), field('sku')] }]
const path = [{ kind: 'key' as const, name: 'lines' }, { kind: 'list' as const }]
const isOfType = (typeName: string, condition: string) => typeName === condition

test('objects that hold one key and nothing else become one, others stay apart', () => {
  const line = (more: DataObject = {}): DataObject => ({ __typename: 'Line', sku: 'a', ...more })
  const lines = [line(), line(), line({ note: 'first' }), line()]
  const run: Run = {
    variables: {},
    headers: {},
    signal: new AbortController().signal,
    kept: undefined,
    data: { lines },
    errors: [],
    found: new Map(),
    shared: undefined,
    lasting: undefined,
  }
  const ask = () => {
    const [targets, list] = [noTargets(), { text: '', items: undefined }]
    const represent = createRepresent(requires, [], isOfType)
    representAll(
      run,
      { represent, places: [{ path, mayJoin: true, name: 'lines' }] },
      list,
      targets,
      undefined,
      isOfType,
    )
    return { text: list.text, objects: targets.objects }
  }
  const first = ask()
  expect(first.text).toBe('{"__typename":"Line","sku":"a"}')
  expect(first.objects).toEqual([line(), line({ note: 'first' })])
  expect(lines.map((one) => lines.indexOf(one))).toEqual([0, 0, 2, 0])
  expect(ask()).toEqual(first)
})

const titles: Record<string, string> = { a: 'Lamp', b: 'Chair' }
const titled = {
  typeDefs: `${link('@key')} type Line @key(fields: "sku") { sku: ID! title: String }`,
  resolvers: { Line: { title: ({ sku }: { sku: string }) => titles[sku] ?? null } },
}

test('lines of one key stay apart where another subgraph tells of each by its place', async () => {
  const graph = federate({
    orders: {
      typeDefs: `${link('@key', '@shareable')}
        type Query { order: Order }
        type Order @key(fields: "id") { id: ID! lines: [Line!] @shareable }
        type Line @key(fields: "sku", resolvable: false) { sku: ID! }`,
      resolvers: { Query: { order: () => ({ id: '1', lines: [{ sku: 'a' }, { sku: 'a' }] }) } },
    },
    notes: {
      typeDefs: `${link('@key', '@shareable')}
        type Order @key(fields: "id") { id: ID! lines: [Line!] @shareable }
        type Line @key(fields: "sku", resolvable: false) { sku: ID! note: String }`,
      resolvers: {
        Order: {
          lines: () => [
            { sku: 'a', note: 'a present' },
            { sku: 'a', note: 'for me' },
          ],
        },
      },
    },
    titles: titled,
  })
  expect(await graph.ask('{ order { lines { sku title note } } }')).toEqual({
    data: {
      order: {
        lines: [
          { sku: 'a', title: 'Lamp', note: 'a present' },
          { sku: 'a', title: 'Lamp', note: 'for me' },
        ],
      },
    },
  })
})

test('what became one with another is told wherever what holds it stands', async () => {
  // Both boxes of `y` share one answer, whose line becomes that of `x` when it is met first, and is met again.
  const graph = federate({
    boxes: {
      typeDefs: `${link('@key')}
        type Query { boxes: [Box!] }
        type Box @key(fields: "id") { id: ID! mark: [String!] }`,
      resolvers: { Query: { boxes: () => ['x', 'y', 'y'].map((id) => ({ id, mark: [] })) } },
    },
    lines: {
      typeDefs: `${link('@key')}
        type Box @key(fields: "id") { id: ID! line: Line }
        type Line @key(fields: "sku", resolvable: false) { sku: ID! }`,
      resolvers: { Box: { line: () => ({ sku: 'b' }) } },
    },
    titles: titled,
  })
  const box = { mark: [], line: { title: 'Chair' } }
  expect(await graph.ask('{ boxes { mark line { title } } }')).toEqual({ data: { boxes: [box, box, box] } })
})
