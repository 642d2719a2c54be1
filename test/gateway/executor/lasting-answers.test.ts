import { composeServices } from '@apollo/composition'
import fc from 'fast-check'
import { parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { createExecutor } from '../../../gateway/executor/executor.ts'
import type { PreparedOperation } from '../../../gateway/executor/prepared.ts'
import type { Weights } from '../../../gateway/executor/weights.ts'
import { createCacheLoader } from '../../../platform/batch/loader.ts'
import { createCacheFactory } from '../../../platform/cache/cache-factory.ts'
import type { Condition } from '../../../platform/cache/rests.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec, viewerHeader } from '../../../platform/identity/viewer-header.ts'
import { type HostableSubgraph, hostSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import type { Keeping } from '../../../platform/subgraph/keeping.ts'
import type { SubgraphCall } from '../../../platform/subgraph/subgraph.ts'
import type { SubgraphTransport } from '../../../platform/subgraph/transport.ts'
import { anonymous, shopper, staff } from '../../support/viewers.ts'
import { link } from './federate.ts'

type Row = { readonly id: string; readonly title: string; readonly units: number }
type Context = SubgraphCall & { readonly load: (id: string) => Row | null | Promise<Row | null> }

const ids = ['a', 'b', 'c']
let supergraphSdl: string | undefined

/** Two subgraphs over one table, which note what they rest on, as the retail ones do. */
function openLibrary() {
  const rows = new Map<string, Row>(ids.map((id) => [id, { id, title: `Title of "${id}", là`, units: 5 }]))
  const factory = createCacheFactory({ maxEntries: 100 })
  const cache = factory.readThrough<string, Row>({
    name: 'rows',
    keyOf: (id) => id,
    load: async (keys) => keys.map((key) => rows.get(key) ?? null),
    maxEntries: 100,
  })
  const state = { nowMs: 1_000, untilMs: 2_000, isOpen: true, isOld: false }
  const open: Condition = { isMetAt: () => state.isOpen }
  const calls = { count: 0 }

  /** @param keeping absent: every answer is made anew */
  function transportOf(
    { name, typeDefs, resolvers }: Pick<HostableSubgraph, 'name' | 'typeDefs' | 'resolvers'>,
    keeping?: Keeping,
  ): SubgraphTransport {
    const createContext = (call: SubgraphCall): Context => ({
      ...call,
      load: createCacheLoader(cache, call.rests).load,
    })
    const host = hostSubgraph(
      { name, typeDefs, resolvers, createContext, ...(keeping && { keeping }) },
      { viewerCodec: plainViewerCodec, now: () => new Date(state.nowMs), onInternal: () => {} },
    )
    const transport = createInProcessTransport(host, { timeoutMs: 5_000 })
    return {
      ...transport,
      call(request) {
        calls.count += 1
        return transport.call(request)
      },
    }
  }

  const ageOf = ({ now }: Context) => (state.isOld ? null : now.getTime())
  const books = {
    name: 'books',
    typeDefs: `${link('@key')}
      type Query { books(ids: [ID!]!): [Book] }
      type Book @key(fields: "id") { id: ID!, title: String!, age: Int, seen: Seen, byStaff: Boolean!, broken: String, mood: Int! }
      type Seen { at: Int, by: String! }`,
    resolvers: {
      Query: { books: (_: unknown, { ids: asked }: { ids: string[] }, { load }: Context) => asked.map(load) },
      Book: {
        __resolveReference: ({ id }: Row, { load }: Context) => load(id),
        age: (_: Row, __: unknown, context: Context) => ageOf(context),
        seen: (_: Row, __: unknown, context: Context) => ({ at: ageOf(context), by: context.viewer.kind }),
        byStaff: (_: Row, __: unknown, { viewer }: Context) => viewer.kind === 'staff',
        broken: () => {
          throw new Error('broken')
        },
        mood: () => 1,
      },
    },
    keeping: {
      fields: ['Query.books', 'Book.__resolveReference', 'Book.byStaff', 'Book.broken'],
      renewed: ['Book.age', 'Book.seen'],
      classOf: ({ kind }: Viewer) => (kind === 'staff' ? 'staff' : ''),
    },
  }
  const stock = {
    name: 'stock',
    typeDefs: `${link('@key', '@external', '@requires')}
      type Query { unused: Int }
      type Book @key(fields: "id") { id: ID!, age: Int @external, stock: Stock, countedAt: Int, hint: String @requires(fields: "age") }
      type Stock { units: Int!, asOf: Int }`,
    resolvers: {
      Book: {
        __resolveReference: (given: { id: string; age?: number }, { load }: Context) => {
          const row = load(given.id)
          return 'age' in given ? { ...row, ...given } : row
        },
        stock(row: Row, _: unknown, { rests }: Context) {
          rests?.until(state.untilMs)
          rests?.onlyWhile(open)
          return row.units < 0 || !state.isOpen ? null : { units: row.units + (state.nowMs < state.untilMs ? 0 : 100) }
        },
        countedAt: (_: Row, __: unknown, context: Context) => ageOf(context),
        hint: ({ age }: { age?: number }) => `aged ${age}`,
      },
      Stock: { asOf: (_: unknown, __: unknown, context: Context) => ageOf(context) },
    },
    keeping: {
      fields: ['Book.__resolveReference', 'Book.stock', 'Book.hint'],
      renewed: ['Book.countedAt', 'Stock.asOf'],
      classOf: () => '',
    },
  }
  const subgraphs = [books, stock]
  supergraphSdl ??= composeServices(
    subgraphs.map(({ name, typeDefs }) => ({ name, url: `http://${name}.invalid`, typeDefs: parse(typeDefs) })),
  ).supergraphSdl
  const executorOf = (keeps: boolean) =>
    createExecutor({
      supergraphSdl: supergraphSdl ?? '',
      transports: new Map(
        subgraphs.map((subgraph) => [subgraph.name, transportOf(subgraph, keeps ? subgraph.keeping : undefined)]),
      ),
    })
  const [executor, forgetful] = [executorOf(true), executorOf(false)]
  const prepared = new Map<string, readonly [PreparedOperation, PreparedOperation]>()

  /** @returns what is told, how many calls it took, and the same made anew */
  async function ask(query: string, asked: readonly string[] = ids, viewer: Viewer = anonymous) {
    const [operation, oracle] = prepared.get(query) ?? [executor.prepare(valid(query)), forgetful.prepare(valid(query))]
    prepared.set(query, [operation, oracle])
    const headers = { [viewerHeader]: plainViewerCodec.encode(viewer) }
    const request = { variables: { ids: asked }, headers, signal: new AbortController().signal }
    const before = calls.count
    const { text, weigh } = await executor.executeToText(operation, request)
    const made = calls.count - before
    const anew = await forgetful.executeToText(oracle, request)
    return { text, weigh: () => weigh?.(weights), calls: made, anew: anew.text }
  }

  function valid(query: string) {
    const document = parse(query)
    expect(validate(executor.apiSchema, document)).toEqual([])
    return document
  }

  return {
    state,
    ask,
    /** Twice to warm: what had to be waited for is not kept. */
    async warm(query: string) {
      for (let times = 0; times < 3; times++) await ask(query)
    },
    change(id: string, units: number) {
      rows.set(id, { id, title: `Title ${units} of ${id}`, units })
      factory.invalidate([{ cache: 'rows', key: id }])
    },
    dropAll: () => factory.invalidateAll(),
  }
}

const weights: Weights = [{ key: 'books', weight: 1, parts: [{ key: 'stock', weight: 10, parts: [] }] }]
const page = 'query ($ids: [ID!]!) { books(ids: $ids) { title age stock { units asOf } } }'

test('an answer is given again without a call, its moments anew, until an event changes what it was made of', async () => {
  const { state, ask, warm, change } = openLibrary()
  await warm(page)
  state.nowMs = 1_500
  const again = await ask(page)
  expect(again.calls).toBe(0)
  expect(again.text).toBe(again.anew)
  expect(again.text).toContain('"title":"Title of \\"a\\", là","age":1500,"stock":{"units":5,"asOf":1500}')
  expect(again.weigh()).toBe(33)
  change('b', 7)
  const changed = await ask(page)
  expect(changed.calls).toBe(2)
  expect(changed.text).toContain('"title":"Title 7 of b","age":1500,"stock":{"units":7,"asOf":1500}')
})

test('is for the same operation, variables and class of viewer', async () => {
  const { ask, warm } = openLibrary()
  const query = 'query ($ids: [ID!]!) { books(ids: $ids) { byStaff seen { by } stock { units } } }'
  await warm(query)
  const callsOf = async (...given: Parameters<typeof ask>) => {
    const { calls, text, anew } = await ask(...given)
    expect(text).toBe(anew)
    return calls
  }
  expect(await callsOf(query)).toBe(0)
  expect(await callsOf(query, ids, shopper())).toBe(0)
  // Kept when it is asked for again.
  for (const calls of [2, 2, 0]) expect(await callsOf(query, ids, staff([]))).toBe(calls)
  expect(await callsOf(query, ['b', 'a'])).toBe(2)
  expect(await callsOf(query.replace('seen { by }', 'id'))).toBe(2)
  expect(await callsOf(query)).toBe(0)
})

test('two names of one field are both told anew', async () => {
  const { state, ask, warm } = openLibrary()
  const query =
    'query ($ids: [ID!]!) { books(ids: $ids) { age old: age s: seen { at } seen { by at } } again: books(ids: $ids) { age } }'
  await warm(query)
  state.nowMs = 1_234
  const { calls, text, anew } = await ask(query)
  expect(calls).toBe(0)
  expect(text).toBe(anew)
})

test.each([
  ['with an error', 'query ($ids: [ID!]!) { books(ids: $ids) { broken stock { units } } }'],
  ['of a field that is not said to be lasting', 'query ($ids: [ID!]!) { books(ids: $ids) { mood stock { units } } }'],
  ['whose calls were asked by what is told anew', 'query ($ids: [ID!]!) { books(ids: $ids) { age hint } }'],
  ['where what is told anew became part of another object', 'query ($ids: [ID!]!) { books(ids: $ids) { countedAt } }'],
  ['where what is told anew is not in it', 'query ($ids: [ID!]!) { books(ids: $ids) { hint } }'],
])('is never one %s', async (_, query) => {
  const { ask, warm } = openLibrary()
  await warm(query)
  const { calls, text, anew } = await ask(query)
  expect(calls).toBe(2)
  expect(text).toBe(anew)
})

test('whatever changes between requests, an answer is what would be made now', async () => {
  const queries = [
    page,
    'query ($ids: [ID!]!) { books(ids: $ids) { id title byStaff } }',
    'query ($ids: [ID!]!) { books(ids: $ids) { seen { by at } stock { asOf } } }',
    'query ($ids: [ID!]!) { x: books(ids: $ids) { a: age b: stock { c: asOf units } } y: books(ids: ["a"]) { stock { units asOf } } }',
    'query ($ids: [ID!]!) { books(ids: $ids) { hint age countedAt stock { units } } }',
  ]
  const step = fc.oneof(
    {
      weight: 24,
      arbitrary: fc.record({
        query: fc.nat(queries.length - 1),
        ids: fc.constantFrom(ids, ['b', 'a']),
        viewer: fc.constantFrom(anonymous, shopper(), staff([])),
      }),
    },
    { weight: 1, arbitrary: fc.record({ id: fc.constantFrom(...ids), units: fc.integer({ min: -1, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ nowMs: fc.constantFrom(900, 1_000, 1_500, 2_000, 2_100) }) },
    { weight: 1, arbitrary: fc.record({ isOpen: fc.boolean(), isOld: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant('drop' as const) },
  )
  let given = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 120, size: 'max' }), async (steps) => {
      const { state, ask, change, dropAll } = openLibrary()
      for (const taken of steps) {
        if (taken === 'drop') dropAll()
        else if ('id' in taken) change(taken.id, taken.units)
        else if ('query' in taken) {
          const { calls, text, anew } = await ask(queries[taken.query] ?? page, taken.ids, taken.viewer)
          expect(text).toBe(anew)
          if (calls === 0) given += 1
        } else Object.assign(state, taken)
      }
    }),
    { numRuns: 50 },
  )
  // Else it shows nothing.
  expect(given).toBeGreaterThan(100)
})
