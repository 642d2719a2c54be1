import { parse } from 'graphql'
import { expect, test } from 'vitest'
import type { ExecuteRequest } from '../../../gateway/executor/prepared.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import { federate, link, type OtherAnswer } from './federate.ts'
import { incrementalOf, type Payload, runInParts } from './in-parts.ts'
import { createShop } from './shop.ts'

const request = (more: Partial<ExecuteRequest> = {}): ExecuteRequest => ({
  variables: {},
  headers: {},
  signal: AbortSignal.timeout(30_000),
  ...more,
})

/** A subgraph that answers when it is told to. */
const createGate = () => {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const held: OtherAnswer = async (asked, answer) => {
    await opened
    return answer(asked)
  }
  return { held, open }
}

const inParts = async (shop: ReturnType<typeof federate>, text: string, variables = {}) =>
  runInParts(shop.executor.prepare(parse(text)), request({ variables }))

test('the first part comes while the subgraph of the deferred one has not answered', async () => {
  const gate = createGate()
  const { executor, asked } = federate(createShop(), { answers: { stock: gate.held } })
  const told: Payload[] = []
  const answer = executor
    .prepare(parse('{ product(id: "1") { title ... @defer(label: "stock") { n: note place { name } } } }'))
    .runInParts?.(request(), {
      initial: (payload) => told.push(payload),
      later: (incremental, isLast) => told.push({ incremental, isLast }) > 0,
    })
  await expect.poll(() => told).toEqual([{ data: { product: { title: 'Kettle "K"' } }, errors: [] }])
  expect(asked.map(({ service }) => service)).toEqual(['catalog', 'stock'])
  gate.open()
  const product = { title: 'Kettle "K"', n: 'note 1', place: { name: 'North' } }
  expect(await answer).toEqual({ data: { product }, errors: [] })
  const data = { n: 'note 1', place: { name: 'North' } }
  expect(told.slice(1)).toEqual([
    { incremental: [{ data, path: ['product'], label: 'stock', errors: [] }], isLast: true },
  ])
})

test('asks no subgraph again, and tells each element of a list by its place', async () => {
  const shop = federate(createShop())
  const { payloads, merged, whole } = await inParts(
    shop,
    '{ products { title ...Note @defer } } fragment Note on Product { note }',
  )
  expect(shop.asked.map(({ service }) => service)).toEqual(['catalog', 'stock'])
  expect(incrementalOf(payloads).map(({ path, data }) => [path, data])).toEqual([
    [['products', 0], { note: 'note 1' }],
    [['products', 1], { note: 'note 2' }],
    [['products', 2], { note: null }],
    [['products', 3], { note: 'note 1' }],
  ])
  expect(merged).toEqual(whole.data)
})

test('parts within parts come after the ones they are in, the same field in both told in both', async () => {
  const shop = federate(createShop())
  const { payloads, merged, whole } = await inParts(
    shop,
    `{ product(id: "1") {
      place { name }
      ... @defer(label: "outer") { place { name ... @defer(label: "inner") { shelf { row } } } broken }
    } }`,
  )
  expect(payloads[0]).toEqual({ data: { product: { place: { name: 'North' } } }, errors: [] })
  expect(incrementalOf(payloads)).toMatchObject([
    {
      label: 'outer',
      path: ['product'],
      data: { place: { name: 'North' }, broken: null },
      errors: [{ message: 'no such thing', path: ['product', 'broken'] }],
    },
    { label: 'inner', path: ['product', 'place'], data: { shelf: { row: 4 } }, errors: [] },
  ])
  expect(merged).toEqual(whole.data)
})

test('what a list adds to its elements comes together, at every depth', async () => {
  const shop = federate(createShop())
  const { payloads } = await inParts(shop, '{ products { id ... @defer { note ... @defer { place { name } } } } }')
  expect(payloads.slice(1).map((payload) => incrementalOf([payload]).length)).toEqual([4, 4])
})

test('a null that may not be takes its part away and no more, and says why there', async () => {
  const shop = federate(createShop())
  const { payloads, whole } = await inParts(shop, '{ products { title ... @defer { count } } }')
  expect(payloads[0]).toMatchObject({ data: { products: [{}, { title: 'Pan' }, {}, {}] }, errors: [] })
  expect(incrementalOf(payloads)).toMatchObject([
    { path: ['products', 0], data: { count: 10 }, errors: [] },
    { path: ['products', 1], data: null, errors: [{ message: 'no count', path: ['products', 1, 'count'] }] },
    { path: ['products', 2], data: { count: 30 }, errors: [] },
    { path: ['products', 3], data: { count: 10 }, errors: [] },
  ])
  expect(whole.data).toEqual({ products: null })
})

test('an error of a deferred field that a subgraph lets null more than the part is told where the null is', async () => {
  const shop = federate(createStrict())
  const { payloads } = await inParts(shop, '{ things { id ... @defer { must } } }')
  expect(payloads[0]).toMatchObject({
    data: { things: [null, { id: 'b' }] },
    errors: [{ message: 'no must', path: ['things', 0, 'must'] }],
  })
  expect(incrementalOf(payloads)).toMatchObject([{ path: ['things', 1], data: { must: 'b' }, errors: [] }])
})

const createStrict = () => ({
  things: {
    typeDefs: 'type Query { things: [Thing] } type Thing { id: ID!  must: String! }',
    resolvers: {
      Query: { things: () => [{ id: 'a' }, { id: 'b' }] },
      Thing: {
        must: ({ id }: { id: string }) => {
          if (id === 'a') throw new Error('no must')
          return id
        },
      },
    },
  },
})

test('what is null in the first part gets no later one, and nobody waits for it', async () => {
  const gate = createGate()
  const shop = federate(createShop(), { answers: { stock: gate.held } })
  const { payloads, whole } = await inParts(shop, '{ product(id: "none") { title ... @defer { note } } }')
  expect(payloads).toEqual([])
  expect(whole).toEqual({ data: { product: null }, errors: [] })
})

test('if: false and a variable that is false switch it off', async () => {
  const shop = federate(createShop())
  const text = 'query ($later: Boolean!) { product(id: "1") { title ... @defer(if: $later) { note } } }'
  const off = await inParts(shop, text, { later: false })
  expect(off).toMatchObject({ payloads: [], whole: { data: { product: { title: 'Kettle "K"', note: 'note 1' } } } })
  const on = await inParts(shop, text, { later: true })
  expect(on.payloads).toHaveLength(2)
  expect(await inParts(shop, '{ product(id: "1") { title ... @defer(if: false) { note } } }')).toMatchObject({
    payloads: [],
  })
})

test('nothing more is made when nobody takes more', async () => {
  const { executor } = federate(createShop())
  const told: unknown[] = []
  await executor
    .prepare(parse('{ product(id: "1") { ... @defer { title } ... @defer { id } ... @defer { status } } }'))
    .runInParts?.(request(), { initial() {}, later: (incremental) => told.push(incremental) < 2 })
  expect(told).toMatchObject([[{ data: { title: 'Kettle "K"' } }], [{ data: { id: '1' } }]])
})

test('root fields can be deferred; a mutation defers only what is below, after all of it is done', async () => {
  const log: string[] = []
  const shop = federate(createShop(log))
  const asked = await inParts(shop, '{ product(id: "1") { id } ... @defer { products { note } } }')
  expect(asked.payloads[0]).toEqual({ data: { product: { id: '1' } }, errors: [] })
  expect(asked.merged).toEqual(asked.whole.data)
  shop.asked.length = 0
  const changed = await inParts(
    shop,
    'mutation { rename(id: "1", title: "x") { title ... @defer { note } } take(id: "2") { id } }',
  )
  expect(log).toEqual(['rename 1', 'take 2'])
  expect(shop.asked.map(({ request: { kind } }) => kind)).toEqual(['mutation', 'mutation', 'query'])
  expect(changed.payloads[0]).toMatchObject({ data: { rename: { title: 'x' }, take: { id: '2' } } })
  expect(incrementalOf(changed.payloads)).toMatchObject([{ path: ['rename'], data: { note: 'note 1' } }])
})

/** Three subgraphs: the places lie in lists of lists, and `far` is reached through `near` only. */
const chain = (answers: Readonly<Record<string, OtherAnswer>> = {}) =>
  federate(
    {
      grid: {
        typeDefs: `${link('@key')} type Query { grid: [[Cell!]!]! } type Cell @key(fields: "id") { id: ID! }`,
        resolvers: { Query: { grid: () => [[{ id: '1' }], [{ id: '2' }, { id: '1' }]] } },
      },
      near: {
        typeDefs: `${link('@key')} type Cell @key(fields: "id") @key(fields: "code") { id: ID!  code: ID!  near: String }`,
        resolvers: {
          Cell: { __resolveReference: ({ id }: { id: string }) => ({ id, code: `c${id}`, near: `near ${id}` }) },
        },
      },
      far: {
        typeDefs: `${link('@key')} type Cell @key(fields: "code") { code: ID!  far: String }`,
        resolvers: {
          Cell: { __resolveReference: ({ code }: { code: string }) => ({ code, far: `far ${code}` }) },
        },
      },
    },
    { answers },
  )

test('lists of lists, and each part as soon as its own subgraphs have answered', async () => {
  const gate = createGate()
  const { executor } = chain({ far: gate.held })
  const told: Payload[] = []
  const answer = executor
    .prepare(parse('{ grid { id ... @defer(label: "far") { far } ... @defer(label: "near") { near } } }'))
    .runInParts?.(request(), {
      initial: (payload) => told.push(payload),
      later: (incremental, isLast) => told.push({ incremental, isLast }) > 0,
    })
  await expect.poll(() => told).toHaveLength(2)
  expect(told[1]).toMatchObject({
    incremental: [
      { label: 'near', path: ['grid', 0, 0], data: { near: 'near 1' } },
      { label: 'near', path: ['grid', 1, 0], data: { near: 'near 2' } },
      { label: 'near', path: ['grid', 1, 1], data: { near: 'near 1' } },
    ],
    isLast: false,
  })
  gate.open()
  const cell = (id: string) => ({ id, far: `far c${id}`, near: `near ${id}` })
  expect(await answer).toEqual({ data: { grid: [[cell('1')], [cell('2'), cell('1')]] }, errors: [] })
  expect(told[2]).toMatchObject({ incremental: [{ label: 'far' }, { label: 'far' }, { label: 'far' }], isLast: true })
})

test('a call that looks up for the first part does not wait for what a later one has to look up with it', async () => {
  const byId = { __resolveReference: ({ id }: { id: string }) => ({ id, code: `c${id}` }) }
  const byCode = { __resolveReference: ({ code }: { code: string }) => ({ code, info: `info ${code}` }) }
  const gate = createGate()
  let answers: Readonly<Record<string, OtherAnswer>> = {}
  const shop = federate(
    {
      roots: {
        typeDefs: `${link('@key')} type Query { left: Left  right: Right }
          type Left @key(fields: "id") { id: ID! } type Right @key(fields: "id") { id: ID! }`,
        resolvers: { Query: { left: () => ({ id: 'l' }), right: () => ({ id: 'r' }) } },
      },
      fast: {
        typeDefs: `${link('@key')} type Left @key(fields: "id") @key(fields: "code") { id: ID!  code: ID! }`,
        resolvers: { Left: byId },
      },
      slow: {
        typeDefs: `${link('@key')} type Right @key(fields: "id") @key(fields: "code") { id: ID!  code: ID! }`,
        resolvers: { Right: byId },
      },
      infos: {
        typeDefs: `${link('@key')} type Left @key(fields: "code") { code: ID!  info: String }
          type Right @key(fields: "code") { code: ID!  info: String }`,
        resolvers: { Left: byCode, Right: byCode },
      },
    },
    { planner: 'apollo', answers: { slow: (sent, answer) => (answers.slow ?? answer)(sent, answer) } },
  )
  const together = shop.executor.prepare(parse('{ left { info } right { info } }'))
  await shop.executor.execute(together, request())
  expect(shop.asked.map(({ service }) => service)).toEqual(['roots', 'fast', 'slow', 'infos'])
  answers = { slow: gate.held }
  const told: Payload[] = []
  const answer = shop.executor
    .prepare(parse('{ left { info } right { id ... @defer { info } } }'))
    .runInParts?.(request(), {
      initial: (payload) => told.push(payload),
      later: (incremental, isLast) => told.push({ incremental, isLast }) > 0,
    })
  await expect.poll(() => told).toEqual([{ data: { left: { info: 'info cl' }, right: { id: 'r' } }, errors: [] }])
  gate.open()
  expect(await answer).toMatchObject({ data: { left: { info: 'info cl' }, right: { id: 'r', info: 'info cr' } } })
})

test('a client that goes away ends it: nothing is asked any more but with an aborted signal', async () => {
  const gone = new AbortController()
  const wasAborted: boolean[] = []
  const { executor } = chain({
    near: async (sent, answer) => {
      const answered = await answer(sent)
      gone.abort()
      return answered
    },
    far: (sent) => {
      wasAborted.push(sent.signal.aborted)
      return Promise.reject(new AppError('DEADLINE_EXCEEDED', 'Cannot ask: the client is gone'))
    },
  })
  const prepared = executor.prepare(parse('{ grid { id ... @defer { far } } }'))
  const { payloads } = await runInParts(prepared, request({ signal: gone.signal }))
  expect(wasAborted).toEqual([true])
  expect(incrementalOf(payloads)).toHaveLength(3)
})
