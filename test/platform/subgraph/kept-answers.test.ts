import { expect, it, test } from 'vitest'
import { createCacheLoader } from '../../../platform/batch/loader.ts'
import type { ReadThrough } from '../../../platform/cache/cache.ts'
import { createCacheFactory } from '../../../platform/cache/cache-factory.ts'
import type { Condition } from '../../../platform/cache/rests.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec, viewerHeader } from '../../../platform/identity/viewer-header.ts'
import { isPromise } from '../../../platform/maybe-promise.ts'
import { type HostOptions, hostSubgraph } from '../../../platform/subgraph/host.ts'
import type { SubgraphCall } from '../../../platform/subgraph/subgraph.ts'
import { anonymous, partner, shopper, staff } from '../../support/viewers.ts'

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])
  type Query { book(id: ID!): Book, books(ids: [ID!]!): [Book] }
  type Book @key(fields: "id") {
    id: ID!, title: String!, stock(step: Int = 1): Stock, age: Int!, mood: String, seenBy: String!, broken: String }
  type Stock { units: Int!, left: Int }
  type Shelf @key(fields: "id") { id: ID!, mark: String }`

type Row = { readonly id: string; readonly title: string; readonly units: number }
type Context = SubgraphCall & { readonly load: (id: string) => Row | null | Promise<Row | null> }

function openLibrary(options: Partial<HostOptions> = {}) {
  const rows = new Map<string, Row>(['a', 'b'].map((id) => [id, { id, title: `Title of ${id}`, units: 5 }]))
  const factory = createCacheFactory({ maxEntries: 100 })
  const cache: ReadThrough<string, Row> = factory.readThrough({
    name: 'rows',
    keyOf: (id: string) => id,
    load: async (ids) => ids.map((id) => rows.get(id) ?? null),
    maxEntries: 100,
  })
  const state = { nowMs: 1_000, untilMs: Number.POSITIVE_INFINITY, isOpen: true, mood: 0, resolved: 0 }
  const open: Condition = { isMetAt: () => state.isOpen }
  const resolvers = {
    Query: {
      book: (_: unknown, { id }: { id: string }, { load }: Context) => load(id),
      books: (_: unknown, { ids }: { ids: string[] }, { load }: Context) => ids.map(load),
    },
    Book: {
      __resolveReference: ({ id }: { id: string }, { load }: Context) => load(id),
      stock(row: Row, { step }: { step: number }, { rests }: Context) {
        state.resolved += 1
        rests?.until(state.untilMs)
        rests?.onlyWhile(open)
        return { units: row.units * step, left: null }
      },
      age: (_: Row, __: unknown, { now }: Context) => now.getTime(),
      mood: () => `mood ${state.mood++}`,
      seenBy: (_: Row, __: unknown, { viewer }: Context) => (viewer.kind === 'staff' ? 'staff' : 'all'),
      broken: () => {
        throw new Error('broken')
      },
    },
    Shelf: { __resolveReference: ({ id }: { id: string }) => ({ id, mark: `mark ${state.mood++}` }) },
  }
  const host = hostSubgraph(
    {
      name: 'library',
      typeDefs,
      resolvers,
      createContext: (call): Context => ({ ...call, load: createCacheLoader(cache, call.rests).load }),
      keeping: {
        fields: ['Query.book', 'Query.books', 'Book.__resolveReference', 'Book.stock', 'Book.seenBy', 'Book.broken'],
        renewed: ['Book.age'],
        classOf: ({ kind }) => (kind === 'staff' ? 'staff' : ''),
      },
    },
    { viewerCodec: plainViewerCodec, now: () => new Date(state.nowMs), onInternal: () => {}, ...options },
  )
  const answer = (query: string, variables: Readonly<Record<string, unknown>> = {}, viewer: Viewer = anonymous) =>
    host.handle({
      query,
      variables,
      headers: { [viewerHeader]: plainViewerCodec.encode(viewer) },
      signal: new AbortController().signal,
    })
  return {
    state,
    answer,
    /** @returns the data, and how often stock was resolved for it */
    async ask(...given: Parameters<typeof answer>) {
      const before = state.resolved
      const { data } = await answer(...given)
      return [data, state.resolved - before] as const
    },
    change(id: string, units: number) {
      rows.set(id, { id, title: `Title of ${id}`, units })
      factory.invalidate([{ cache: 'rows', key: id }])
    },
    dropAll: () => factory.invalidateAll(),
  }
}

const page = 'query ($ids: [ID!]!) { books(ids: $ids) { id title stock { units left } } }'
const both = { ids: ['a', 'b'] }
const data = (a: number, b: number) => ({
  books: [a, b].map((units, index) => ({
    id: 'ab'[index],
    title: `Title of ${'ab'[index]}`,
    stock: { units, left: null },
  })),
})

/** Reads both books into the cache: what had to be waited for is not kept, nor is what was asked for once. */
async function openWarm(options?: Partial<HostOptions>) {
  const library = openLibrary(options)
  expect(await library.ask(page, both)).toEqual([data(5, 5), 2])
  expect(await library.ask(page, both)).toEqual([data(5, 5), 2])
  expect(await library.ask(page, both)).toEqual([data(5, 5), 0])
  return library
}

it('an answer is given again at once, as a copy of its own, until an event changes what it was made of', async () => {
  const { answer, ask, change, dropAll } = await openWarm()
  const first = answer(page, both)
  if (isPromise(first)) throw new TypeError('it was waited for')
  const books = first.data?.books as { title?: string; stock: { units: number } }[]
  for (const book of books) {
    delete book.title
    book.stock.units = -1
  }
  books.pop()
  expect(await ask(page, both)).toEqual([data(5, 5), 0])
  change('b', 7)
  expect(await ask(page, both)).toEqual([data(5, 7), 2])
  await ask(page, both)
  expect(await ask(page, both)).toEqual([data(5, 7), 0])
  dropAll()
  expect(await ask(page, both)).toEqual([data(5, 7), 2])
})

it('an answer is given again before the moment it ends, while its conditions are met, and not before it was made', async () => {
  const { state, ask } = openLibrary()
  state.untilMs = 2_000
  await ask(page, both)
  const counts: number[] = []
  for (const nowMs of [1_000, 1_999, 2_000, 999, 1_999]) {
    state.nowMs = nowMs
    counts.push((await ask(page, both))[1])
  }
  // Made at 1,000; over at 2,000; the clock steps back, which begins anew.
  expect(counts).toEqual([2, 0, 2, 2, 0])
  state.isOpen = false
  expect([(await ask(page, both))[1], (await ask(page, both))[1]]).toEqual([2, 2])
})

it('what tells ages is asked anew in every answer', async () => {
  const { state, ask } = await openWarm()
  const query = '{ books(ids: ["a", "b"]) { age stock { units } } }'
  for (const _ of ['once', 'twice']) await ask(query)
  state.nowMs = 1_234
  const book = { age: 1_234, stock: { units: 5 } }
  expect(await ask(query)).toEqual([{ books: [book, book] }, 0])
})

it('is for the same operation, variables and class of viewer', async () => {
  const { ask } = await openWarm()
  const seen = 'query ($id: ID!, $step: Int) { book(id: $id) { seenBy stock(step: $step) { units } } }'
  const of = async (viewer: Viewer, id = 'a', step = 1) => {
    const [{ book } = {}, count] = (await ask(seen, { id, step }, viewer)) as [
      { book?: { seenBy: string; stock: { units: number } } },
      number,
    ]
    return [book?.seenBy, book?.stock.units, count]
  }
  // Kept when it is asked for again.
  expect([await of(anonymous), await of(anonymous)]).toEqual([
    ['all', 5, 1],
    ['all', 5, 1],
  ])
  expect(await of(anonymous)).toEqual(['all', 5, 0])
  expect(await of(shopper())).toEqual(['all', 5, 0])
  expect(await of(partner())).toEqual(['all', 5, 0])
  expect(await of(staff([]))).toEqual(['staff', 5, 1])
  expect(await of(anonymous)).toEqual(['all', 5, 0])
  expect(await of(anonymous, 'a', 2)).toEqual(['all', 10, 1])
  expect(await of(anonymous, 'b', 2)).toEqual(['all', 10, 1])
  expect(await of(anonymous)).toEqual(['all', 5, 0])
})

test.each([
  ['a field that is not said to be', '{ book(id: "a") { mood stock { units } } }', {}],
  ['a key that is taken for a prototype', '{ book(id: "a") { stock { units } __proto__: title } }', {}],
  ['an error', '{ book(id: "a") { broken stock { units } } }', {}],
  [
    'a reference that is not said to be',
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Book { stock { units } } ... on Shelf { mark } } }',
    { r: ['Book', 'Shelf'].map((__typename) => ({ __typename, id: 'a' })) },
  ],
])('is never of %s', async (_, query, variables) => {
  const { ask } = await openWarm()
  for (const _ of ['once', 'twice', 'three times']) expect((await ask(query, variables))[1]).toBe(1)
})

test('references of what may be kept are', async () => {
  const { ask, change } = await openWarm()
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Book { stock { units } } } }'
  const r = [{ __typename: 'Book', id: 'a' }]
  const told = (units: number) => ({ _entities: [{ __typename: 'Book', stock: { units } }] })
  expect([await ask(query, { r }), await ask(query, { r }), await ask(query, { r })]).toEqual([
    [told(5), 1],
    [told(5), 1],
    [told(5), 0],
  ])
  change('a', 6)
  expect(await ask(query, { r })).toEqual([told(6), 1])
})

test('nothing behind a guard may be kept', () => {
  const guarded: HostOptions['transformSchema'] = (schema) => {
    const field = schema.getQueryType()?.getFields().book
    const resolve = field?.resolve
    if (field !== undefined) field.resolve = (...given) => resolve?.(...given)
    return schema
  }
  expect(() => openLibrary({ transformSchema: guarded })).toThrow('Cannot keep Query.book: a guard stands before it')
})
