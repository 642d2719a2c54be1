import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { createExecutor } from '../../../gateway/executor/executor.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import { federate } from './federate.ts'
import { createShop } from './shop.ts'

const entityCalls = (asked: readonly { readonly request: { readonly variables?: unknown } }[]) =>
  asked.map(({ request }) => request.variables).filter((variables) => JSON.stringify(variables) !== '{}')

test('joins two subgraphs and gives the keys in the order of the selection', async () => {
  const { executor, ask } = federate(createShop())
  expect(await ask('{ product(id: "1") { n: note title t: __typename place { shelf { row } } } }')).toEqual({
    data: { product: { n: 'note 1', title: 'Kettle "K"', t: 'Product', place: { shelf: { row: 4 } } } },
  })
  const prepared = executor.prepare(parse('{ product(id: "1") { note id title } }'))
  const { text } = await executor.executeToText(prepared, request())
  expect(text).toBe('{"product":{"note":"note 1","id":"1","title":"Kettle \\"K\\""}}')
})

test('asks for each entity once, wherever it stands', async () => {
  const { ask, asked } = federate(createShop())
  const answer = await ask('{ a: products { note } b: product(id: "1") { note } }')
  expect(answer.data).toEqual({
    a: [{ note: 'note 1' }, { note: 'note 2' }, { note: null }, { note: 'note 1' }],
    b: { note: 'note 1' },
  })
  const [variables] = entityCalls(asked)
  const sent = Object.values(variables ?? {}).map((list) => JSON.stringify(list))
  expect(sent).toContain(
    '[{"__typename":"Product","id":"1"},{"__typename":"Product","id":"2"},{"__typename":"Product","id":"3"}]',
  )
})

test('what one subgraph is asked at the same time is one call, by the native planner', async () => {
  const { executor, asked } = federate(createShop(), { planner: 'hive' })
  const { data } = await executor.execute(executor.prepare(parse(severalPlaces)), request())
  expect(data).toEqual(severalAnswers)
  expect(asked.map(({ service }) => service)).toEqual(['catalog', 'stock'])
})

test('and by the reference planner, whose plan has a call per place', async () => {
  const { executor, asked } = federate(createShop(), { planner: 'apollo' })
  const { data } = await executor.execute(executor.prepare(parse(severalPlaces)), request())
  expect(data).toEqual(severalAnswers)
  expect(asked.map(({ service }) => service)).toEqual(['catalog', 'stock'])
})

test('one prepared operation serves many executions side by side', async () => {
  const { executor } = federate(createShop())
  const prepared = executor.prepare(parse('query ($id: ID!) { product(id: $id) { title note } }'))
  const answers = await Promise.all(
    ['1', '2', '3'].map((id) => executor.execute(prepared, { ...request(), variables: { id } })),
  )
  expect(answers.map(({ data }) => data?.product)).toEqual([
    { title: 'Kettle "K"', note: 'note 1' },
    { title: 'Pan', note: 'note 2' },
    { title: 'Cup', note: null },
  ])
})

test('decides @skip and @include by the variables of each execution', async () => {
  const { ask } = federate(createShop())
  const text = `query ($more: Boolean!, $less: Boolean!) {
    product(id: "1") { title @skip(if: $less) note @include(if: $more) id @skip(if: true) id }
  }`
  expect((await ask(text, { more: true, less: false })).data).toEqual({
    product: { title: 'Kettle "K"', note: 'note 1', id: '1' },
  })
  expect((await ask(text, { more: false, less: true })).data).toEqual({ product: { id: '1' } })
})

test('more conditions than variants still answer right', async () => {
  const { ask } = federate(createShop())
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const fields = names.map((name) => `${name}${name}: note @include(if: $${name})`).join(' ')
  const text = `query (${names.map((name) => `$${name}: Boolean!`).join()}) { product(id: "1") { id ${fields} } }`
  const values = { a: true, b: false, c: true, d: false, e: false, f: false }
  expect((await ask(text, values)).data).toEqual({ product: { id: '1', aa: 'note 1', cc: 'note 1' } })
})

test('runs root fields of a mutation one after the other', async () => {
  const log: string[] = []
  const { ask } = federate(createShop(log))
  const answer = await ask(
    'mutation { a: rename(id: "1", title: "New") { title note } b: take(id: "2") { title } c: rename(id: "3", title: "x") { id } }',
  )
  expect(answer).toEqual({
    data: { a: { title: 'New', note: 'note 1' }, b: { title: 'Pan' }, c: { id: '3' } },
  })
  expect(log).toEqual(['rename 1', 'take 2', 'rename 3'])
})

test('answers introspection itself, beside data too', async () => {
  const { ask, asked } = federate(createShop())
  expect(await ask('{ __typename __schema { queryType { name } } t: __type(name: "Hidden") { name } }')).toEqual({
    data: { __typename: 'Query', __schema: { queryType: { name: 'Query' } }, t: null },
  })
  expect(asked).toEqual([])
  const mixed = await ask(
    'query ($name: String!) { product(id: "3") { title } __type(name: $name) { ...F } } fragment F on __Type { kind }',
    { name: 'Product' },
  )
  expect(mixed).toEqual({ data: { product: { title: 'Cup' }, __type: { kind: 'OBJECT' } } })
})

test('a null that may not be goes up to what may be null, with one error at its place', async () => {
  const { ask } = federate(createShop())
  expect(await ask('{ products { title count } }')).toEqual({
    errors: [
      { message: 'no count', path: ['products', 1, 'count'], extensions: { code: 'INTERNAL', service: 'stock' } },
    ],
    data: { products: null },
  })
  expect((await ask('{ strict { c: count } }')).data).toBeNull()
})

test('an error is told at every place its entity stands, in the keys of the client', async () => {
  const { ask } = federate(createShop())
  const { errors, data } = await ask('{ x: product(id: "2") { n: count } y: product(id: "2") { n: count t: title } }')
  expect(data).toEqual({ x: null, y: null })
  expect(errors?.map((error) => pathOf(error))).toEqual(
    expect.arrayContaining([
      ['x', 'n'],
      ['y', 'n'],
    ]),
  )
  expect(errors).toHaveLength(2)
})

test('keeps the code of a subgraph error and drops what is for its developers', async () => {
  const { ask } = federate(createShop())
  expect((await ask('{ product(id: "1") { b: broken } }')).errors).toEqual([
    {
      message: 'no such thing',
      path: ['product', 'b'],
      extensions: { code: 'NOT_FOUND', field: 'broken', service: 'catalog' },
    },
  ])
})

test('a subgraph that fails leaves the rest of the answer whole', async () => {
  const { ask } = federate(createShop(), {
    answers: {
      stock: async () => {
        throw new AppError('UPSTREAM_TIMEOUT', 'Cannot read stock: it did not answer in time')
      },
    },
  })
  const failure = {
    message: 'Cannot read stock: it did not answer in time',
    extensions: { code: 'UPSTREAM_TIMEOUT', service: 'stock', retryable: true },
  }
  expect(await ask('{ search { ... on Product { title n: note place { name } } ... on Shop { city } } }')).toEqual({
    errors: [
      { ...failure, path: ['search', 0, 'n'] },
      { ...failure, path: ['search', 0, 'place'] },
    ],
    data: { search: [{ title: 'Cup', n: null, place: null }, { city: 'Oslo' }] },
  })
})

test('tells no more errors of one call than allowed', async () => {
  const { ask } = federate(createShop(), {
    maxErrorsPerCall: 2,
    answers: { stock: async () => ({ errors: [{ message: 'closed', extensions: { code: 'OVERLOADED' } }] }) },
  })
  const { data, errors } = await ask('{ products { note } }')
  expect(data).toEqual({ products: [{ note: null }, { note: null }, { note: null }, { note: null }] })
  expect(errors).toHaveLength(2)
  expect(errors?.[0]).toEqual({
    message: 'closed',
    path: ['products', 0, 'note'],
    extensions: { code: 'OVERLOADED', service: 'stock' },
  })
})

test('what a subgraph throws by mistake is INTERNAL and says nothing of the inside', async () => {
  const { ask } = federate(createShop(), {
    answers: {
      catalog: async () => {
        throw new Error('connect ECONNREFUSED 10.0.0.7:4001')
      },
    },
  })
  expect(await ask('{ products { title } }')).toEqual({
    errors: [{ message: 'Internal error', path: ['products'], extensions: { code: 'INTERNAL', service: 'catalog' } }],
    data: { products: null },
  })
})

test('answers that lack entities or say nothing are errors, not silent nulls', async () => {
  const short = federate(createShop(), { answers: { stock: async () => ({ data: { _entities: [] } }) } })
  expect((await short.ask('{ product(id: "1") { note } }')).errors).toMatchObject([
    { path: ['product', 'note'], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } },
  ])
  const empty = federate(createShop(), { answers: { stock: async () => ({}) } })
  expect((await empty.ask('{ product(id: "1") { note } }')).errors).toMatchObject([
    { path: ['product', 'note'], extensions: { code: 'UPSTREAM_INVALID_RESPONSE' } },
  ])
})

test('a missing value that must be is told even when no subgraph told an error', async () => {
  const { ask } = federate(createShop(), { answers: { stock: async () => ({ data: { _entities: [null] } }) } })
  expect(await ask('{ product(id: "1") { title count } }')).toEqual({
    errors: [
      {
        message: 'Cannot return null for non-nullable field Product.count',
        path: ['product', 'count'],
        extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
      },
    ],
    data: { product: null },
  })
})

test('hides inaccessible enum values and types behind null and an error', async () => {
  const { ask } = federate(createShop())
  expect(await ask('{ product(id: "2") { status } }')).toMatchObject({
    data: { product: { status: null } },
    errors: [{ path: ['product', 'status'] }],
  })
  expect(await ask('{ things { id } }')).toMatchObject({
    data: { things: [{ id: 's1' }, null] },
    errors: [{ path: ['things', 1] }],
  })
})

test('values of another JSON type than their scalar are not passed on', async () => {
  const { ask } = federate(createShop(), {
    answers: { stock: async () => ({ data: { _entities: [{ note: 7, place: { name: 'x', shelf: { row: '4' } } }] } }) },
  })
  expect(await ask('{ product(id: "1") { note place { name shelf { row } } } }')).toMatchObject({
    data: { product: { note: '7', place: { name: 'x', shelf: null } } },
    errors: [{ path: ['product', 'place', 'shelf', 'row'] }],
  })
})

test('client names that collide with keys, prototypes and planners’ own do no harm', async () => {
  const { ask } = federate(createShop())
  const text = `query ($representations: ID!) {
    product(id: $representations) { id: title constructor: note __proto__: id toString: count _entities: __typename }
  }`
  const { data } = await ask(text, { representations: '1' })
  expect(JSON.stringify(data)).toBe(
    '{"product":{"id":"Kettle \\"K\\"","constructor":"note 1","__proto__":"1","toString":10,"_entities":"Product"}}',
  )
})

test('sends the headers of the request to every subgraph, and the kind of operation', async () => {
  const { ask, asked } = federate(createShop())
  await ask('mutation { take(id: "1") { title } }')
  expect(asked.map(({ service, request: { headers, kind } }) => [service, headers['x-viewer'], kind])).toEqual([
    ['stock', 'v1', 'mutation'],
    ['catalog', 'v1', 'query'],
  ])
})

test('chooses the operation by name and refuses what it cannot run', async () => {
  const { executor, ask } = federate(createShop())
  const text = 'query A { product(id: "1") { id } } query B { product(id: "3") { id } }'
  expect((await ask(text, {}, 'B')).data).toEqual({ product: { id: '3' } })
  expect(() => executor.prepare(parse(text))).toThrow('got 2 operations')
  expect(() => executor.prepare(parse(text), 'C')).toThrow('no operation named C')
})

test('is not built without a transport for every subgraph', () => {
  const sdl = `
    schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
    directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
    directive @join__graph(name: String!, url: String!) on ENUM_VALUE
    directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
    directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
    directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
    directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
    directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
    scalar join__FieldSet
    scalar link__Import
    enum link__Purpose { SECURITY EXECUTION }
    enum join__Graph { STOCK @join__graph(name: "stock", url: "") }
    type Query @join__type(graph: STOCK) { a: Int }
  `
  expect(() => createExecutor({ supergraphSdl: sdl, transports: new Map() })).toThrow('subgraph stock has no transport')
})

const severalPlaces =
  '{ a: product(id: "1") { note } b: product(id: "3") { note } c: product(id: "3") { count place { name } } }'
const severalAnswers = { a: { note: 'note 1' }, b: { note: null }, c: { count: 30, place: { name: 'North' } } }

const request = () => ({ variables: {}, headers: {}, signal: AbortSignal.timeout(30_000) })

const pathOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'path' in error ? error.path : undefined
